package dynamodb_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// invalidItems are items in JSON, and the messages with which DynamoDB refuses them. The table has the
// key id and an index with the key kind. paritysuite/dynamodb-conformance recorded the messages on AWS.
var invalidItems = map[string]struct{ item, message string }{
	"without its key":                           {`{"n":{"N":"1"}}`, "One or more parameter values were invalid: Missing the key id in the item"},
	"with a key of another type":                {`{"id":{"N":"1"}}`, "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N"},
	"with an empty key":                         {`{"id":{"S":""}}`, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id"},
	"with an invalid number":                    {`{"id":{"S":"1"},"n":{"N":"abc"}}`, "The parameter cannot be converted to a numeric value: abc"},
	"with a number in words":                    {`{"id":{"S":"1"},"n":{"N":"Infinity"}}`, "The parameter cannot be converted to a numeric value: Infinity"},
	"with an invalid number in a list in a map": {`{"id":{"S":"1"},"m":{"M":{"l":{"L":[{"N":"0x1"}]}}}}`, "The parameter cannot be converted to a numeric value: 0x1"},
	"with an invalid number in a set":           {`{"id":{"S":"1"},"n":{"NS":["1",""]}}`, "The parameter cannot be converted to a numeric value: "},
	"with an empty set":                         {`{"id":{"S":"1"},"n":{"SS":[]}}`, "One or more parameter values were invalid: An string set  may not be empty"},
	"with a null that is false":                 {`{"id":{"S":"1"},"n":{"NULL":false}}`, "One or more parameter values were invalid: Null attribute value types must have the value of true"},
	"with a value without a type":               {`{"id":{"S":"1"},"n":{}}`, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
	"with an index key of another type":         {`{"id":{"S":"1"},"kind":{"N":"1"}}`, "One or more parameter values were invalid: Type mismatch for Index Key kind Expected: S Actual: N IndexName: Kinds"},
	"of more than 400 KB":                       {`{"id":{"S":"1"},"a":{"S":"` + strings.Repeat("x", 400<<10-3) + `"}}`, "Item size has exceeded the maximum allowed size"},
}

// putting lists a request of each operation that can put an item.
var putting = map[string]string{
	"PutItem":            `{"TableName":"Records","Item":%s}`,
	"BatchWriteItem":     `{"RequestItems":{"Records":[{"PutRequest":{"Item":{"id":{"S":"0"}}}},{"PutRequest":{"Item":%s}}]}}`,
	"TransactWriteItems": `{"TransactItems":[{"Put":{"TableName":"Records","Item":{"id":{"S":"0"}}}},{"Put":{"TableName":"Records","Item":%s}}]}`,
}

// cancelling reports whether a fault cancels a transaction. Other faults refuse the request at once.
// DynamoDB compares keys with the table's schema only when the transaction runs.
// paritysuite/dynamodb-conformance recorded this on AWS (error-messages/transactGetItems and
// transactIndexKeys).
func cancelling(message string) bool {
	return strings.Contains(message, "Missing the key") || strings.Contains(message, "Type mismatch") || strings.Contains(message, "match the schema")
}

// wantCancelled fails the test unless the transaction is cancelled with these reason codes, and the
// last reason has the message.
func wantCancelled(t *testing.T, server http.Handler, operation, body, codes, message string) {
	t.Helper()
	got := post(t, server, operation, body).Body.String()
	for _, want := range []string{"#TransactionCanceledException", "specific reasons " + codes, `"Message":"` + message + `"}]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s %.200s: answered %s, want it to have %s", operation, body, got, want)
		}
	}
}

const indexed = `{"TableName":"Records","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
	"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"kind","AttributeType":"S"}],
	"GlobalSecondaryIndexes":[{"IndexName":"Kinds","KeySchema":[{"AttributeName":"kind","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}`

func TestAnInvalidItemIsRefusedAndNothingIsStored(t *testing.T) {
	for name, test := range invalidItems {
		t.Run(name, func(t *testing.T) {
			for operation, body := range putting {
				server := dynamodbserver.New("us-east-1", "000000000000")
				post(t, server, "CreateTable", indexed)
				if operation == "BatchWriteItem" && (strings.Contains(test.message, "Missing the key") || strings.Contains(test.message, "mismatch for key")) {
					// LocalStack's test_batch_write_not_matching_schema and dynalite recorded this on AWS.
					wantRefusal(t, server, operation, fmt.Sprintf(body, test.item), "ValidationException", "The provided key element does not match the schema")
				} else if operation == "TransactWriteItems" && cancelling(test.message) {
					wantCancelled(t, server, operation, fmt.Sprintf(body, test.item), "[None, ValidationError]", test.message)
				} else {
					wantRefusal(t, server, operation, fmt.Sprintf(body, test.item), "ValidationException", test.message)
				}
				if got := post(t, server, "Scan", `{"TableName":"Records","Select":"COUNT"}`).Body.String(); !strings.Contains(got, `"Count":0`) {
					t.Errorf("%s stored something: %s", operation, got)
				}
			}
		})
	}
}

func TestAnItemOf400KBIsStored(t *testing.T) {
	put(t, newTable(t), "Records", item{"id": text("1"), "a": text(strings.Repeat("x", 400<<10-4))})
}

// invalidKeys are keys in JSON, and the messages with which DynamoDB refuses them. The table has the
// key id.
var invalidKeys = map[string]struct{ key, message string }{
	"of another name":  {`{"kind":{"S":"1"}}`, "The provided key element does not match the schema"},
	"of another type":  {`{"id":{"N":"1"}}`, "The provided key element does not match the schema"},
	"with more":        {`{"id":{"S":"1"},"kind":{"S":"1"}}`, "The provided key element does not match the schema"},
	"without anything": {`{}`, "The provided key element does not match the schema"},
	"that is null":     {`{"id":null}`, "The provided key element does not match the schema"},
	"that is empty":    {`{"id":{"S":""}}`, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id"},
}

func TestAnInvalidKeyIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	for name, test := range invalidKeys {
		t.Run(name, func(t *testing.T) {
			for operation, body := range map[string]string{
				"GetItem":            `{"TableName":"Records","Key":%s}`,
				"DeleteItem":         `{"TableName":"Records","Key":%s}`,
				"UpdateItem":         `{"TableName":"Records","Key":%s}`,
				"BatchGetItem":       `{"RequestItems":{"Records":{"Keys":[%s]}}}`,
				"BatchWriteItem":     `{"RequestItems":{"Records":[{"DeleteRequest":{"Key":%s}}]}}`,
				"TransactGetItems":   `{"TransactItems":[{"Get":{"TableName":"Records","Key":%s}}]}`,
				"TransactWriteItems": `{"TransactItems":[{"Delete":{"TableName":"Records","Key":%s}}]}`,
			} {
				if strings.HasPrefix(operation, "Transact") && cancelling(test.message) {
					wantCancelled(t, server, operation, fmt.Sprintf(body, test.key), "[ValidationError]", test.message)
				} else {
					wantRefusal(t, server, operation, fmt.Sprintf(body, test.key), "ValidationException", test.message)
				}
			}
		})
	}
}

func TestAnUpdateWithAnInvalidNumberIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	update := `"TableName":"Records","Key":{"id":{"S":"1"}},"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"N":"abc"}}`
	const want = "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: abc for key :n"
	wantRefusal(t, server, "UpdateItem", `{`+update+`}`, "ValidationException", want)
	wantRefusal(t, server, "TransactWriteItems", `{"TransactItems":[{"Update":{`+update+`}}]}`, "ValidationException", want)
}
