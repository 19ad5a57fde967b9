package dynamodb_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html#DDB-PutItem-request-ReturnValues
func TestAPutReturnsTheOldItemWhenAsked(t *testing.T) {
	for name, test := range map[string]struct {
		id   string
		ask  types.ReturnValue
		want item
	}{
		"all of it":                 {"1", types.ReturnValueAllOld, abc},
		"no item if there was none": {"2", types.ReturnValueAllOld, nil},
		"not with NONE":             {"1", types.ReturnValueNone, nil},
		"not without the parameter": {"1", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := newTable(t, abc)
			out, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
				TableName: aws.String("Records"), Item: item{"id": text(test.id), "a": text("new")}, ReturnValues: test.ask,
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.Attributes, equalItems); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	for operation, body := range map[string]string{
		"PutItem":    `{"TableName":"Records","Item":{"id":{"S":"1"}},"ReturnValues":"ALL_NEW"}`,
		"DeleteItem": `{"TableName":"Records","Key":{"id":{"S":"1"}},"ReturnValues":"UPDATED_OLD"}`,
	} {
		wantRefusal(t, server, operation, body, "ValidationException", "ReturnValues can only be ALL_OLD or NONE")
	}
}

// The item has 8 bytes and the text. Its entry in a local index has as many, or 7 if the index has only keys.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
func TestAnItemCountsWithItsEntriesInLocalIndexes(t *testing.T) {
	for name, test := range map[string]struct {
		projection, attribute string
		longest               int
	}{
		"all of the item":            {"ALL", "m", 200<<10 - 8},
		"its keys":                   {"KEYS_ONLY", "m", 400<<10 - 8 - 7},
		"an item that has no entry":  {"ALL", "k", 400<<10 - 8},
		"an index that is not local": {"", "m", 400<<10 - 8},
	} {
		index := fmt.Sprintf(`"LocalSecondaryIndexes":[{"IndexName":"byM","KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"m","KeyType":"RANGE"}],"Projection":{"ProjectionType":%q}}]`, test.projection)
		if test.projection == "" {
			index = `"GlobalSecondaryIndexes":[{"IndexName":"ofM","KeySchema":[{"AttributeName":"m","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]`
		}
		for _, call := range []struct{ operation, body, message string }{
			{"PutItem", `{"TableName":"Records","Item":{"id":{"S":"1"},"n":{"S":"1"},%q:{"S":"1"},"a":{"S":%q}}}`, "Item size has exceeded the maximum allowed size"},
			{"BatchWriteItem", `{"RequestItems":{"Records":[{"PutRequest":{"Item":{"id":{"S":"1"},"n":{"S":"1"},%q:{"S":"1"},"a":{"S":%q}}}}]}}`, "Item size has exceeded the maximum allowed size"},
			{"ExecuteStatement", `{"Statement":"INSERT INTO Records VALUE {'id': '1', 'n': '1', '%s': '1', 'a': ?}","Parameters":[{"S":%q}]}`, "Item size has exceeded the maximum allowed size"},
			{"UpdateItem", `{"TableName":"Records","Key":{"id":{"S":"1"},"n":{"S":"1"}},"AttributeUpdates":{%q:{"Value":{"S":"1"}},"a":{"Value":{"S":%q}}}}`, "Item size to update has exceeded the maximum allowed size"},
		} {
			server := dynamodbserver.New("us-east-1", "000000000000")
			post(t, server, "CreateTable", `{"TableName":"Records","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
				"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"n","AttributeType":"S"},{"AttributeName":"m","AttributeType":"S"}],`+index+`}`)
			wantRefusal(t, server, call.operation, fmt.Sprintf(call.body, test.attribute, strings.Repeat("x", test.longest+1)), "ValidationException", call.message)
			if w := post(t, server, call.operation, fmt.Sprintf(call.body, test.attribute, strings.Repeat("x", test.longest))); w.Code != http.StatusOK {
				t.Errorf("%s, %s: answered %d %s", name, call.operation, w.Code, w.Body)
			}
		}
	}
}
