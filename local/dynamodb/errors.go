package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"simple-sam-demo/local/awsjson"
)

func refusal(code, format string, arguments ...any) *awsjson.Error {
	return &awsjson.Error{Type: "com.amazonaws.dynamodb.v20120810#" + code, Message: fmt.Sprintf(format, arguments...)}
}

func invalid(format string, arguments ...any) error {
	return refusal("ValidationException", format, arguments...)
}

// invalidValue is about values of parameters.
func invalidValue(format string, arguments ...any) error {
	return invalid("One or more parameter values were invalid: "+format, arguments...)
}

// code returns the code of an error, such as ValidationException.
func code(err error) string {
	code, _, _ := strings.Cut(asError(err).Error(), ":")
	return code
}

// asError makes an error of the packages below an answer.
func asError(err error) *awsjson.Error {
	if e, ok := errors.AsType[*awsjson.Error](err); ok {
		return e
	}
	return refusal("ValidationException", "%s", err)
}

// malformed is the refusal of a body that is not JSON, or not of the operation.
func malformed(err error) *awsjson.Error {
	message := err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // which would name a type of Go
		message = fmt.Sprintf("%s cannot be a JSON %s", wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], wrong.Value)
	}
	return refusal("SerializationException", "%s", message)
}

var errNoTable = refusal("ResourceNotFoundException", "Requested resource not found")

// noTable is the refusal of an operation on a table by those on tables; those on items
// do not name it.
func noTable(name string) error {
	return refusal("ResourceNotFoundException", "%s: Table: %s not found", errNoTable.Message, name)
}

// violations are the constraints that a request does not satisfy.
type violations []string

func (v *violations) add(shown any, path, constraint string, arguments ...any) {
	value := "null"
	if shown != nil {
		value = fmt.Sprintf("'%v'", shown)
	}
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: ", value, path)+fmt.Sprintf(constraint, arguments...))
}

// enum demands one of some words, or none.
func (v *violations) enum(shown, path string, words ...string) {
	if shown == "" || slices.Contains(words, shown) {
		return
	}
	v.add(shown, path, "Member must satisfy enum value set: [%s]", strings.Join(words, ", "))
}

// atLeast demands a number of some size, or none.
func (v *violations) atLeast(n *int, path string, least int) {
	if n != nil && *n < least {
		v.add(*n, path, "Member must have value greater than or equal to %d", least)
	}
}

// name demands the name of a table or an index.
func (v *violations) name(name *string, path string, shortest int) {
	switch {
	case name == nil:
		v.add(nil, path, "Member must not be null")
	case len(*name) < shortest:
		v.add(*name, path, "Member must have length greater than or equal to %d", shortest)
	case len(*name) > 255:
		v.add(*name, path, "Member must have length less than or equal to 255")
	case strings.Trim(*name, nameCharacters) != "":
		v.add(*name, path, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

func (v violations) err() error {
	if len(v) == 0 {
		return nil
	}
	plural := "s"
	if len(v) == 1 {
		plural = ""
	}
	shown := v[:min(len(v), 10)]
	return invalid("%d validation error%s detected: %s", len(shown), plural, strings.Join(shown, "; "))
}
