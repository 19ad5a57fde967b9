package expression

import (
	"strings"

	"simple-sam-demo/local/dynamodb/value"
)

// KeyCondition is what a Query asks of one key attribute: =, <, <=, >, >=, BETWEEN or
// begins_with, and one value or, for BETWEEN, two.
type KeyCondition struct {
	Op     string
	Values []value.Value
}

// Holds tells whether it is true of a value of the key's type.
func (k KeyCondition) Holds(v value.Value) bool {
	operands := []*Node{Constant(v)}
	for _, bound := range k.Values {
		operands = append(operands, Constant(bound))
	}
	return Apply(k.Op, operands...).Holds(nil)
}

// KeyConditions returns the condition in the KeyConditionExpression of a request, by the
// name of the key attribute.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
func (b *Binder) KeyConditions(source string) (map[string]KeyCondition, error) {
	n, err := b.Condition("KeyConditionExpression", source)
	if err != nil {
		return nil, err
	}
	keys := map[string]KeyCondition{}
	return keys, collectKeys(n, keys)
}

var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// collectKeys adds what a condition asks of key attributes.
func collectKeys(n *Node, keys map[string]KeyCondition) error {
	switch n.Op {
	case opAnd:
		if err := collectKeys(n.Args[0], keys); err != nil {
			return err
		}
		return collectKeys(n.Args[1], keys)
	case opBetween, "begins_with", "=", "<", "<=", ">", ">=":
	default:
		return fail("Invalid operator used in KeyConditionExpression: %s", n.Op)
	}
	if (n.Op == opBetween || n.Op == "begins_with") && n.Args[0].Op != opPath {
		return fail("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", n.Op)
	}
	k := KeyCondition{Op: n.Op}
	attribute := ""
	for i, arg := range n.Args {
		switch {
		case arg.Op == opValue:
			k.Values = append(k.Values, arg.Value)
			continue
		case arg.Op != opPath:
			return fail("KeyConditionExpressions cannot contain nested operations")
		case attribute != "":
			return fail("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case len(arg.Path) > 1:
			return fail("KeyConditionExpressions cannot have conditions on nested attributes")
		}
		attribute = arg.Path[0].Name
		if i > 0 {
			k.Op = mirrored[n.Op]
		}
	}
	if attribute == "" {
		return fail("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	if _, twice := keys[attribute]; twice {
		return fail("KeyConditionExpressions must only contain one condition per key")
	}
	keys[strings.Clone(attribute)] = k
	return nil
}

// Conjuncts returns the conditions that all have to hold for a condition to hold.
func (n *Node) Conjuncts() []*Node {
	switch {
	case n == nil:
		return nil
	case n.Op == opAnd:
		return append(n.Args[0].Conjuncts(), n.Args[1].Conjuncts()...)
	}
	return []*Node{n}
}

// KeyCondition returns the attribute of which a condition asks what a key condition can ask.
func (n *Node) KeyCondition() (attribute string, c KeyCondition, ok bool) {
	keys := map[string]KeyCondition{}
	if err := collectKeys(n, keys); err != nil {
		return "", c, false
	}
	for attribute, c = range keys {
	}
	return attribute, c, len(keys) == 1
}

// Equality returns the attribute and the value that a condition wants it to be.
func (n *Node) Equality() (attribute string, v value.Value, ok bool) {
	attribute, c, ok := n.KeyCondition()
	if !ok || c.Op != "=" {
		return "", v, false
	}
	return attribute, c.Values[0], true
}
