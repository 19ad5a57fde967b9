// Package value has DynamoDB's attribute values: their JSON, their order, their size, and the
// compact form in which a table keeps them. It does not know tables, requests or expressions.
//
// Begin to read in this file: it has Value and Item. number.go has numbers, decode.go and encode.go
// have the JSON, and stored.go has the compact form.
package value

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// Kind is the data type of a value.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes
type Kind byte

// The kinds. Their names are those of the protocol.
const (
	None Kind = iota // no value
	S
	N
	B
	BOOL
	NULL
	SS
	NS
	BS
	L
	M
	bad // an invalid value; Text is the error message
)

var kindNames = [...]string{None: "", S: "S", N: "N", B: "B", BOOL: "BOOL", NULL: "NULL", SS: "SS", NS: "NS", BS: "BS", L: "L", M: "M"}

func (k Kind) String() string { return kindNames[k] }

// KindOf returns the kind with the name, or None.
func KindOf(name string) Kind {
	return Kind(max(0, slices.Index(kindNames[:], name)))
}

// IsSet reports whether the kind is SS, NS or BS.
func (k Kind) IsSet() bool { return k == SS || k == NS || k == BS }

// Element returns the kind of a set's elements.
func (k Kind) Element() Kind { return k - SS + S }

// Value is an attribute value. Do not change its list or its map: copies of the value share them.
type Value struct {
	Kind Kind
	True bool    // of a BOOL
	Text string  // of an S; the bytes of a B; the ordered form of an N, see [decimal.ordered]
	List []Value // of an L, or of a set in the order of [Compare]
	Map  Item    // of an M
}

// Item holds attribute values by their names.
type Item map[string]Value

// Invalid is the error for an invalid value, in DynamoDB's words.
type Invalid string

func (i Invalid) Error() string { return string(i) }

// String returns a value of kind S.
func String(text string) Value { return Value{Kind: S, Text: text} }

// Comparable reports whether values of the kind have an order.
func (k Kind) Comparable() bool { return k == S || k == N || k == B }

// Compare compares two values of the same comparable kind: texts and binary values by their bytes,
// numbers by their value.
func Compare(a, b Value) int { return strings.Compare(a.Text, b.Text) }

// Equal reports whether two values are the same.
func Equal(a, b Value) bool {
	if a.Kind != b.Kind || len(a.List) != len(b.List) {
		return false
	}
	switch a.Kind {
	case BOOL:
		return a.True == b.True
	case L, SS, NS, BS:
		return slices.EqualFunc(a.List, b.List, Equal)
	case M:
		return maps.EqualFunc(a.Map, b.Map, Equal)
	}
	return a.Text == b.Text
}

func sorted(set []Value) []Value {
	return slices.SortedFunc(slices.Values(set), Compare)
}

// Contains reports whether a set or a list contains the element.
func (v Value) Contains(element Value) bool {
	return slices.ContainsFunc(v.List, func(e Value) bool { return Equal(e, element) })
}

// Union returns a set that has the elements of both sets.
func (v Value) Union(other Value) Value {
	elements := sorted(append(slices.Clone(v.List), other.List...))
	return Value{Kind: v.Kind, List: slices.CompactFunc(elements, Equal)}
}

// Without returns a set without the elements of the other set. It returns None if no element is left.
func (v Value) Without(other Value) Value {
	rest := slices.DeleteFunc(slices.Clone(v.List), other.Contains)
	if len(rest) == 0 {
		return Value{}
	}
	return Value{Kind: v.Kind, List: rest}
}

// Names returns the names of the attributes, sorted.
func (i Item) Names() []string {
	names := make([]string, 0, len(i))
	for name := range i {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Pick returns an item that has only the attributes with these names.
func (i Item) Pick(names []string) Item {
	picked := make(Item, len(names))
	for _, name := range names {
		if v, ok := i[name]; ok {
			picked[name] = v
		}
	}
	return picked
}

// Size returns the size of an item in bytes: the sum of the sizes of its names and values.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (i Item) Size() int {
	n := 0
	for name, v := range i {
		n += len(name) + v.Size()
	}
	return n
}

// Size returns the size of a value in bytes.
func (v Value) Size() int {
	const collection, element = 3, 1 // the overhead of a list or map, and of each of its elements
	n := 0
	switch v.Kind {
	case S, B:
		return len(v.Text)
	case N:
		return numberSize(v.Text)
	case BOOL, NULL:
		return 1
	case M:
		return collection + len(v.Map)*element + v.Map.Size()
	case L:
		n = collection + len(v.List)*element
	}
	for _, e := range v.List {
		n += e.Size()
	}
	return n
}

// Check returns the error of the first invalid value, in the order of names, or nil.
func (i Item) Check() error {
	first, err := "", error(nil)
	for name, v := range i {
		if wrong := v.Check(); wrong != nil && (err == nil || name < first) {
			first, err = name, wrong
		}
	}
	return err
}

// Check returns the error of an invalid value, or nil.
func (v Value) Check() error {
	switch v.Kind {
	case bad:
		return Invalid(v.Text)
	case None:
		return Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
	return nil
}

// Depth returns how deep lists and maps are nested. It is 0 for a scalar or a set.
func (v Value) Depth() int {
	deepest := 0
	for _, e := range v.List {
		deepest = max(deepest, e.Depth())
	}
	for _, e := range v.Map {
		deepest = max(deepest, e.Depth())
	}
	if v.Kind == L || v.Kind == M {
		deepest++
	}
	return deepest
}

func orBad(v Value, err error) Value {
	if err != nil {
		return Value{Kind: bad, Text: err.Error()}
	}
	return v
}

func firstBad(list Value) Value {
	for _, e := range list.List {
		if err := e.Check(); err != nil {
			return orBad(e, err)
		}
	}
	return list
}

// Set returns a set of elements of the same kind.
func Set(kind Kind, elements []Value) (Value, error) {
	return Value{Kind: kind - S + SS, List: elements}.checkSet()
}

// checkSet sorts a set. It returns an error if the set is empty or has an element twice. DynamoDB sorts sets too:
// https://github.com/paritysuite/dynamodb-conformance, updateItem/basic
func (v Value) checkSet() (Value, error) {
	if v.Kind == bad {
		return v, nil
	}
	if len(v.List) == 0 {
		return v, Invalid("One or more parameter values were invalid: " + map[Kind]string{
			SS: "An string set  may not be empty", NS: "An number set  may not be empty", BS: "Binary sets should not be empty",
		}[v.Kind])
	}
	if elements := slices.CompactFunc(sorted(v.List), Equal); len(elements) == len(v.List) {
		v.List = elements
		return v, nil
	}
	if v.Kind == NS {
		return v, Invalid("Input collection contains duplicates")
	}
	texts := make([]string, len(v.List))
	for i, e := range v.List {
		texts[i] = e.Text
		if v.Kind == BS {
			texts[i] = base64.StdEncoding.EncodeToString([]byte(e.Text))
		}
	}
	suffix := map[Kind]string{SS: " contains duplicates.", BS: "of type BS contains duplicates."}[v.Kind]
	return v, Invalid("One or more parameter values were invalid: Input collection [" + strings.Join(texts, ", ") + "]" + suffix)
}
