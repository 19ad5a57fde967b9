package dynamodb_test

import (
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// legacies are requests with a parameter that DynamoDB had before expressions, and their answers.
// The table holds the item 1, which is a rock and has n 2, and the item 2, which has a list.
// dynalite's tests recorded the error messages on AWS, and https://github.com/paritysuite/dynamodb-conformance that about one
// condition (validation-ordering/deepRequests).
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
var legacies = map[string]struct{ operation, body, want string }{
	"a key condition":              {"Query", `"KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"1"}]}},"AttributesToGet":["kind"]`, `{"Items":[{"kind":{"S":"rock"}}],"Count":1,"ScannedCount":1}`},
	"a key condition and a filter": {"Query", `"KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"1"}]}},"QueryFilter":{"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"2"}]}}`, `{"Items":[],"Count":0,"ScannedCount":1}`},
	"a key condition that no index can look up": {
		"Query", `"KeyConditions":{"id":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"1"}]}}`,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"Attempted conditional constraint is not an indexable operation"}`,
	},
	"a filter for an existing attribute":        {"Scan", `"ScanFilter":{"kind":{"ComparisonOperator":"NOT_NULL"}},"Select":"COUNT"`, `{"Count":1,"ScannedCount":2}`},
	"a filter for a missing attribute":          {"Scan", `"ScanFilter":{"kind":{"ComparisonOperator":"NULL"}},"AttributesToGet":["id"]`, `{"Items":[{"id":{"S":"2"}}],"Count":1,"ScannedCount":2}`},
	"a filter for an element that a list lacks": {"Scan", `"ScanFilter":{"list":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"N":"7"}]}},"Select":"COUNT"`, `{"Count":1,"ScannedCount":2}`},
	"two filters joined with OR": {
		"Scan", `"ScanFilter":{"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"2"}]},"id":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"2"},{"S":"3"}]}},"ConditionalOperator":"OR","Select":"COUNT"`,
		`{"Count":2,"ScannedCount":2}`,
	},
	"a filter with too many operands": {
		"Scan", `"ScanFilter":{"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"1"},{"N":"2"}]}}`,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"One or more parameter values were invalid: Invalid number of argument(s) for the GT ComparisonOperator"}`,
	},
	"an invalid ConditionalOperator": {
		"Query", `"KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"1"}]}},"QueryFilter":{"b":{"ComparisonOperator":"NULL"},"c":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"XOR","Select":"BOGUS"`,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"}`,
	},
	"an invalid ConditionalOperator, and more": {
		"UpdateItem", `"Expected":{"a":{"Exists":false},"b":{"Exists":false}},"ConditionalOperator":"XOR"`,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"2 validation errors detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]; ` +
			`Value null at 'key' failed to satisfy constraint: Member must not be null"}`,
	},
	"a ConditionalOperator for one condition": {
		"Scan", `"ScanFilter":{"kind":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"AND"`,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"ConditionalOperator can only be used when Filter or Expected has two or more elements"}`,
	},
	"attributes to get":            {"GetItem", `"Key":{"id":{"S":"1"}},"AttributesToGet":["kind","none"]`, `{"Item":{"kind":{"S":"rock"}}}`},
	"a put that must be new":       {"PutItem", `"Item":{"id":{"S":"1"}},"Expected":{"id":{"Exists":false}}`, conditionFailed},
	"a deletion of what is so":     {"DeleteItem", `"Key":{"id":{"S":"1"}},"Expected":{"n":{"Value":{"N":"2.0"}}},"ReturnValues":"ALL_OLD"`, `{"Attributes":{"id":{"S":"1"},"kind":{"S":"rock"},"n":{"N":"2"}}}`},
	"a deletion of what is not so": {"DeleteItem", `"Key":{"id":{"S":"1"}},"Expected":{"n":{"Value":{"N":"3"}}}`, conditionFailed},
	"an update that adds":          {"UpdateItem", `"Key":{"id":{"S":"1"}},"AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"0.5"}}},"ReturnValues":"UPDATED_NEW"`, `{"Attributes":{"n":{"N":"2.5"}}}`},
	"an update that appends":       {"UpdateItem", `"Key":{"id":{"S":"2"}},"AttributeUpdates":{"list":{"Action":"ADD","Value":{"L":[{"N":"8"}]}}},"ReturnValues":"UPDATED_NEW"`, `{"Attributes":{"list":{"L":[{"N":"1"},{"N":"8"}]}}}`},
	"an update that deletes":       {"UpdateItem", `"Key":{"id":{"S":"1"}},"AttributeUpdates":{"kind":{"Action":"DELETE"},"n":{"Value":{"N":"9"}}},"ReturnValues":"ALL_NEW"`, `{"Attributes":{"id":{"S":"1"},"n":{"N":"9"}}}`},
	"an update of nothing": {
		"UpdateItem", `"Key":{"id":{"S":"1"}},"AttributeUpdates":{"kind":{"Action":"PUT"}}`,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"}`,
	},
}

const conditionFailed = `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`

func TestAnOldParameterMeansWhatAnExpressionMeans(t *testing.T) {
	for name, request := range legacies {
		t.Run(name, func(t *testing.T) {
			server := dynamodbserver.New("us-east-1", "000000000000")
			post(t, server, "CreateTable", table)
			post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"},"kind":{"S":"rock"},"n":{"N":"2"}}}`)
			post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"2"},"list":{"L":[{"N":"1"}]}}}`)
			if got := post(t, server, request.operation, `{"TableName":"Records",`+request.body+`}`).Body.String(); got != request.want {
				t.Errorf("%s %s: answered\n%s, want\n%s", request.operation, request.body, got, request.want)
			}
		})
	}
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"},"kind":{"S":"rock"},"n":{"N":"2"}}}`)
	want := `{"Responses":{"Records":[{"kind":{"S":"rock"}}]},"UnprocessedKeys":{}}`
	if got := post(t, server, "BatchGetItem", `{"RequestItems":{"Records":{"Keys":[{"id":{"S":"1"}}],"AttributesToGet":["kind"]}}}`).Body.String(); got != want {
		t.Errorf("BatchGetItem answered %s, want %s", got, want)
	}
}
