package exactjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// names says which names a JSON value may have. Nil allows all of them, at every depth: the value has no
// struct in it, or decodes itself.
type names struct {
	fields  map[string]*names // of a struct; nil for a map or a list, whose names are data
	element *names            // of a map or a list
}

// of returns what the value of a member may have, and whether the object may have the member. quoted is the name
// as it is in the JSON.
func (n *names) of(quoted []byte) (value *names, known bool) {
	if n.fields == nil {
		return n.element, true
	}
	if value, known = n.fields[string(quoted[1:max(1, len(quoted)-1)])]; known || bytes.IndexByte(quoted, '\\') < 0 {
		return value, known
	}
	var name string
	_ = json.Unmarshal(quoted, &name) // fails only if the whole text is not JSON
	value, known = n.fields[name]
	return value, known
}

var (
	cache       sync.Map // of names, by type
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

func namesOf(into any) *names {
	t := reflect.TypeOf(into)
	if n, ok := cache.Load(t); ok {
		return n.(*names)
	}
	n := namesIn(t, map[reflect.Type]*names{})
	cache.Store(t, n)
	return n
}

// namesIn returns the names in a type. It finds the types in which it already is in seen.
func namesIn(t reflect.Type, seen map[reflect.Type]*names) *names {
	for t.Kind() == reflect.Pointer && !t.Implements(unmarshaler) {
		t = t.Elem()
	}
	if seen[t] != nil || t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) {
		return seen[t]
	}
	switch t.Kind() {
	case reflect.Struct:
		n := &names{fields: map[string]*names{}}
		seen[t] = n
		for _, f := range reflect.VisibleFields(t) {
			if name := nameOf(f); name != "" {
				n.fields[name] = namesIn(f.Type, seen)
			}
		}
		return n
	case reflect.Map, reflect.Slice, reflect.Array:
		if element := namesIn(t.Elem(), seen); element != nil {
			return &names{element: element}
		}
	}
	return nil
}

// nameOf returns the name of a field's member, or "" if it has none: encoding/json takes the fields of an
// embedded struct for those of the struct around it.
func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name == "-" || !f.IsExported() || f.Anonymous && name == "":
		return ""
	case name == "":
		return f.Name
	}
	return name
}
