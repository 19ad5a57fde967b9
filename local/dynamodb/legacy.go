package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// legacy are the parameters of the time before expressions, which become the same syntax
// trees.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
type legacy struct {
	AttributesToGet                        []string
	AttributeUpdates                       map[string]attributeUpdate
	Expected                               map[string]comparison
	KeyConditions, QueryFilter, ScanFilter map[string]comparison
	ConditionalOperator                    string
}

// comparison is an ExpectedAttributeValue, or a Condition, which has two members of it.
type comparison struct {
	AttributeValueList []value.Value
	ComparisonOperator *string
	Exists             *bool
	Value              *value.Value
}

type attributeUpdate struct {
	Action string
	Value  *value.Value
}

// comparators are the old operators, and the new ones in their place.
var comparators = map[string]struct {
	op       string
	operands int
	kinds    []value.Kind // nil is any
}{
	"EQ": {"=", 1, nil}, "NE": {"<>", 1, nil},
	"LE": {"<=", 1, scalars}, "LT": {"<", 1, scalars}, "GE": {">=", 1, scalars}, "GT": {">", 1, scalars},
	"CONTAINS": {"contains", 1, scalars}, "NOT_CONTAINS": {"contains", 1, scalars},
	"BEGINS_WITH": {"begins_with", 1, []value.Kind{value.S, value.B}}, "IN": {"IN", -1, scalars}, "BETWEEN": {"BETWEEN", 2, scalars},
	"NULL": {"attribute_not_exists", 0, nil}, "NOT_NULL": {"attribute_exists", 0, nil},
}

var scalars = []value.Kind{value.S, value.N, value.B}

func (l *legacy) has(parameter string) bool {
	switch parameter {
	case "AttributesToGet":
		return l.AttributesToGet != nil
	case "AttributeUpdates":
		return l.AttributeUpdates != nil
	case "Expected":
		return l.Expected != nil
	case "KeyConditions":
		return l.KeyConditions != nil
	case "QueryFilter":
		return l.QueryFilter != nil
	case "ScanFilter":
		return l.ScanFilter != nil
	}
	return l.ConditionalOperator != ""
}

func (l *legacy) violations(v *violations) {
	v.enum(l.ConditionalOperator, "conditionalOperator", "OR", "AND")
	if l.AttributesToGet != nil && len(l.AttributesToGet) == 0 {
		v.add("[]", "attributesToGet", "Member must have length greater than or equal to 1")
	}
	for name, update := range l.AttributeUpdates {
		v.enum(update.Action, "attributeUpdates."+name+".member.action", "ADD", "PUT", "DELETE")
	}
	v.comparisons("expected", l.Expected)
	v.comparisons("keyConditions", l.KeyConditions)
	v.comparisons("queryFilter", l.QueryFilter)
	v.comparisons("scanFilter", l.ScanFilter)
}

func (v *violations) comparisons(parameter string, conditions map[string]comparison) {
	for name, c := range conditions {
		path := parameter + "." + name + ".member.comparisonOperator"
		if c.ComparisonOperator != nil {
			v.enum(*c.ComparisonOperator, path, slices.Sorted(maps.Keys(comparators))...)
		} else if parameter != "expected" {
			v.add(nil, path, "Member must not be null")
		}
	}
}

func (l *legacy) compile() (c compiled, err error) {
	for i, name := range l.AttributesToGet {
		if err := checkName(name); err != nil {
			return c, err
		}
		if slices.Contains(l.AttributesToGet[:i], name) {
			return c, invalidValue("Duplicate value in attribute name: %s", name)
		}
		c.projection = append(c.projection, expression.Path{{Name: name}})
	}
	if l.ConditionalOperator != "" && len(l.Expected)+len(l.QueryFilter)+len(l.ScanFilter) == 0 {
		return c, invalidValue("ConditionalOperator cannot be used without Filter or Expected")
	}
	if c.update, err = l.update(); err != nil {
		return c, err
	}
	if c.condition, err = l.join(l.Expected, expected); err != nil {
		return c, err
	}
	if c.filter, err = l.join(l.QueryFilter, filtered); err != nil {
		return c, err
	}
	if l.ScanFilter != nil {
		if c.filter, err = l.join(l.ScanFilter, filtered); err != nil {
			return c, err
		}
	}
	c.keys, err = l.keys()
	return c, err
}

func (l *legacy) join(conditions map[string]comparison, translate func(string, comparison) (*expression.Node, error)) (*expression.Node, error) {
	if len(conditions) == 0 {
		return nil, nil
	}
	var joined *expression.Node
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		n, err := translate(name, conditions[name])
		if err != nil {
			return nil, err
		}
		if joined != nil && l.ConditionalOperator == "OR" {
			n = expression.Apply("OR", joined, n)
		} else {
			n = expression.All(joined, n)
		}
		joined = n
	}
	return joined, nil
}

// filtered translates a condition of a filter.
func filtered(name string, c comparison) (*expression.Node, error) {
	op := comparators[*c.ComparisonOperator]
	for _, v := range c.AttributeValueList {
		if err := v.Check(); err != nil {
			return nil, err
		}
	}
	if n := len(c.AttributeValueList); n != op.operands && (op.operands >= 0 || n == 0) {
		return nil, invalidValue("Invalid number of argument(s) for the %s ComparisonOperator", *c.ComparisonOperator)
	}
	operands := []*expression.Node{expression.Attribute(name)}
	for i, v := range c.AttributeValueList {
		if v.Kind != c.AttributeValueList[0].Kind {
			return nil, invalidValue("AttributeValues inside AttributeValueList must be of same type")
		}
		if op.kinds != nil && !slices.Contains(op.kinds, v.Kind) {
			return nil, invalidValue("ComparisonOperator %s is not valid for %s AttributeValue type", *c.ComparisonOperator, v.Kind)
		}
		if i == 1 && op.op == "BETWEEN" && value.Compare(c.AttributeValueList[0], v) > 0 {
			return nil, invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
		operands = append(operands, expression.Constant(v))
	}
	n := expression.Apply(op.op, operands...)
	if *c.ComparisonOperator == "NOT_CONTAINS" {
		return expression.All(expression.Apply("attribute_exists", operands[0]), expression.Apply("NOT", n)), nil
	}
	return n, nil
}

// expected translates a condition of a write, which may have a value and no operator.
func expected(name string, c comparison) (*expression.Node, error) {
	shownExists := "null"
	exists := c.Exists == nil || *c.Exists
	if c.Exists != nil {
		shownExists = map[bool]string{true: "true", false: "false"}[*c.Exists]
	}
	switch {
	case c.AttributeValueList != nil && c.Value != nil:
		return nil, invalidValue("Value and AttributeValueList cannot be used together for Attribute: %s", name)
	case c.ComparisonOperator != nil && c.Exists != nil:
		return nil, invalidValue("Exists and ComparisonOperator cannot be used together for Attribute: %s", name)
	case c.ComparisonOperator != nil:
		if c.AttributeValueList == nil && c.Value == nil && !strings.Contains(*c.ComparisonOperator, "NULL") {
			return nil, invalidValue("Value or AttributeValueList must be used with ComparisonOperator: %s for Attribute: %s", *c.ComparisonOperator, name)
		}
		if c.Value != nil {
			c.AttributeValueList = []value.Value{*c.Value}
		}
		return filtered(name, c)
	case c.AttributeValueList != nil:
		return nil, invalidValue("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", name)
	case exists && c.Value == nil:
		return nil, invalidValue("Value must be provided when Exists is %s for Attribute: %s", shownExists, name)
	case !exists && c.Value != nil:
		return nil, invalidValue("Value cannot be used when Exists is false for Attribute: %s", name)
	case !exists:
		return expression.Apply("attribute_not_exists", expression.Attribute(name)), nil
	}
	return expression.Apply("=", expression.Attribute(name), expression.Constant(*c.Value)), c.Value.Check()
}

func (l *legacy) update() (u expression.Update, err error) {
	if len(l.AttributeUpdates) == 0 {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(l.AttributeUpdates)) {
		given := l.AttributeUpdates[name]
		action := expression.Action{Legacy: true, Verb: map[string]string{"ADD": expression.Add, "DELETE": expression.Delete}[given.Action], Path: expression.Path{{Name: name}}}
		if action.Verb == "" {
			action.Verb = expression.Set
		}
		if given.Value == nil {
			if given.Action != "DELETE" {
				return nil, invalidValue("Only DELETE action is allowed when no attribute value is specified")
			}
			action.Verb = expression.Remove
			u = append(u, action)
			continue
		}
		if err := checkItem(value.Item{name: *given.Value}); err != nil {
			return nil, err
		}
		kind := given.Value.Kind
		if given.Action == "DELETE" && !kind.IsSet() {
			return nil, invalidValue("DELETE action with value is not supported for the type %s", kind)
		}
		if given.Action == "ADD" && !kind.IsSet() && kind != value.N && kind != value.L {
			return nil, invalidValue("ADD action is not supported for the type %s", kind)
		}
		action.Operand = expression.Constant(*given.Value)
		u = append(u, action)
	}
	return u, nil
}

func (l *legacy) keys() (map[string]expression.KeyCondition, error) {
	if l.KeyConditions == nil {
		return nil, nil
	}
	keys := map[string]expression.KeyCondition{}
	for name, c := range l.KeyConditions {
		if _, err := filtered(name, c); err != nil {
			return nil, err
		}
		op := comparators[*c.ComparisonOperator].op
		if strings.HasPrefix(*c.ComparisonOperator, "NOT_") {
			op = *c.ComparisonOperator
		}
		keys[name] = expression.KeyCondition{Op: op, Values: c.AttributeValueList}
	}
	return keys, nil
}
