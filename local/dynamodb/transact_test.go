package dynamodb_test

import (
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// "If the requested item has no projected attributes, the corresponding ItemResponse object is an empty Map":
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html. Seen on AWS: Responses is [{}].
// https://github.com/ExtendDB/extenddb/issues/74, https://github.com/nubo-db/dynoxide/issues/53 (GetItem and BatchGetItem
// differ: there it is {"Item":{}}), https://github.com/getmoto/moto/pull/3420
func TestATransactionOmitsAnItemOfWhichNothingIsProjected(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	post(t, server, "PutItem", `{"TableName":"Ttt","Item":{"pk":{"S":"a"}}}`)
	got := post(t, server, "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"Ttt","Key":{"pk":{"S":"a"}},"ProjectionExpression":"absent"}}]}`).Body.String()
	if want := `{"Responses":[{}]}`; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

// A part of a transaction may have names or values without an expression; a request for one item may not.
// https://github.com/ExtendDB/extenddb/pull/169 ("Amazon DynamoDB accepts a Put/Delete/Get sub-operation that declares names
// or values but has no condition, update, or projection") and tests/test_transact_expression_validation.py there:
// "Every expected message was captured from Amazon DynamoDB"
func TestATransactionTakesPlaceholdersWithoutAnExpression(t *testing.T) {
	const names, values = `,"ExpressionAttributeNames":{"#n":"foo"}`, `,"ExpressionAttributeValues":{":v":{"N":"1"}}`
	for name, c := range map[string]struct{ operation, part, want string }{
		"put, names":     {"TransactWriteItems", `"Put":{"TableName":"Ttt","Item":{"pk":{"S":"b"}}` + names + `}`, "{}"},
		"put, values":    {"TransactWriteItems", `"Put":{"TableName":"Ttt","Item":{"pk":{"S":"b"}}` + values + `}`, "{}"},
		"delete, names":  {"TransactWriteItems", `"Delete":{"TableName":"Ttt","Key":{"pk":{"S":"a"}}` + names + `}`, "{}"},
		"delete, values": {"TransactWriteItems", `"Delete":{"TableName":"Ttt","Key":{"pk":{"S":"a"}}` + values + `}`, "{}"},
		"get, names":     {"TransactGetItems", `"Get":{"TableName":"Ttt","Key":{"pk":{"S":"a"}}` + names + `}`, `{"Responses":[{"Item":{"pk":{"S":"a"}}}]}`},
	} {
		server := dynamodbserver.New("us-east-1", "000000000000")
		post(t, server, "CreateTable", tableT)
		post(t, server, "PutItem", `{"TableName":"Ttt","Item":{"pk":{"S":"a"}}}`)
		if got := post(t, server, c.operation, `{"TransactItems":[{`+c.part+`}]}`).Body.String(); got != c.want {
			t.Errorf("%s: answered %s, want %s", name, got, c.want)
		}
	}
}
