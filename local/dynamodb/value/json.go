package value

import (
	"encoding/json"
	"fmt"
	"strings"
)

// This file cuts JSON into its parts. The caller must have checked the syntax.

// Members calls f with the name and the JSON of each member of a JSON object, until f returns an
// error. The caller must have checked the syntax.
func Members(text string, f func(name, raw string) error) error {
	d := decoder{rest: text}
	if d.peek() != '{' {
		return TypeError("Unexpected value type in payload")
	}
	d.members(func(name string) {
		d.peek()
		rest := d.rest
		d.ignore()
		if err := f(name, rest[:len(rest)-len(d.rest)]); err != nil {
			d.err, d.rest = err, ""
		}
	})
	return d.err
}

// Elements calls f with the JSON of each element of a JSON array, until f returns an error. The
// caller must have checked the syntax.
func Elements(text string, f func(raw string) error) error {
	d := decoder{rest: text}
	d.elements(func() {
		d.peek()
		rest := d.rest
		d.ignore()
		if err := f(rest[:len(rest)-len(d.rest)]); err != nil {
			d.err, d.rest = err, ""
		}
	})
	return d.err
}

// decoder reads JSON. The caller must have checked the syntax. It keeps the first error.
type decoder struct {
	rest string
	err  error
}

func (d *decoder) fail(format string, arguments ...any) {
	if d.err == nil {
		d.err = TypeError(fmt.Sprintf(format, arguments...))
	}
	d.rest = ""
}

// peek returns the next byte that is not white space, or 0 at the end.
func (d *decoder) peek() byte {
	for i := range len(d.rest) {
		if b := d.rest[i]; b > ' ' {
			if i > 0 {
				d.rest = d.rest[i:]
			}
			return b
		}
	}
	d.rest = ""
	return 0
}

// skip reads the next byte that is not white space if it is b, and reports whether it was.
func (d *decoder) skip(b byte) bool {
	if d.peek() != b {
		return false
	}
	d.rest = d.rest[1:]
	return true
}

// members calls f with each name in an object. f must read the value.
func (d *decoder) members(f func(name string)) {
	d.skip('{')
	for d.peek() == '"' {
		name := d.text()
		d.skip(':')
		f(name)
		d.skip(',')
	}
	d.skip('}')
}

// elements calls f for each element of an array. f must read the element.
func (d *decoder) elements(f func()) {
	if d.peek() != '[' {
		d.expected("Unexpected field type")
		return
	}
	d.skip('[')
	for d.peek() != ']' && d.err == nil {
		f()
		d.skip(',')
	}
	d.skip(']')
}

func (d *decoder) text() string {
	if d.peek() != '"' {
		d.expected("")
		return ""
	}
	return Unquoted(d.quoted())
}

// quoted reads a string and returns it with its quotes.
func (d *decoder) quoted() string {
	quoted := leadingString(d.rest)
	d.rest = d.rest[len(quoted):]
	return quoted
}

// leadingString returns the JSON string at the beginning of the text, with its quotes.
func leadingString(text string) string {
	end := strings.IndexByte(text[1:], '"') + 1
	for isEscaped(text[:end]) {
		end += strings.IndexByte(text[end+1:], '"') + 1
	}
	return text[:end+1]
}

// isEscaped reports whether the text before a quote ends with a backslash that escapes the quote.
func isEscaped(before string) bool {
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// Unquoted decodes a JSON string. The result shares the memory of the string if possible. The caller
// must have checked the syntax.
func Unquoted(quoted string) string {
	text := quoted[1 : len(quoted)-1]
	switch escapes := strings.Count(text, `\`); escapes {
	case 0:
		return text
	case strings.Count(text, `\"`): // all escapes are of quotes, as in a PartiQL statement
		return strings.ReplaceAll(text, `\"`, `"`)
	}
	var unescaped string
	_ = json.Unmarshal([]byte(quoted), &unescaped)
	return unescaped
}

// ignore reads a JSON value of any type and drops it.
func (d *decoder) ignore() {
	switch d.peek() {
	case '{', '[':
		d.rest = afterBrackets(d.rest)
	case '"':
		d.quoted()
	default:
		d.rest = d.rest[strings.IndexAny(d.rest+" ", ",]} \t\r\n"):]
	}
}

// afterBrackets returns the text after the object or array at its beginning.
func afterBrackets(text string) string {
	for i, depth := 0, 0; ; i++ {
		switch text[i] {
		case '"':
			i += len(leadingString(text[i:])) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return text[i+1:]
			}
		}
	}
}
