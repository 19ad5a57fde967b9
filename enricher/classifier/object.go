package classifier

import (
	"encoding/json"
	"fmt"
	"slices"

	"simple-sam-demo/shared/jsonobject"
)

// field is a key of a JSON object, and a pointer to where its value goes.
type field struct {
	name     string
	target   any
	optional bool // may be missing
}

// decodeObject reads one JSON object that has exactly these fields, once each, and nothing after it.
// On its own, encoding/json leaves missing fields and nulls at zero: a mistyped artifact would pass
// for a good one.
func decodeObject(data []byte, fields []field) error {
	found, err := jsonobject.Fields(data)
	if err != nil {
		return err
	}
	return decodeFields(found, fields)
}

// decodeFields reads an object that was split into its fields.
func decodeFields(found []jsonobject.Field, fields []field) error {
	var seen []string
	for _, f := range found {
		if slices.Contains(seen, f.Name) {
			return fmt.Errorf("field %q appears twice", f.Name)
		}
		seen = append(seen, f.Name)
		if err := decodeField(f, fields); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if !f.optional && !slices.Contains(seen, f.name) {
			return fmt.Errorf("field %q is missing", f.name)
		}
	}
	return nil
}

// decodeField reads a value to where it goes.
func decodeField(found jsonobject.Field, fields []field) error {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == found.Name })
	if i < 0 {
		return fmt.Errorf("unknown field %q", found.Name)
	}
	if string(found.Value) == "null" {
		return fmt.Errorf("field %q is null", found.Name)
	}
	if err := json.Unmarshal(found.Value, fields[i].target); err != nil {
		return fmt.Errorf("field %q: %w", found.Name, err)
	}
	return nil
}
