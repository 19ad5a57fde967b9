package expression

import (
	"encoding/base64"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// signature says which operands a function or an operator accepts.
type signature struct {
	operands int          // how many; 0 means any number
	path     bool         // the first operand must be a path
	kinds    []value.Kind // the types that an operand may have; nil means any
}

var (
	ordered = signature{kinds: []value.Kind{value.S, value.N, value.B}}
	numbers = signature{kinds: []value.Kind{value.N}}
	sized   = []value.Kind{value.S, value.B, value.SS, value.NS, value.BS, value.L, value.M}

	conditionFunctions = map[string]signature{
		"attribute_exists": {operands: 1, path: true}, "attribute_not_exists": {operands: 1, path: true},
		"attribute_type": {operands: 2}, "begins_with": {operands: 2, kinds: []value.Kind{value.S, value.B}},
		"contains": {operands: 2}, "size": {operands: 1, kinds: sized},
	}
	updateFunctions = map[string]signature{
		"if_not_exists": {operands: 2, path: true}, "list_append": {operands: 2, kinds: []value.Kind{value.L}},
	}
	operators = map[string]signature{
		"<": ordered, "<=": ordered, ">": ordered, ">=": ordered, opBetween: ordered, opPlus: numbers, opMinus: numbers,
	}
)

// check refuses a node with operands that its function or operator does not accept.
func (n *Node) check(functions map[string]signature) {
	takes, ok := functions[n.Op]
	if !ok {
		takes = operators[n.Op]
	}
	if takes.operands > 0 && len(n.Args) != takes.operands {
		panic(fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d",
			n.Op, len(n.Args)))
	}
	if takes.path && n.Args[0].Op != opPath {
		panic(fail("Operator or function requires a document path; operator or function: %s", n.Op))
	}
	for _, arg := range n.Args {
		if k := arg.kind(); takes.kinds != nil && k != value.None && !slices.Contains(takes.kinds, k) {
			wrongOperand(n.Op, k.String())
		}
	}
}

// checkCondition refuses a node of a condition that cannot be evaluated for any item.
func checkCondition(n *Node) {
	switch n.Op {
	case opPath, opValue, opAnd, opOr, opNot:
		return
	case opIn:
		if len(n.Args) > 101 {
			panic(fail("The IN operator is provided with too many operands; number of operands: %d", len(n.Args)-1))
		}
	}
	n.check(conditionFunctions)
	first := n.Args[0]
	for _, other := range n.Args[1:] {
		if first.Op == opPath && other.Op == opPath && slices.Equal(first.Path, other.Path) {
			panic(fail("The first operand must be distinct from the remaining operands for this operator or function; "+
				"operator: %s, first operand: %s", n.Op, first.Path))
		}
	}
	switch n.Op {
	case "attribute_type":
		checkTypeName(n.Args[1])
	case opBetween:
		checkBounds(n.Args[1], n.Args[2])
	}
}

// kind returns the type of an operand, or None if the type depends on the item.
func (n *Node) kind() value.Kind {
	switch n.Op {
	case opValue:
		return n.Value.Kind
	case "size":
		return value.N
	}
	return value.None
}

func wrongOperand(op, kind string) {
	panic(fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", op, kind))
}

func checkTypeName(n *Node) {
	switch kind := n.kind(); {
	case kind == value.None:
		wrongOperand("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case kind != value.S:
		wrongOperand("attribute_type", kind.String())
	case value.KindOf(n.Value.Text) == value.None:
		panic(fail("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", n.Value.Text))
	}
}

// checkBounds refuses bounds of BETWEEN that have different types or are in the wrong order.
func checkBounds(low, high *Node) {
	problem := ""
	switch {
	case low.Op != opValue || high.Op != opValue:
		return
	case low.kind() != high.kind():
		problem = "same data type for lower and upper bounds"
	case value.Compare(low.Value, high.Value) > 0:
		problem = "upper bound to be greater than or equal to lower bound"
	default:
		return
	}
	panic(fail("The BETWEEN operator requires %s; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s",
		problem, shown(low.Value), shown(high.Value)))
}

// shown writes a scalar as DynamoDB's messages show it.
func shown(v value.Value) string {
	text := v.Text
	switch v.Kind {
	case value.N:
		text = v.Number()
	case value.B:
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return "{" + v.Kind.String() + ":" + text + "}"
}

var typeNames = map[value.Kind]string{
	value.S: "STRING", value.N: "NUMBER", value.B: "BINARY", value.NULL: "NULL", value.BOOL: "BOOLEAN", value.L: "LIST", value.M: "MAP",
}

// check refuses an update that is invalid for every item.
func (u Update) check() {
	checkDistinct(u.Paths())
	for _, a := range u {
		if a.Verb != Add && a.Verb != Delete {
			continue
		}
		if k := a.Operand.kind(); !k.IsSet() && (a.Verb == Delete || k != value.N) {
			panic(fail("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
				a.Verb, typeNames[k], a.Verb))
		}
	}
	for _, a := range u {
		a.Operand.Walk(func(n *Node) { n.check(updateFunctions) })
	}
}

// checkDistinct refuses two paths if one contains the other, or if one takes a value as a list and the
// other takes the same value as a map.
func checkDistinct(paths []Path) {
	for i, b := range paths {
		for _, a := range paths[:i] {
			shared, shorter := 0, min(len(a), len(b))
			for shared < shorter && a[shared] == b[shared] {
				shared++
			}
			problem := ""
			switch {
			case shared == shorter:
				problem = "overlap"
			case (a[shared].Name == "") != (b[shared].Name == ""):
				problem = "conflict"
			default:
				continue
			}
			panic(fail("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s",
				problem, a, b))
		}
	}
}
