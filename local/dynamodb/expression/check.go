package expression

import (
	"encoding/base64"
	"slices"

	"simple-sam-demo/local/dynamodb/value"
)

// checkCondition refuses a node of a condition that can never be evaluated.
func checkCondition(n *Node) {
	switch n.Op {
	case opPath, opValue, opAnd, opOr, opNot:
		return
	}
	n.checkCount(conditionFunctions)
	if n.Op == opIn && len(n.Args) > 101 {
		panic(fail("The IN operator is provided with too many operands; number of operands: %d", len(n.Args)-1))
	}
	first := n.Args[0]
	for _, other := range n.Args[1:] {
		if first.Op == opPath && other.Op == opPath && slices.Equal(first.Path, other.Path) {
			panic(fail("The first operand must be distinct from the remaining operands for this operator or function; "+
				"operator: %s, first operand: %s", n.Op, first.Path))
		}
	}
	switch n.Op {
	case "attribute_exists", "attribute_not_exists":
		n.requirePath()
	case "attribute_type":
		checkTypeName(n.Args[1])
	case "size":
		n.requireKinds(value.S, value.B, value.SS, value.NS, value.BS, value.L, value.M)
	case "begins_with":
		n.requireKinds(value.S, value.B)
	case "<", "<=", ">", ">=", opBetween:
		n.requireKinds(value.S, value.N, value.B)
	}
	if n.Op == opBetween {
		checkBounds(n.Args[1], n.Args[2])
	}
}

// checkCount refuses a function that has not as many operands as it takes.
func (n *Node) checkCount(functions map[string]int) {
	if want, ok := functions[n.Op]; ok && len(n.Args) != want {
		panic(fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.Op, len(n.Args)))
	}
}

func (n *Node) requirePath() {
	if n.Args[0].Op != opPath {
		panic(fail("Operator or function requires a document path; operator or function: %s", n.Op))
	}
}

// kind returns the type of an operand, or None where the item decides.
func (n *Node) kind() value.Kind {
	switch n.Op {
	case opValue:
		return n.Value.Kind
	case "size":
		return value.N
	}
	return value.None
}

// requireKinds refuses operands whose type is known and none of the kinds.
func (n *Node) requireKinds(kinds ...value.Kind) {
	for _, arg := range n.Args {
		if k := arg.kind(); k != value.None && !slices.Contains(kinds, k) {
			wrongOperand(n.Op, k.String())
		}
	}
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

// checkBounds refuses bounds of BETWEEN that are of two types, or in the wrong order.
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

// shown is a scalar in DynamoDB's messages.
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

// check refuses an update that can never be done.
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
		a.Operand.Walk(func(n *Node) {
			n.checkCount(updateFunctions)
			switch n.Op {
			case "if_not_exists":
				n.requirePath()
			case "list_append":
				n.requireKinds(value.L)
			case opPlus, opMinus:
				n.requireKinds(value.N)
			}
		})
	}
}

// checkDistinct refuses paths of which one is in another, or that take one value both as a
// list and as a map.
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
