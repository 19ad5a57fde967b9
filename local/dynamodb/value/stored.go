package value

import (
	"encoding/binary"
	"strconv"
)

// Stored is an item in the form in which a table keeps it: a string that needs a fifth of the
// memory of an Item. It has the attributes in the order of their names. Each is a name and a value.
// A length precedes each name and each text.
type Stored string

// Store returns the item in the form in which a table keeps it.
func (i Item) Store() Stored {
	return Stored(i.appendStored(make([]byte, 0, i.Size()+8*len(i))))
}

func (i Item) appendStored(dst []byte) []byte {
	for _, name := range i.Names() {
		dst = appendString(dst, name)
		dst = i[name].appendStored(dst)
	}
	return dst
}

func (v Value) appendStored(dst []byte) []byte {
	dst = append(dst, byte(v.Kind))
	switch v.Kind {
	case S, N, B:
		return appendString(dst, v.Text)
	case BOOL:
		return strconv.AppendBool(dst, v.True)[:len(dst)+1]
	case M:
		dst = binary.AppendUvarint(dst, uint64(len(v.Map)))
		return v.Map.appendStored(dst)
	case L, SS, NS, BS:
		dst = binary.AppendUvarint(dst, uint64(len(v.List)))
		for _, e := range v.List {
			dst = e.appendStored(dst)
		}
	}
	return dst
}

func appendString(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// Item returns the stored item. Its texts share the memory of s.
func (s Stored) Item() Item {
	i := make(Item, 8)
	for r := reader(s); r != ""; {
		name := r.text()
		i[name] = r.value()
	}
	return i
}

// reader is the rest of a stored item that has not been read yet.
type reader string

func (r *reader) length() int {
	for i, n := 0, 0; ; i++ {
		b := (*r)[i]
		if n |= int(b&0x7f) << (7 * i); b < 0x80 {
			*r = (*r)[i+1:]
			return n
		}
	}
}

func (r *reader) text() string {
	n := r.length()
	text := string((*r)[:n])
	*r = (*r)[n:]
	return text
}

func (r *reader) value() Value {
	v := Value{Kind: Kind((*r)[0])}
	*r = (*r)[1:]
	switch v.Kind {
	case S, N, B:
		v.Text = r.text()
	case BOOL:
		v.True = (*r)[0] == 't'
		*r = (*r)[1:]
	case M:
		n := r.length()
		v.Map = make(Item, n)
		for range n {
			name := r.text()
			v.Map[name] = r.value()
		}
	case L, SS, NS, BS:
		v.List = make([]Value, r.length())
		for i := range v.List {
			v.List[i] = r.value()
		}
	}
	return v
}
