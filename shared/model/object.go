package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// field is a key of a JSON object, and a pointer to where its value goes.
type field struct {
	name   string
	target any
}

// decodeObject reads one JSON object that has exactly these fields, and nothing after it. On its own,
// encoding/json takes "VERSION" for "version", keeps the last of two equal keys, and leaves
// missing fields and nulls at zero: each of these would let a mistyped artifact pass for a good one.
func decodeObject(data []byte, fields []field) error {
	// Unmarshal checks the syntax of the whole, trailing data included, before it stores anything;
	// the reading below cannot then fail on syntax.
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return fmt.Errorf("not one JSON value: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	var seen []string
	for dec.More() {
		name, err := decodeField(dec, fields)
		if err != nil {
			return err
		}
		if slices.Contains(seen, name) {
			return fmt.Errorf("field %q appears twice", name)
		}
		seen = append(seen, name)
	}
	for _, f := range fields {
		if !slices.Contains(seen, f.name) {
			return fmt.Errorf("field %q is missing", f.name)
		}
	}
	return nil
}

// decodeField reads the next key and value of an object, and returns the key.
func decodeField(dec *json.Decoder, fields []field) (name string, err error) {
	key, err := dec.Token()
	if err != nil {
		return "", err
	}
	name, _ = key.(string) // what stands before a colon is always a string
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return "", fmt.Errorf("unknown field %q", name)
	}
	var value json.RawMessage
	if err := dec.Decode(&value); err != nil {
		return "", err
	}
	if string(value) == "null" {
		return "", fmt.Errorf("field %q is null", name)
	}
	if err := json.Unmarshal(value, fields[i].target); err != nil {
		return "", fmt.Errorf("field %q: %w", name, err)
	}
	return name, nil
}
