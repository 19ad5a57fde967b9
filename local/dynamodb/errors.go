package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"simple-sam-demo/local/awsjson"
)

// A request that is refused ends where that is found, by a panic with its answer, so that
// the rules of an operation are a list. [attempt] makes an error of it again.

// refuse ends the request if there is an error.
func refuse(err error) {
	if err != nil {
		panic(asError(err))
	}
}

// must returns a result of the packages below, unless they refuse to give one.
func must[T any](result T, err error) T {
	refuse(err)
	return result
}

// forbid ends the request when something holds that must not. What is shown is computed
// whether or not it does, so that hot paths do without.
func forbid(when bool, format string, arguments ...any) {
	if when {
		panic(invalid(format, arguments...))
	}
}

// attempt returns the error that ends f, or nil.
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

// What many messages begin with.
const (
	wrongValue = "One or more parameter values were invalid: "
	notValid   = "One or more parameter values are not valid. "
)

// code returns the code of an error, such as ValidationException.
func code(err *awsjson.Error) string { return err.Type[strings.IndexByte(err.Type, '#')+1:] }

// asError makes an error of the packages below an answer.
func asError(err error) *awsjson.Error {
	if e, ok := errors.AsType[*awsjson.Error](err); ok {
		return e
	}
	return invalid("%s", err)
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

// violations are the constraints of the API's model that a request does not satisfy.
type violations []string

func (v *violations) add(shown any, path, constraint string, arguments ...any) {
	value := "null"
	if shown != nil {
		value = fmt.Sprintf("'%v'", shown)
	}
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: Member must ", value, path)+
		fmt.Sprintf(constraint, arguments...))
}

// need demands a member.
func (v *violations) need(there bool, path string) {
	if !there {
		v.add(nil, path, "not be null")
	}
}

// enum demands one of some words, or none.
func (v *violations) enum(shown, path string, words ...string) {
	if shown != "" && !slices.Contains(words, shown) {
		v.add(shown, path, "satisfy enum value set: [%s]", strings.Join(words, ", "))
	}
}

// number demands a number in a range, or none.
func number[N int | int64](v *violations, n *N, path string, least, most N) {
	switch {
	case n == nil:
	case *n < least:
		v.add(*n, path, "have value greater than or equal to %d", least)
	case *n > most:
		v.add(*n, path, "have value less than or equal to %d", most)
	}
}

// length demands a text or a list of some length.
func (v *violations) length(shown string, n int, path string, least, most int) {
	switch {
	case n < least:
		v.add(shown, path, "have length greater than or equal to %d", least)
	case n > most:
		v.add(shown, path, "have length less than or equal to %d", most)
	}
}

// count demands a list of 1 to most elements.
func (v *violations) count(n int, there bool, path string, most int) {
	if v.need(there, path); there {
		v.length(map[bool]string{true: "[]", false: "[...]"}[n == 0], n, path, 1, most)
	}
}

// name demands the name of a table or an index.
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

// end refuses the request if there are any.
func (v violations) end() {
	if len(v) > 0 {
		shown, plural := v[:min(len(v), 10)], "s"
		if len(v) == 1 {
			plural = ""
		}
		panic(invalid("%d validation error%s detected: %s", len(shown), plural, strings.Join(shown, "; ")))
	}
}
