package expression

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"simple-sam-demo/local/dynamodb/value"
)

// Holds reports whether a condition is true for an item. The placeholders must be filled in. A nil
// item means that there is no item. A comparison with a missing attribute, or of values of different
// types, is false; only <> is true then. A nil condition is always true.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
func (n *Node) Holds(item value.Item) bool {
	if n == nil {
		return true
	}
	switch n.Op {
	case opAnd:
		return n.Args[0].Holds(item) && n.Args[1].Holds(item)
	case opOr:
		return n.Args[0].Holds(item) || n.Args[1].Holds(item)
	case opNot:
		return !n.Args[0].Holds(item)
	case opIn:
		first, ok := n.Args[0].in(item)
		return ok && slices.ContainsFunc(n.Args[1:], func(choice *Node) bool {
			v, ok := choice.in(item)
			return ok && value.Equal(first, v)
		})
	case opBetween:
		return compare(">=", n.Args[0], n.Args[1], item) && compare("<=", n.Args[0], n.Args[2], item)
	}
	if isComparison(n.Op) {
		return compare(n.Op, n.Args[0], n.Args[1], item)
	}
	return n.function(item)
}

// in returns the value of an operand for an item, and false if the item does not have it.
func (n *Node) in(item value.Item) (value.Value, bool) {
	switch n.Op {
	case opPath:
		return n.Path.In(item)
	case "size":
		v, ok := n.Args[0].in(item)
		return sizeOf(v), ok && sizeOf(v).Kind == value.N
	case opValue:
		return n.Value, true
	}
	return value.Value{Kind: value.BOOL, True: n.function(item)}, true // PartiQL can compare the result of a function
}

// sizeOf returns the result of the function size, or None for a value without a size.
func sizeOf(v value.Value) value.Value {
	switch v.Kind {
	case value.S: // counts a character beyond U+FFFF twice, as ExtendDB's authors saw on AWS (its issue 60)
		return value.Whole(len(utf16.Encode([]rune(v.Text))))
	case value.B:
		return value.Whole(len(v.Text))
	case value.L, value.SS, value.NS, value.BS:
		return value.Whole(len(v.List))
	case value.M:
		return value.Whole(len(v.Map))
	}
	return value.Value{}
}

func compare(op string, x, y *Node, item value.Item) bool {
	a, oka := x.in(item)
	b, okb := y.in(item)
	switch op {
	case "=":
		return oka && okb && value.Equal(a, b)
	case "<>":
		return !(oka && okb && value.Equal(a, b))
	}
	if !oka || !okb || a.Kind != b.Kind || !a.Kind.Comparable() {
		return false
	}
	order := value.Compare(a, b)
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (n *Node) function(item value.Item) bool {
	v, ok := n.Args[0].in(item)
	switch n.Op {
	case "attribute_exists":
		return ok
	case "attribute_not_exists":
		return !ok
	case "missing": // only in PartiQL
		return !ok
	}
	other, known := n.Args[1].in(item)
	if !ok || !known {
		return false
	}
	switch n.Op {
	case "attribute_type":
		return v.Kind.String() == other.Text
	case "begins_with":
		return v.Kind == other.Kind && (v.Kind == value.S || v.Kind == value.B) && strings.HasPrefix(v.Text, other.Text)
	}
	return contains(v, other)
}

// contains reports whether a text contains another text, or a set or a list contains an element.
func contains(v, part value.Value) bool {
	if v.Kind == value.S || v.Kind == value.B {
		return v.Kind == part.Kind && strings.Contains(v.Text, part.Text)
	}
	return v.Contains(part)
}

// Project returns the parts of an item that the paths name. A list in the result has only the named
// elements, without gaps.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
func Project(item value.Item, paths []Path) value.Item {
	found, _ := part(value.Value{Kind: value.M, Map: item}, paths)
	return found.Map
}

// part returns the parts of a value that the paths name, and false if it has none of them.
func part(v value.Value, paths []Path) (value.Value, bool) {
	if slices.ContainsFunc(paths, func(p Path) bool { return len(p) == 0 }) {
		return v, true
	}
	below := map[Step][]Path{}
	for _, p := range paths {
		below[p[0]] = append(below[p[0]], p[1:])
	}
	found := value.Value{Kind: v.Kind}
	if v.Kind == value.M {
		found.Map = value.Item{}
		for step, rest := range below {
			if next, ok := v.Map[step.Name]; ok && step.Name != "" {
				if next, ok := part(next, rest); ok {
					found.Map[step.Name] = next
				}
			}
		}
	}
	if v.Kind == value.L {
		for _, step := range slices.SortedFunc(maps.Keys(below), func(a, b Step) int { return a.Index - b.Index }) {
			if step.Name == "" && step.Index < len(v.List) {
				if next, ok := part(v.List[step.Index], below[step]); ok {
					found.List = append(found.List, next)
				}
			}
		}
	}
	return found, len(found.Map)+len(found.List) > 0
}
