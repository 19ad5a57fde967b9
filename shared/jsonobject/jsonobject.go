// Package jsonobject reads a JSON object as it stands. encoding/json alone keeps the last of
// two equal keys, and takes "ID" for "id" in a struct: each would let a mistake, or what
// somebody slipped in, pass for what was meant.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Field is a key of an object, and its value.
type Field struct {
	Name  string
	Value json.RawMessage
}

// ErrNoObject means that the text is JSON, but no object.
var ErrNoObject = errors.New("not a JSON object")

// Fields returns the keys of the one object that text must be, in their order, and those
// that are repeated as often as they are. The error is [ErrNoObject], or says that the text
// is not one JSON value.
func Fields(text []byte) ([]Field, error) {
	// This checks the syntax of the whole, also of what follows the object; the reading below
	// cannot then fail on syntax.
	if err := json.Unmarshal(text, new(json.RawMessage)); err != nil {
		return nil, fmt.Errorf("not one JSON value: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, ErrNoObject
	}
	var fields []Field
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		name, _ := key.(string) // what stands before a colon is always a string
		fields = append(fields, Field{name, value})
	}
	return fields, nil
}
