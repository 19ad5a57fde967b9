package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// object is a JSON object, read by exact names: encoding/json would take "timestamp"
// for "Timestamp".
type object map[string]json.RawMessage

// read reads a member that must be there.
func (o object) read(name string, target any) error {
	text, ok := o[name]
	if !ok || bytes.Equal(text, []byte("null")) {
		return fmt.Errorf("%s is missing", name)
	}
	if err := json.Unmarshal(text, target); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readAll reads the members, which must be there, and no others.
func (o object) readAll(targets map[string]any) error {
	for name, target := range targets {
		if err := o.read(name, target); err != nil {
			return err
		}
	}
	for name := range o {
		if targets[name] == nil {
			return fmt.Errorf("unknown member %s", name)
		}
	}
	return nil
}
