package dynamodb

import (
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// request is what operations on items are asked, and what each entry of a batch or a
// transaction is. An operation reads the members that it knows.
type request struct {
	TableName, IndexName *string
	Key, Item            value.Item
	Keys                 []value.Item

	ConditionExpression, FilterExpression, KeyConditionExpression, ProjectionExpression, UpdateExpression *string

	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues value.Item

	ReturnValues, ReturnValuesOnConditionCheckFailure, Select string
	Limit, Segment, TotalSegments                             *int
	ExclusiveStartKey                                         value.Item
	ConsistentRead                                            bool
	ScanIndexForward                                          *bool

	returning
	legacy
}

// returning is what an answer may say beside its result.
type returning struct{ ReturnConsumedCapacity, ReturnItemCollectionMetrics string }

func (r returning) violations() (v violations) {
	v.enum(r.ReturnConsumedCapacity, "returnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
	v.enum(r.ReturnItemCollectionMetrics, "returnItemCollectionMetrics", "SIZE", "NONE")
	return v
}

// compiled is a request's expressions, or the old parameters in their place.
type compiled struct {
	condition  *expression.Node
	filter     *expression.Node
	update     expression.Update
	keys       map[string]expression.KeyCondition
	projection []expression.Path // nil is all
}

// accepts are the parameters of an operation, and the old ones in their place.
type accepts struct {
	expressions, legacy []string
}

var operationAccepts = map[string]accepts{
	"PutItem":        {[]string{"ConditionExpression"}, []string{"Expected", "ConditionalOperator"}},
	"DeleteItem":     {[]string{"ConditionExpression"}, []string{"Expected", "ConditionalOperator"}},
	"UpdateItem":     {[]string{"UpdateExpression", "ConditionExpression"}, []string{"AttributeUpdates", "Expected", "ConditionalOperator"}},
	"ConditionCheck": {[]string{"ConditionExpression"}, nil},
	"GetItem":        {[]string{"ProjectionExpression"}, []string{"AttributesToGet"}},
	"Query":          {[]string{"ProjectionExpression", "FilterExpression", "KeyConditionExpression"}, []string{"AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"}},
	"Scan":           {[]string{"ProjectionExpression", "FilterExpression"}, []string{"AttributesToGet", "ScanFilter", "ConditionalOperator"}},
}

// check refuses what is wrong with a request, whatever the tables are.
func (r *request) check(operation string) error {
	v := r.returning.violations()
	name := r.TableName
	if name != nil && strings.HasPrefix(*name, "arn:") {
		name = new((*name)[strings.LastIndexByte(*name, '/')+1:])
	}
	switch {
	case name != nil && *name == "": // which hides other violations
		v = nil
		v.name(name, "tableName", 1)
		return v.err()
	default:
		v.name(name, "tableName", 3)
	}
	switch operation {
	case "PutItem", "ConditionCheck", "DeleteItem", "UpdateItem", "GetItem":
		if r.Key == nil && operation != "PutItem" {
			v.add(nil, "key", "Member must not be null")
		}
		if r.Item == nil && operation == "PutItem" {
			v.add(nil, "item", "Member must not be null")
		}
		v.enum(r.ReturnValues, "returnValues", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
		v.enum(r.ReturnValuesOnConditionCheckFailure, "returnValuesOnConditionCheckFailure", "ALL_OLD", "NONE")
		if operation == "ConditionCheck" && r.ConditionExpression == nil {
			v.add(nil, "conditionExpression", "Member must not be null")
		}
	case "Query", "Scan":
		r.searchViolations(operation, &v)
	}
	r.legacy.violations(&v)
	if err := v.err(); err != nil {
		return err
	}
	if err := r.checkMixed(operation); err != nil {
		return err
	}
	if (operation == "PutItem" || operation == "DeleteItem") && !slices.Contains([]string{"", "NONE", "ALL_OLD"}, r.ReturnValues) {
		return invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	for _, key := range r.Keys {
		if err := checkItem(key); err != nil {
			return err
		}
	}
	if err := checkItem(r.Key); err != nil {
		return err
	}
	return checkItem(r.Item)
}

// searchViolations are those of a Query or a Scan.
func (r *request) searchViolations(operation string, v *violations) {
	if r.IndexName != nil {
		v.name(r.IndexName, "indexName", 3)
	}
	v.enum(r.Select, "select", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	if operation == "Query" && r.Limit != nil && *r.Limit < 1 { // has other words
		*v = append(*v, "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1")
	} else {
		v.atLeast(r.Limit, "limit", 1)
	}
	v.atLeast(r.Segment, "segment", 0)
	v.atLeast(r.TotalSegments, "totalSegments", 1)
	if r.TotalSegments != nil && *r.TotalSegments > 1_000_000 {
		v.add(*r.TotalSegments, "totalSegments", "Member must have value less than or equal to 1000000")
	}
}

// maxDepth is how deep values can be in each other, the attribute counted too.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes
const maxDepth = 32

func checkItem(item value.Item) error {
	if err := item.Check(); err != nil {
		return err
	}
	for name, v := range item {
		if err := checkName(name); err != nil {
			return err
		}
		if (v.Kind == value.L || v.Kind == value.M) && v.Depth() >= maxDepth {
			return invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
		}
	}
	return nil
}

// checkName refuses a name that no attribute can have.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes
func checkName(name string) error {
	switch {
	case name == "":
		return invalidValue("Empty attribute name")
	case len(name) > 65535:
		return invalidValue("Attribute name is too large, must be less than 65536 bytes")
	}
	return nil
}

func (r *request) expression(parameter string) *string {
	switch parameter {
	case "ConditionExpression":
		return r.ConditionExpression
	case "FilterExpression":
		return r.FilterExpression
	case "ProjectionExpression":
		return r.ProjectionExpression
	case "KeyConditionExpression":
		return r.KeyConditionExpression
	}
	return r.UpdateExpression
}

// which returns the names for which something holds.
func which(names []string, holds func(string) bool) (found []string) {
	for _, name := range names {
		if holds(name) {
			found = append(found, name)
		}
	}
	return found
}

// checkMixed refuses old parameters beside expressions, and placeholders without any.
func (r *request) checkMixed(operation string) error {
	accept := operationAccepts[operation]
	expressions := which(accept.expressions, func(name string) bool { return r.expression(name) != nil })
	old := which(accept.legacy, func(name string) bool {
		return r.legacy.has(name) && (name != "KeyConditions" || r.KeyConditionExpression != nil || len(expressions) == 0)
	})
	if len(old) > 0 && len(expressions) > 0 {
		return invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}",
			strings.Join(old, ", "), strings.Join(expressions, ", "))
	}
	if r.ExpressionAttributeNames != nil && len(expressions) == 0 {
		return invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	if r.ExpressionAttributeValues == nil {
		return nil
	}
	withValues := func(name string) bool { return name != "ProjectionExpression" }
	if able := which(accept.expressions, withValues); len(able) > 0 && len(which(expressions, withValues)) == 0 {
		is := map[bool]string{true: "are", false: "is"}[len(able) > 1]
		return invalid("ExpressionAttributeValues can only be specified when using expressions: %s %s null", strings.Join(able, " and "), is)
	}
	return nil
}

// checkPlaceholders refuses names and values of placeholders that cannot be.
func (r *request) checkPlaceholders() error {
	if err := checkKeys("ExpressionAttributeNames", "#", r.ExpressionAttributeNames); err != nil {
		return err
	}
	if err := checkKeys("ExpressionAttributeValues", ":", r.ExpressionAttributeValues); err != nil {
		return err
	}
	for _, name := range r.ExpressionAttributeNames {
		if err := checkName(name); err != nil {
			return err
		}
	}
	for key, v := range r.ExpressionAttributeValues {
		if err := v.Check(); err != nil {
			return invalid("ExpressionAttributeValues contains invalid value: %s for key %s", err, key)
		}
		if v.Depth() >= maxDepth {
			return checkItem(value.Item{key: v})
		}
	}
	return nil
}

// noPart tells whether a character can be no part of a placeholder.
func noPart(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func checkKeys[V any](parameter, first string, m map[string]V) error {
	if m != nil && len(m) == 0 {
		return invalid("%s must not be empty", parameter)
	}
	for key := range m {
		if rest, ok := strings.CutPrefix(key, first); !ok || rest == "" || strings.ContainsFunc(rest, noPart) {
			return invalid("%s contains invalid key: Syntax error; key: %q", parameter, key)
		}
	}
	return nil
}

// compile parses and binds a request's expressions, or translates the old parameters.
func (s *Server) compile(operation string, r *request) (c compiled, err error) {
	if c, err = r.legacy.compile(); err != nil {
		return c, err
	}
	if err := r.checkPlaceholders(); err != nil {
		return c, err
	}
	b := expression.Binder{Cache: &s.cache, Names: r.ExpressionAttributeNames, Values: r.ExpressionAttributeValues}
	for _, name := range operationAccepts[operation].expressions {
		source := r.expression(name)
		if source == nil {
			continue
		}
		switch name {
		case "UpdateExpression":
			c.update, err = b.Update(*source)
		case "ConditionExpression":
			c.condition, err = b.Condition(name, *source)
		case "FilterExpression":
			c.filter, err = b.Condition(name, *source)
		case "ProjectionExpression":
			c.projection, err = b.Projection(*source)
		case "KeyConditionExpression":
			c.keys, err = b.KeyConditions(*source)
		}
		if err != nil {
			return c, err
		}
	}
	return c, b.Unused()
}
