package dynamodb

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// request is the input of every operation on items. It is also one entry of a batch or a
// transaction. An operation reads only the members that it knows.
type request struct {
	TableName, IndexName *string
	Key, Item            value.Item
	Keys                 []value.Item

	Expressions               map[string]string // by parameter, such as FilterExpression: see UnmarshalJSON
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues value.Item

	ReturnValues, ReturnValuesOnConditionCheckFailure, Select string
	Limit, Segment, TotalSegments                             *int
	ExclusiveStartKey                                         value.Item
	ConsistentRead                                            bool
	ScanIndexForward                                          *bool

	returning
	legacy

	inTransaction bool // it is one entry of TransactGetItems or TransactWriteItems
}

// has reports whether the request has this expression or old parameter.
func (r *request) has(parameter string) bool {
	switch parameter {
	case "AttributesToGet":
		return r.AttributesToGet != nil
	case "AttributeUpdates":
		return r.AttributeUpdates != nil
	case "ConditionalOperator":
		return r.ConditionalOperator != ""
	}
	_, isExpression := r.Expressions[parameter]
	return isExpression || r.Conditions[parameter] != nil
}

// violations returns the constraints of the API's model that the request violates.
func (r *request) violations(operation string) violations {
	v := r.returning.violations()
	name := r.TableName
	if name != nil && strings.HasPrefix(*name, "arn:") {
		name = new((*name)[strings.LastIndexByte(*name, '/')+1:])
	}
	if name != nil && *name == "" { // DynamoDB then reports no other violation
		v = nil
		v.name(name, "tableName", 1)
		return v
	}
	v.name(name, "tableName", 3)
	switch operation {
	case "Query", "Scan":
		if r.IndexName != nil {
			v.name(r.IndexName, "indexName", 3)
		}
		v.enum(r.Select, "select", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
		if operation == "Query" && r.Limit != nil && *r.Limit < 1 { // AWS words this one differently
			v = append(v, "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1")
		} else {
			number(&v, r.Limit, "limit", 1, math.MaxInt)
		}
		number(&v, r.Segment, "segment", 0, math.MaxInt)
		number(&v, r.TotalSegments, "totalSegments", 1, 1_000_000)
	default:
		v.need(r.Item != nil || operation != "PutItem", "item")
		v.enum(r.ReturnValues, "returnValues", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
		v.enum(r.ReturnValuesOnConditionCheckFailure, "returnValuesOnConditionCheckFailure", "ALL_OLD", "NONE")
		v.need(r.has("ConditionExpression") || operation != "ConditionCheck", "conditionExpression")
	}
	r.legacy.violations(&v)
	v.need(r.Key != nil || operation == "PutItem" || operation == "Query" || operation == "Scan", "key")
	return v
}

// wrongOperator is the message for an invalid ConditionalOperator in a Query, or in a request where nothing else is wrong.
// Among other violations AWS uses other words: paritysuite/dynamodb-conformance recorded that (validation-ordering/query
// and updateItem).
const wrongOperator = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"

// check refuses a request that would be invalid for every table.
func (r *request) check(operation string) {
	v := r.violations(operation)
	forbid(!slices.Contains([]string{"", "AND", "OR"}, r.ConditionalOperator) && (operation == "Query" || len(v) == 1), wrongOperator)
	v.end()
	r.checkMixed(operation)
	forbid((operation == "PutItem" || operation == "DeleteItem") && !slices.Contains([]string{"", "NONE", "ALL_OLD"}, r.ReturnValues),
		"ReturnValues can only be ALL_OLD or NONE")
	if len(r.Keys) > 0 {
		checkKeysOfBatch(r.Keys)
	}
	checkItem(r.Key)
	checkItem(r.Item)
}

func checkKeysOfBatch(keys []value.Item) {
	seen := make(map[value.Stored]bool, len(keys))
	for _, key := range keys {
		checkItem(key)
		stored := key.Store()
		forbid(seen[stored], twiceInBatch)
		seen[stored] = true
	}
}

// maxDepth is the largest depth of nested lists and maps. The attribute itself counts as one level.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes
const maxDepth = 32

func checkItem(item value.Item) {
	refuse(item.Check())
	for name, v := range item {
		checkName(name)
		checkDepth(v)
	}
}

func checkDepth(v value.Value) {
	forbid((v.Kind == value.L || v.Kind == value.M) && v.Depth() >= maxDepth,
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
}

// checkName refuses an invalid name of an attribute.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes
func checkName(name string) {
	forbid(name == "", wrongValue+"Empty attribute name")
	forbid(len(name) > 65535, wrongValue+"Attribute name is too large, must be less than 65536 bytes")
}

// accepted lists, for each operation, the expressions and the old parameters that it accepts.
var accepted = map[string]struct{ expressions, legacy []string }{
	"PutItem":        {[]string{"ConditionExpression"}, []string{"Expected", "ConditionalOperator"}},
	"DeleteItem":     {[]string{"ConditionExpression"}, []string{"Expected", "ConditionalOperator"}},
	"UpdateItem":     {[]string{"UpdateExpression", "ConditionExpression"}, []string{"AttributeUpdates", "Expected", "ConditionalOperator"}},
	"ConditionCheck": {[]string{"ConditionExpression"}, nil},
	"GetItem":        {[]string{"ProjectionExpression"}, []string{"AttributesToGet"}},
	"Query": {[]string{"ProjectionExpression", "FilterExpression", "KeyConditionExpression"},
		[]string{"AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"}},
	"Scan": {[]string{"ProjectionExpression", "FilterExpression"}, []string{"AttributesToGet", "ScanFilter", "ConditionalOperator"}},
}

// compiled holds the syntax trees of a request's expressions or old parameters.
type compiled struct {
	condition  *expression.Node
	filter     *expression.Node
	update     expression.Update
	keys       map[string]expression.KeyCondition
	projection []expression.Path // nil means all attributes
}

// compile parses a request's expressions and fills in their placeholders, or translates the old parameters.
func (s *Server) compile(operation string, r *request) compiled {
	c := r.legacy.compile()
	r.checkPlaceholders()
	b := expression.Binder{Cache: &s.cache, Names: r.ExpressionAttributeNames, Values: r.ExpressionAttributeValues}
	for _, name := range accepted[operation].expressions {
		source, ok := r.Expressions[name]
		if !ok {
			continue
		}
		switch name {
		case "UpdateExpression":
			c.update = must(b.Update(source))
		case "ConditionExpression":
			c.condition = must(b.Condition(name, source))
		case "FilterExpression":
			c.filter = must(b.Condition(name, source))
		case "ProjectionExpression":
			c.projection = must(b.Projection(source))
		case "KeyConditionExpression":
			c.keys = must(b.KeyConditions(source))
		}
	}
	if !r.inTransaction || r.hasExpression(operation) {
		refuse(b.Unused())
	}
	return c
}

// filter returns the names for which keep is true.
func filter(names []string, keep func(string) bool) (found []string) {
	for _, name := range names {
		if keep(name) {
			found = append(found, name)
		}
	}
	return found
}

func (r *request) hasExpression(operation string) bool {
	return slices.ContainsFunc(accepted[operation].expressions, r.has)
}

const mixed = "Can not use both expression and non-expression parameters in the same request: " +
	"Non-expression parameters: {%s} Expression parameters: {%s}"

// checkMixed refuses a request that has both old parameters and expressions, and a request that has
// placeholders but no expression. In a transaction, DynamoDB accepts the latter, as ExtendDB's authors recorded (its pull
// request 169).
func (r *request) checkMixed(operation string) {
	able := accepted[operation].expressions
	given := filter(able, r.has)
	old := filter(accepted[operation].legacy, func(name string) bool {
		return r.has(name) && (name != "KeyConditions" || r.has("KeyConditionExpression") || len(given) == 0)
	})
	if len(old) > 0 {
		forbid(len(given) > 0, mixed, strings.Join(old, ", "), strings.Join(given, ", "))
	}
	if r.inTransaction && len(given) == 0 {
		return
	}
	forbid(r.ExpressionAttributeNames != nil && len(given) == 0, "ExpressionAttributeNames can only be specified when using expressions")
	withValues := func(name string) bool { return name != "ProjectionExpression" }
	if able = filter(able, withValues); r.ExpressionAttributeValues != nil && len(able) > 0 && len(filter(given, withValues)) == 0 {
		is := map[bool]string{true: "are", false: "is"}[len(able) > 1]
		panic(invalid("ExpressionAttributeValues can only be specified when using expressions: %s %s null", strings.Join(able, " and "), is))
	}
}

// maxPlaceholder is the largest number of bytes of a placeholder such as #name, and maxSubstitutions that of all
// placeholders of a request with what stands for them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const (
	maxPlaceholder   = 255
	maxSubstitutions = 2 << 20
)

// checkPlaceholders refuses invalid names and values of placeholders. The messages for too many bytes are those of
// AWS's DynamoDB Local.
func (r *request) checkPlaceholders() {
	const names, values = "ExpressionAttributeNames", "ExpressionAttributeValues"
	checkKeys(names, "#", r.ExpressionAttributeNames)
	checkKeys(values, ":", r.ExpressionAttributeValues)
	bytesOfNames, bytesOfValues := 0, 0
	for key, name := range r.ExpressionAttributeNames {
		if name == "" {
			panic(invalid("%s contains invalid value: Empty attribute name for key %s", names, key))
		}
		checkName(name)
		bytesOfNames += len(key) + len(name)
	}
	for key, v := range r.ExpressionAttributeValues {
		if err := v.Check(); err != nil {
			panic(invalid("%s contains invalid value: %s for key %s", values, err, key))
		}
		checkDepth(v)
		bytesOfValues += len(key) + v.Size()
	}
	forbid(bytesOfNames > maxSubstitutions, names+" exceeds max size")
	forbid(bytesOfValues > maxSubstitutions, values+" exceeds max size")
	forbid(bytesOfNames+bytesOfValues > maxSubstitutions, "Combined size of "+names+" and "+values+" exceeds max size")
}

const placeholderCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// checkKeys refuses invalid placeholders. AWS tells how long a name is, and does not tell how long a value is:
// ExtendDB's tests recorded that.
func checkKeys[V any](parameter, first string, m map[string]V) {
	if m == nil {
		return
	}
	forbid(len(m) == 0, "%s must not be empty", parameter)
	for key := range m {
		if len(key) > maxPlaceholder {
			size := ""
			if first == "#" {
				size = fmt.Sprintf(" size of key: %d", len(key))
			}
			panic(invalid("%s contains invalid key: The expression attribute map contains a key that is too long;%s", parameter, size))
		}
		if rest, ok := strings.CutPrefix(key, first); !ok || rest == "" || strings.Trim(rest, placeholderCharacters) != "" {
			panic(invalid("%s contains invalid key: Syntax error; key: %q", parameter, key))
		}
	}
}
