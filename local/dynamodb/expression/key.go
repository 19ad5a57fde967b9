package expression

import (
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// KeyCondition is the condition of a Query on one key attribute: =, <, <=, >, >=, BETWEEN or
// begins_with. It has one value, or two for BETWEEN.
type KeyCondition struct {
	Op     string
	Values []value.Value
}

// Holds reports whether the condition is true for a value of the key's type.
func (k KeyCondition) Holds(v value.Value) bool { return k.on(Constant(v)).Holds(nil) }

// On returns the condition on an attribute.
func (k KeyCondition) On(attribute string) *Node { return k.on(Attribute(attribute)) }

func (k KeyCondition) on(operand *Node) *Node {
	operands := []*Node{operand}
	for _, bound := range k.Values {
		operands = append(operands, Constant(bound))
	}
	return Apply(k.Op, operands...)
}

var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// collectKeys adds the conditions on key attributes to keys.
func collectKeys(n *Node, keys map[string]KeyCondition) {
	const invalid = "Invalid condition in KeyConditionExpression: "
	switch n.Op {
	case opAnd:
		collectKeys(n.Args[0], keys)
		collectKeys(n.Args[1], keys)
		return
	case opBetween, "begins_with":
		if n.Args[0].Op != opPath {
			panic(fail(invalid+"%s operator must have the key attribute as its first operand", n.Op))
		}
	case "=", "<", "<=", ">", ">=":
	default:
		panic(fail("Invalid operator used in KeyConditionExpression: %s", n.Op))
	}
	k, attribute := KeyCondition{Op: n.Op}, ""
	for i, arg := range n.Args {
		switch {
		case arg.Op == opValue:
			k.Values = append(k.Values, arg.Value)
			continue
		case arg.Op != opPath:
			panic(fail("KeyConditionExpressions cannot contain nested operations"))
		case attribute != "":
			panic(fail(invalid + "Multiple attribute names used in one condition"))
		case len(arg.Path) > 1:
			panic(fail("KeyConditionExpressions cannot have conditions on nested attributes"))
		}
		attribute = arg.Path[0].Name
		if i > 0 {
			k.Op = mirrored[n.Op]
		}
	}
	if attribute == "" {
		panic(fail(invalid + "No key attribute specified"))
	}
	if _, twice := keys[attribute]; twice {
		panic(fail("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"))
	}
	keys[strings.Clone(attribute)] = k
}

// Conjuncts returns the conditions that a condition joins with AND.
func (n *Node) Conjuncts() []*Node { return n.conjuncts(nil) }

func (n *Node) conjuncts(before []*Node) []*Node {
	switch {
	case n == nil:
		return before
	case n.Op == opAnd:
		return n.Args[1].conjuncts(n.Args[0].conjuncts(before))
	}
	return append(before, n)
}

// Equality returns the attribute and the value of a condition of the form attribute = value.
func (n *Node) Equality() (attribute string, v value.Value, ok bool) {
	if n.Op != "=" {
		return "", v, false
	}
	path, constant := n.Args[0], n.Args[1]
	if path.Op == opValue {
		path, constant = constant, path
	}
	if path.Op != opPath || len(path.Path) != 1 || constant.Op != opValue {
		return "", v, false
	}
	return path.Path[0].Name, constant.Value, true
}

// KeyConditions returns the attribute of a condition that has the form of a key condition, and this key condition. For
// IN it returns one equality for each value. It returns none if the condition has another form.
func (n *Node) KeyConditions() (attribute string, alternatives []KeyCondition) {
	if n.Op == opIn {
		for _, arg := range n.Args[1:] {
			name, v, ok := Apply("=", n.Args[0], arg).Equality()
			if !ok || arg.Op != opValue {
				return "", nil
			}
			attribute, alternatives = name, append(alternatives, KeyCondition{"=", []value.Value{v}})
		}
		return attribute, alternatives
	}
	keys := map[string]KeyCondition{}
	if err := catch(func() { collectKeys(n, keys) }); err == nil {
		for name, c := range keys {
			attribute, alternatives = name, append(alternatives, c)
		}
	}
	return attribute, alternatives
}
