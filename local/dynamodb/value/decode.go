package value

import (
	"encoding/base64"
	"strings"
)

// TypeError is the error for JSON that has not the form of an attribute value, in DynamoDB's words.
type TypeError string

func (e TypeError) Error() string { return string(e) }

// UnmarshalJSON decodes an item. It does not report invalid values: see [Item.Check].
func (i *Item) UnmarshalJSON(data []byte) error { return i.Decode(string(data)) }

// Decode decodes an item as UnmarshalJSON does. The item shares the memory of the text.
func (i *Item) Decode(text string) error {
	d := decoder{rest: text}
	if d.peek() == 'n' { // null
		return nil
	}
	*i = d.item()
	return d.err
}

// UnmarshalJSON decodes a value. It does not report an invalid value: see [Value.Check].
func (v *Value) UnmarshalJSON(data []byte) error {
	d := decoder{rest: string(data)}
	if d.peek() != 'n' {
		*v = d.value()
	}
	return d.err
}

// Values decodes an array of values. They share the memory of the text. Like
// [Value.UnmarshalJSON] it does not report invalid values.
func Values(text string) (all []Value, err error) {
	d := decoder{rest: text}
	all = make([]Value, 0, 8)
	d.elements(func() {
		v := Value{}
		if d.peek() == 'n' { // null
			d.ignore()
		} else {
			v = d.value()
		}
		all = append(all, v)
	})
	return all, d.err
}

// Items decodes an array of items. It decodes each as [Item.Decode] does.
func Items(text string) (all []Item, err error) {
	err = Elements(text, func(raw string) error {
		var i Item
		err := i.Decode(raw)
		all = append(all, i)
		return err
	})
	return all, err
}

func (d *decoder) expected(scalar string) {
	switch b := d.peek(); {
	case b == '{':
		d.fail("Start of structure or map found where not expected")
	case b == '[':
		d.fail("Unrecognized collection type class java.lang.String")
	case scalar != "":
		d.fail("%s", scalar)
	default:
		token, known := map[byte]string{'t': "TRUE", 'f': "FALSE", 'n': "NULL"}[b]
		if !known {
			token = "NUMBER"
		}
		d.fail("%s_VALUE cannot be converted to String", token)
	}
}

func (d *decoder) truth() bool {
	for _, word := range []string{"true", "false", "null"} {
		if rest, ok := strings.CutPrefix(d.rest, word); ok {
			d.rest = rest
			return word == "true"
		}
	}
	if d.peek() == '"' {
		switch strings.ToLower(d.text()) {
		case "true", "1", "yes":
			return true
		case "false", "0", "no":
			return false
		}
		d.fail("Unexpected token received from parser")
	} else {
		d.expected("NUMBER_VALUE cannot be converted to Boolean")
	}
	return false
}

func (d *decoder) bytes() string {
	if d.peek() != '"' {
		d.expected("only base-64-encoded strings are convertible to bytes")
		return ""
	}
	text := d.text()
	bytes, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil && len(text)%4 != 0 {
		d.fail("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text))
	} else if err != nil {
		d.fail("Invalid last non-pad Base64 character dectected")
	}
	return string(bytes)
}

func (d *decoder) item() Item {
	switch d.peek() {
	case '{':
	case '[':
		d.fail("Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>")
		return nil
	default:
		d.fail("Unexpected field type")
		return nil
	}
	i := make(Item, 8)
	d.members(func(name string) {
		if d.peek() == 'n' { // null counts as missing
			d.ignore()
			return
		}
		i[name] = d.value()
	})
	return i
}

// value reads a value: an object with one member, whose name is the kind. Members that are null, or
// that are not known, count as missing. This is so in the whole protocol.
func (d *decoder) value() (v Value) {
	switch d.peek() {
	case '{':
	case '[':
		d.fail("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue")
		return v
	default:
		d.fail("Unexpected value type in payload")
		return v
	}
	d.members(func(name string) {
		kind := KindOf(name)
		if d.peek() == 'n' || kind == None {
			d.ignore()
			return
		}
		if next := d.valueOf(kind); v.Kind == None || next.Kind == bad && v.Kind != bad {
			v = next
		} else if v.Kind != bad {
			v = Value{Kind: bad, Text: "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"}
		}
	})
	return v
}

func (d *decoder) valueOf(kind Kind) Value {
	v := Value{Kind: kind}
	switch kind {
	case S:
		v.Text = d.text()
	case B:
		v.Text = d.bytes()
	case N:
		return orBad(Number(d.text()))
	case BOOL:
		v.True = d.truth()
	case NULL:
		if !d.truth() {
			return Value{Kind: bad, Text: "One or more parameter values were invalid: Null attribute value types must have the value of true"}
		}
	case M:
		v.Map = d.item()
		if err := v.Map.Check(); err != nil {
			return orBad(v, err)
		}
	case L:
		v.List = []Value{}
		d.elements(func() { v.List = append(v.List, d.value()) })
		return firstBad(v)
	default:
		d.elements(func() { v.List = append(v.List, d.valueOf(kind.Element())) })
		return orBad(firstBad(v).checkSet())
	}
	return v
}
