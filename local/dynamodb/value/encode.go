package value

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
)

// MarshalJSON encodes an item. Its names are sorted.
func (i Item) MarshalJSON() ([]byte, error) { return i.AppendJSON(nil), nil }

// MarshalJSON encodes a value.
func (v Value) MarshalJSON() ([]byte, error) { return v.appendJSON(nil), nil }

// AppendJSON appends the item's JSON.
func (i Item) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for n, name := range i.Names() {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = i[name].appendJSON(append(appendText(dst, name), ':'))
	}
	return append(dst, '}')
}

func (v Value) appendJSON(dst []byte) []byte {
	dst = append(append(append(dst, `{"`...), v.Kind.String()...), `":`...)
	if v.Kind != L && !v.Kind.IsSet() {
		return append(v.appendContent(dst), '}')
	}
	dst = append(dst, '[')
	for n, e := range v.List {
		if n > 0 {
			dst = append(dst, ',')
		}
		if v.Kind == L {
			dst = e.appendJSON(dst)
		} else {
			dst = e.appendContent(dst)
		}
	}
	return append(dst, ']', '}')
}

// appendContent appends the JSON of a scalar value or a map, without its kind.
func (v Value) appendContent(dst []byte) []byte {
	switch v.Kind {
	case BOOL:
		return strconv.AppendBool(dst, v.True)
	case NULL:
		return append(dst, "true"...)
	case M:
		return v.Map.AppendJSON(dst)
	case N:
		return append(parseOrdered(v.Text).appendPlain(append(dst, '"')), '"')
	case B:
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(v.Text)), '"')
	}
	return appendText(dst, v.Text)
}

func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		if b := text[i]; b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			quoted, _ := json.Marshal(text) // cannot fail for a string
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}
