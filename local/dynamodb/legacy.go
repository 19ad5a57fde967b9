package dynamodb

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// legacy holds the parameters that DynamoDB had before it had expressions. They are translated to
// the same syntax trees as expressions.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
type legacy struct {
	AttributesToGet     []string
	AttributeUpdates    map[string]attributeUpdate
	Conditions          map[string]map[string]comparison // Expected, KeyConditions, QueryFilter and ScanFilter
	ConditionalOperator string
}

// comparison is an ExpectedAttributeValue or a Condition. A Condition has only AttributeValueList and
// ComparisonOperator.
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

// comparators maps each old operator to the operator or function of expressions with that meaning.
var comparators = map[string]struct {
	op       string
	operands int
	kinds    []value.Kind // the types that the operands may have; nil means any
}{
	"EQ": {"=", 1, nil}, "NE": {"<>", 1, nil},
	"LE": {"<=", 1, scalars}, "LT": {"<", 1, scalars}, "GE": {">=", 1, scalars}, "GT": {">", 1, scalars},
	"CONTAINS": {"contains", 1, scalars}, "NOT_CONTAINS": {"contains", 1, scalars},
	"BEGINS_WITH": {"begins_with", 1, []value.Kind{value.S, value.B}}, "IN": {"IN", -1, scalars}, "BETWEEN": {"BETWEEN", 2, scalars},
	"NULL": {"attribute_not_exists", 0, nil}, "NOT_NULL": {"attribute_exists", 0, nil},
}

var scalars = []value.Kind{value.S, value.N, value.B}

func (l *legacy) violations(v *violations) {
	v.enum(l.ConditionalOperator, "conditionalOperator", "OR", "AND")
	if l.AttributesToGet != nil {
		v.count(len(l.AttributesToGet), true, "attributesToGet", math.MaxInt)
	}
	for name, update := range l.AttributeUpdates {
		v.enum(update.Action, "attributeUpdates."+name+".member.action", "ADD", "PUT", "DELETE")
	}
	for _, parameter := range []string{"Expected", "KeyConditions", "QueryFilter", "ScanFilter"} {
		for name, c := range l.Conditions[parameter] {
			path := strings.ToLower(parameter[:1]) + parameter[1:] + "." + name + ".member.comparisonOperator"
			if c.ComparisonOperator != nil {
				v.enum(*c.ComparisonOperator, path, slices.Sorted(maps.Keys(comparators))...)
			}
			v.need(c.ComparisonOperator != nil || parameter == "Expected", path)
		}
	}
}

func (l *legacy) compile() (c compiled) {
	if len(l.AttributesToGet)+len(l.AttributeUpdates)+len(l.Conditions) == 0 && l.ConditionalOperator == "" {
		return c // most requests have no old parameters
	}
	for i, name := range l.AttributesToGet {
		checkName(name)
		forbid(slices.Contains(l.AttributesToGet[:i], name), wrongValue+"Duplicate value in attribute name: %s", name)
		c.projection = append(c.projection, expression.Path{{Name: name}})
	}
	filter := l.Conditions["QueryFilter"]
	if l.Conditions["ScanFilter"] != nil {
		filter = l.Conditions["ScanFilter"]
	}
	forbid(l.ConditionalOperator != "" && len(l.Conditions["Expected"])+len(filter) == 0,
		wrongValue+"ConditionalOperator cannot be used without Filter or Expected")
	forbid(l.ConditionalOperator != "" && len(l.Conditions["Expected"])+len(filter) < 2,
		"ConditionalOperator can only be used when Filter or Expected has two or more elements")
	c.update = l.update()
	c.condition = l.join(l.Conditions["Expected"], expected)
	c.filter = l.join(filter, filtered)
	c.keys = keyConditions(l.Conditions["KeyConditions"])
	return c
}

// join translates conditions and joins them with AND, or with OR if the ConditionalOperator says so.
func (l *legacy) join(
	conditions map[string]comparison, translate func(string, comparison) *expression.Node,
) (joined *expression.Node) {
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		n := translate(name, conditions[name])
		if joined != nil && l.ConditionalOperator == "OR" {
			joined = expression.Apply("OR", joined, n)
		} else {
			joined = expression.All(joined, n)
		}
	}
	return joined
}

func filtered(name string, c comparison) *expression.Node {
	op := comparators[*c.ComparisonOperator]
	for _, v := range c.AttributeValueList {
		refuse(v.Check())
	}
	n := len(c.AttributeValueList)
	forbid(n != op.operands && (op.operands >= 0 || n == 0),
		wrongValue+"Invalid number of argument(s) for the %s ComparisonOperator", *c.ComparisonOperator)
	operands := []*expression.Node{expression.Attribute(name)}
	for i, v := range c.AttributeValueList {
		first := c.AttributeValueList[0]
		forbid(v.Kind != first.Kind, wrongValue+"AttributeValues inside AttributeValueList must be of same type")
		forbid(op.kinds != nil && !slices.Contains(op.kinds, v.Kind),
			wrongValue+"ComparisonOperator %s is not valid for %s AttributeValue type", *c.ComparisonOperator, v.Kind)
		forbid(i == 1 && op.op == "BETWEEN" && value.Compare(first, v) > 0,
			"The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		operands = append(operands, expression.Constant(v))
	}
	condition := expression.Apply(op.op, operands...)
	if *c.ComparisonOperator == "NOT_CONTAINS" {
		return expression.All(expression.Apply("attribute_exists", operands[0]), expression.Apply("NOT", condition))
	}
	return condition
}

// expected translates one condition of a write. It may have a value without an operator.
func expected(name string, c comparison) *expression.Node {
	exists, shown := true, "null"
	if c.Exists != nil {
		exists, shown = *c.Exists, strconv.FormatBool(*c.Exists)
	}
	list, one := c.AttributeValueList != nil, c.Value != nil
	forbid(list && one, wrongValue+"Value and AttributeValueList cannot be used together for Attribute: %s", name)
	if c.ComparisonOperator != nil {
		forbid(c.Exists != nil, wrongValue+"Exists and ComparisonOperator cannot be used together for Attribute: %s", name)
		forbid(!list && !one && !strings.Contains(*c.ComparisonOperator, "NULL"), wrongValue+
			"Value or AttributeValueList must be used with ComparisonOperator: %s for Attribute: %s", *c.ComparisonOperator, name)
		if one {
			c.AttributeValueList = []value.Value{*c.Value}
		}
		return filtered(name, c)
	}
	forbid(list, wrongValue+"AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", name)
	forbid(exists && !one, wrongValue+"Value must be provided when Exists is %s for Attribute: %s", shown, name)
	forbid(!exists && one, wrongValue+"Value cannot be used when Exists is false for Attribute: %s", name)
	if !exists {
		return expression.Apply("attribute_not_exists", expression.Attribute(name))
	}
	refuse(c.Value.Check())
	return expression.Apply("=", expression.Attribute(name), expression.Constant(*c.Value))
}

func (l *legacy) update() (u expression.Update) {
	for _, name := range slices.Sorted(maps.Keys(l.AttributeUpdates)) {
		given := l.AttributeUpdates[name]
		a := expression.Action{Legacy: true, Verb: expression.Set, Path: expression.Path{{Name: name}}}
		if given.Value == nil {
			forbid(given.Action != "DELETE", wrongValue+"Only DELETE action is allowed when no attribute value is specified")
			a.Verb = expression.Remove
			u = append(u, a)
			continue
		}
		checkItem(value.Item{name: *given.Value})
		kind := given.Value.Kind
		switch given.Action {
		case "DELETE":
			forbid(!kind.IsSet(), wrongValue+"DELETE action with value is not supported for the type %s", kind)
			a.Verb = expression.Delete
		case "ADD":
			forbid(!kind.IsSet() && kind != value.N && kind != value.L, wrongValue+"ADD action is not supported for the type %s", kind)
			a.Verb = expression.Add
		}
		a.Operand = expression.Constant(*given.Value)
		u = append(u, a)
	}
	return u
}

func keyConditions(conditions map[string]comparison) map[string]expression.KeyCondition {
	keys := map[string]expression.KeyCondition{}
	for name, c := range conditions {
		filtered(name, c)
		op := comparators[*c.ComparisonOperator].op
		if strings.HasPrefix(*c.ComparisonOperator, "NOT_") {
			op = *c.ComparisonOperator
		}
		keys[name] = expression.KeyCondition{Op: op, Values: c.AttributeValueList}
	}
	return keys
}
