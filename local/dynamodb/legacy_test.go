package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// legacies are requests with a parameter of the time before expressions, and what to use.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
var legacies = []struct{ operation, body, parameter, instead string }{
	{"PutItem", `"Item":{"id":{"S":"1"}},"Expected":{"id":{"Exists":false}}`, "Expected", "ConditionExpression"},
	{"DeleteItem", `"Key":{"id":{"S":"1"}},"Expected":{"id":{"Exists":false}}`, "Expected", "ConditionExpression"},
	{"UpdateItem", `"Key":{"id":{"S":"1"}},"Expected":{"id":{"Exists":false}}`, "Expected", "ConditionExpression"},
	{"UpdateItem", `"Key":{"id":{"S":"1"}},"AttributeUpdates":{"kind":{"Action":"DELETE"}}`, "AttributeUpdates", "UpdateExpression"},
	{"GetItem", `"Key":{"id":{"S":"1"}},"AttributesToGet":["kind"]`, "AttributesToGet", "ProjectionExpression"},
	{"Query", `"KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"1"}]}}`, "KeyConditions", "KeyConditionExpression"},
	{"Query", `"QueryFilter":{"kind":{"ComparisonOperator":"NULL"}}`, "QueryFilter", "FilterExpression"},
	{"Query", `"AttributesToGet":["kind"]`, "AttributesToGet", "ProjectionExpression"},
	{"Scan", `"ScanFilter":{"kind":{"ComparisonOperator":"NULL"}}`, "ScanFilter", "FilterExpression"},
	{"Scan", `"AttributesToGet":["kind"]`, "AttributesToGet", "ProjectionExpression"},
}

func TestAnOldParameterIsRefusedAndNotIgnored(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	post(t, server, "PutItem", `{"TableName":"Flowers","Item":{"id":{"S":"1"},"kind":{"S":"rose"}}}`)
	for _, request := range legacies {
		want := fmt.Sprintf("the old parameter %s is not supported here, use %s", request.parameter, request.instead)
		wantRefusal(t, server, request.operation, `{"TableName":"Flowers",`+request.body+`}`, "ValidationException", want)
	}
	wantRefusal(t, server, "BatchGetItem", `{"RequestItems":{"Flowers":{"Keys":[{"id":{"S":"1"}}],"AttributesToGet":["kind"]}}}`,
		"ValidationException", "the old parameter AttributesToGet is not supported here, use ProjectionExpression")
	if got := post(t, server, "GetItem", `{"TableName":"Flowers","Key":{"id":{"S":"1"}}}`).Body.String(); !strings.Contains(got, "rose") {
		t.Errorf("the item is now %s", got)
	}
}
