// Package exactjson decodes JSON as encoding/json does, but the name of a member must be spelled exactly
// as that of its field. encoding/json alone takes "queueurl" for QueueUrl, and AWS does not. A name in
// another case is treated as any other unknown name. The rules of an API are not checked here.
package exactjson

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Unmarshal decodes the text into a value. It ignores members that the value does not have.
func Unmarshal(text []byte, into any) error {
	if unknown := find(text, into); len(unknown) > 0 && json.Valid(text) {
		text = without(text, unknown)
	}
	return json.Unmarshal(text, into)
}

// UnmarshalKnown decodes the text into a value. It refuses a text with a member that the value does not have.
func UnmarshalKnown(text []byte, into any) error {
	if unknown := find(text, into); len(unknown) > 0 && json.Valid(text) {
		return fmt.Errorf("unknown member %s", text[unknown[0].begin:unknown[0].end])
	}
	return json.Unmarshal(text, into)
}

// without returns a copy of the text with spaces in the place of the names. No field has such a name.
func without(text []byte, names []place) []byte {
	text = bytes.Clone(text)
	for _, name := range names {
		inner := text[name.begin+1 : name.end-1]
		copy(inner, bytes.Repeat([]byte(" "), len(inner)))
	}
	return text
}

// place is where a name is in a text, with its quotes.
type place struct{ begin, end int }

// finder looks for names that no field has. It reads a text once, and does not check the syntax: what it
// finds in a text that is not JSON means nothing.
type finder struct {
	text    []byte
	at      int
	unknown []place
}

func find(text []byte, into any) []place {
	names := namesOf(into)
	if names == nil {
		return nil
	}
	f := finder{text: text}
	f.value(names)
	return f.unknown
}

// value reads a value.
func (f *finder) value(may *names) {
	switch next := f.peek(); {
	case may == nil || next != '{' && next != '[':
		f.pass()
	case next == '{':
		f.object(may)
	default:
		f.list(may)
	}
}

func (f *finder) object(may *names) {
	f.at++
	for f.peek() == '"' {
		begin := f.at
		f.passText()
		value, known := may.of(f.text[begin:f.at])
		if !known {
			f.unknown = append(f.unknown, place{begin, f.at})
		}
		f.skip(':')
		f.value(value)
		f.skip(',')
	}
	f.skip('}')
}

func (f *finder) list(may *names) {
	f.at++
	for next := f.peek(); next != ']' && next != 0; next = f.peek() {
		f.value(may.element)
		if !f.skip(',') {
			break
		}
	}
	f.skip(']')
}

// peek returns the next byte that is not white space, or 0 at the end.
func (f *finder) peek() byte {
	for ; f.at < len(f.text); f.at++ {
		if b := f.text[f.at]; b > ' ' {
			return b
		}
	}
	return 0
}

// skip reads the next byte that is not white space if it is b, and reports whether it was.
func (f *finder) skip(b byte) bool {
	if f.peek() != b {
		return false
	}
	f.at++
	return true
}

// pass reads a value in which all names are allowed.
func (f *finder) pass() {
	for depth := 0; f.at < len(f.text); {
		switch f.text[f.at] {
		case '"':
			f.passText()
		case '{', '[':
			depth++
			f.at++
		case '}', ']', ',', ' ', '\t', '\r', '\n':
			if depth == 0 { // the end of a number or a word
				return
			}
			if b := f.text[f.at]; b == '}' || b == ']' {
				depth--
			}
			f.at++
		default:
			f.at++
			continue
		}
		if depth == 0 {
			return
		}
	}
}

// passText reads a text in quotes.
func (f *finder) passText() {
	begin := f.at + 1
	for f.at = begin; ; f.at++ {
		length := bytes.IndexByte(f.text[f.at:], '"')
		if length < 0 {
			f.at = len(f.text)
			return
		}
		f.at += length
		if before := f.text[begin:f.at]; (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 0 { // the quote is not escaped
			f.at++
			return
		}
	}
}
