package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"simple-sam-demo/local/awsjson"
)

// A function that finds a fault in a request panics with the error answer. So the rules of an
// operation can be written as a plain list. [attempt] turns the panic into an error again.

// refuse panics if there is an error.
func refuse(err error) {
	if err != nil {
		panic(asError(err))
	}
}

// must returns the result of a function, and panics if there is an error.
func must[T any](result T, err error) T {
	refuse(err)
	return result
}

// forbid refuses the request if the condition is true. Go computes the arguments in any case, so
// code that runs often does not use forbid with arguments.
func forbid(when bool, format string, arguments ...any) {
	if when {
		panic(invalid(format, arguments...))
	}
}

// attempt calls f and returns the error with which f panics, or nil.
func attempt(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			refused, ok := r.(*awsjson.Error)
			if !ok {
				panic(r)
			}
			err = refused
		}
	}()
	f()
	return nil
}

func refusal(code, format string, arguments ...any) *awsjson.Error {
	return &awsjson.Error{Type: "com.amazonaws.dynamodb.v20120810#" + code, Message: fmt.Sprintf(format, arguments...)}
}

func invalid(format string, arguments ...any) *awsjson.Error {
	return refusal("ValidationException", format, arguments...)
}

// The beginnings of many messages.
const (
	wrongValue = "One or more parameter values were invalid: "
	notValid   = "One or more parameter values are not valid. "
)

// code returns the code of an error, such as ValidationException.
func code(err *awsjson.Error) string { return err.Type[strings.IndexByte(err.Type, '#')+1:] }

// asError turns an error of the packages value and expression into an answer.
func asError(err error) *awsjson.Error {
	if e, ok := errors.AsType[*awsjson.Error](err); ok {
		return e
	}
	return invalid("%s", err)
}

// malformed refuses a body that is not JSON, or not the input of the operation, or has a member that is not
// supported here.
func malformed(err error) *awsjson.Error {
	if member := awsjson.UnsupportedMember(err); member != "" {
		return invalid("%s is not supported here: leave it out", member)
	}
	message := err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // its own text would name a type of Go
		message = fmt.Sprintf("%s cannot be a JSON %s", wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], wrong.Value)
	}
	return refusal("SerializationException", "%s", message)
}

var errNoTable = refusal("ResourceNotFoundException", "Requested resource not found")

// violations lists the constraints of the API's model that a request violates. Each method below
// adds a violation if there is one.
type violations []string

func (v *violations) add(shown any, path, constraint string, arguments ...any) {
	value := "null"
	if shown != nil {
		value = fmt.Sprintf("'%v'", shown)
	}
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: Member must ", value, path)+
		fmt.Sprintf(constraint, arguments...))
}

// need requires that a member is there.
func (v *violations) need(there bool, path string) {
	if !there {
		v.add(nil, path, "not be null")
	}
}

// enum requires one of the words, or "".
func (v *violations) enum(shown, path string, words ...string) {
	if shown != "" && !slices.Contains(words, shown) {
		v.add(shown, path, "satisfy enum value set: [%s]", strings.Join(words, ", "))
	}
}

// number requires a number from least to most, or nil.
func number[N int | int64](v *violations, n *N, path string, least, most N) {
	switch {
	case n == nil:
	case *n < least:
		v.add(*n, path, "have value greater than or equal to %d", least)
	case *n > most:
		v.add(*n, path, "have value less than or equal to %d", most)
	}
}

// length requires a length from least to most, of a text or a list.
func (v *violations) length(shown string, n int, path string, least, most int) {
	switch {
	case n < least:
		v.add(shown, path, "have length greater than or equal to %d", least)
	case n > most:
		v.add(shown, path, "have length less than or equal to %d", most)
	}
}

// count requires a list of 1 to most elements.
func (v *violations) count(n int, there bool, path string, most int) {
	if v.need(there, path); there {
		v.length(map[bool]string{true: "[]", false: "[...]"}[n == 0], n, path, 1, most)
	}
}

// name requires a valid name of a table or an index.
func (v *violations) name(name *string, path string, shortest int) {
	v.need(name != nil, path)
	if name == nil {
		return
	}
	before := len(*v)
	v.length(*name, len(*name), path, shortest, 255)
	if len(*v) == before && strings.Trim(*name, nameCharacters) != "" {
		v.add(*name, path, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

func (v violations) end() {
	if len(v) > 0 {
		shown, plural := v[:min(len(v), 10)], "s"
		if len(v) == 1 {
			plural = ""
		}
		panic(invalid("%d validation error%s detected: %s", len(shown), plural, strings.Join(shown, "; ")))
	}
}
