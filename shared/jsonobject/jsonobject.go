// Package jsonobject reads a JSON object as it stands, with repeated keys and with the case of their
// letters. encoding/json alone keeps the last of two equal keys, and takes "ID" for "id" in a struct:
// a mistake, or a key that somebody slipped in, would pass for what was meant. The package does not
// decode the values; encoding/json does.
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

// Fields returns the keys and values of the object that the text is, in their order. A key that is
// repeated is returned as often. The values are parts of the text. The error is [ErrNoObject], or says
// that the text is not one JSON value.
func Fields(text []byte) ([]Field, error) {
	if !json.Valid(text) { // the code below relies on it
		return nil, fmt.Errorf("not one JSON value: %w", json.Unmarshal(text, new(json.RawMessage)))
	}
	rest := skipSpace(text)
	if rest[0] != '{' {
		return nil, ErrNoObject
	}
	var fields []Field
	for rest = skipSpace(rest[1:]); rest[0] != '}'; {
		key := rest[:length(rest)]
		rest = skipSpace(rest[len(key):])
		rest = skipSpace(rest[1:]) // of the colon
		value := rest[:length(rest)]
		if rest = skipSpace(rest[len(value):]); rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
		fields = append(fields, Field{unquote(key), value})
	}
	return fields, nil
}

func skipSpace(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// length returns the length of the value at the beginning of the rest of an object, which is valid JSON.
func length(text []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of the object around a number
				return i
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
}

func unquote(key []byte) (name string) {
	special := func(c rune) bool { return c == '\\' || c >= 0x80 }
	if bytes.IndexFunc(key, special) < 0 {
		return string(key[1 : len(key)-1])
	}
	_ = json.Unmarshal(key, &name) // never fails on valid JSON
	return name
}
