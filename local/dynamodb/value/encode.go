package value

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
)

// MarshalJSON encodes an item, its names in order.
func (i Item) MarshalJSON() ([]byte, error) { return i.AppendJSON(nil), nil }

// MarshalJSON encodes a value.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// AppendJSON appends the item's JSON.
func (i Item) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for n, name := range i.Names() {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, name), ':')
		dst = i[name].AppendJSON(dst)
	}
	return append(dst, '}')
}

// AppendJSON appends the value's JSON.
func (v Value) AppendJSON(dst []byte) []byte {
	dst = append(append(append(dst, `{"`...), v.Kind.String()...), `":`...)
	switch v.Kind {
	case BOOL:
		dst = strconv.AppendBool(dst, v.True)
	case NULL:
		dst = append(dst, "true"...)
	case M:
		dst = v.Map.AppendJSON(dst)
	case L, SS, NS, BS:
		dst = append(dst, '[')
		for n, e := range v.List {
			if n > 0 {
				dst = append(dst, ',')
			}
			if v.Kind == L {
				dst = e.AppendJSON(dst)
			} else {
				dst = e.appendScalar(dst)
			}
		}
		dst = append(dst, ']')
	default:
		dst = v.appendScalar(dst)
	}
	return append(dst, '}')
}

func (v Value) appendScalar(dst []byte) []byte {
	switch v.Kind {
	case N:
		dst = parseOrdered(v.Text).appendPlain(append(dst, '"'))
		return append(dst, '"')
	case B:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(v.Text))
		return append(dst, '"')
	}
	return appendText(dst, v.Text)
}

// appendText appends a JSON string.
func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		if b := text[i]; b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			quoted, _ := json.Marshal(text) // which cannot fail
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}
