package dynamodb_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

// numbered returns n keys, with the ids 0, 1, 2, ….
func numbered(n int) (keys []item) {
	for i := range n {
		keys = append(keys, item{"id": text(strconv.Itoa(i))})
	}
	return keys
}

func pair(id, kind string) item { return item{"kind": text(kind), "id": text(id)} }

// batches are requests for items of some tables. Each table holds the items 0 and 1, both of kind a.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
var batches = map[string]struct {
	requests map[string][]item
	found    int
	refused  string // a part of the error message, or ""
}{
	"returns what there is": {map[string][]item{"Records": numbered(3)}, 2, ""},
	"takes a hundred keys":  {map[string][]item{"Records": numbered(100)}, 2, ""},
	// paritysuite/dynamodb-conformance recorded this message on AWS (error-messages/batchGetItem).
	"refuses more":                       {map[string][]item{"Records": numbered(101)}, 0, "Member must have length less than or equal to 100"},
	"refuses more in several tables":     {map[string][]item{"Records": numbered(60), "Birds": numbered(60)}, 0, "Too many items"},
	"refuses a key that is there twice":  {map[string][]item{"Records": append(numbered(5), numbered(1)...)}, 0, "duplicates"},
	"takes a key once in each table":     {map[string][]item{"Records": numbered(1), "Birds": numbered(1)}, 2, ""},
	"takes pairs that share a part":      {map[string][]item{"Pairs": {pair("1", "a"), pair("1", "b"), pair("2", "a")}}, 1, ""},
	"refuses a pair that is there twice": {map[string][]item{"Pairs": {pair("1", "a"), pair("1", "b"), pair("1", "a")}}, 0, "duplicates"},
}

func TestBatchGetItem(t *testing.T) {
	for name, test := range batches {
		t.Run(name, func(t *testing.T) {
			client := newClient()
			in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{}}
			for table, keys := range map[string][]string{"Records": {"id"}, "Birds": {"id"}, "Pairs": {"id", "kind"}} {
				createTable(t, client, table, keys...)
				put(t, client, table, pair("0", "a"))
				put(t, client, table, pair("1", "a"))
				if keys := test.requests[table]; keys != nil {
					in.RequestItems[table] = types.KeysAndAttributes{Keys: keys}
				}
			}
			out, err := client.BatchGetItem(t.Context(), in)
			if test.refused != "" {
				var refusal smithy.APIError
				if !errors.As(err, &refusal) || refusal.ErrorCode() != "ValidationException" || !strings.Contains(refusal.ErrorMessage(), test.refused) {
					t.Errorf("got %v, want a ValidationException that says %q", err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, items := range out.Responses {
				found += len(items)
			}
			if found != test.found {
				t.Errorf("found %d items, want %d", found, test.found)
			}
		})
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
func TestABatchThatWritesAKeyTwiceIsRefused(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	wantRefusal(t, server, "BatchWriteItem", `{"RequestItems":{"Records":[{"PutRequest":{"Item":{"id":{"S":"1"},"n":{"N":"1"}}}},{"DeleteRequest":{"Key":{"id":{"S":"1"}}}}]}}`,
		"ValidationException", "Provided list of item keys contains duplicates")
}

// Some clients need these members in every answer. The SDK for Go does not.
func TestABatchAnswersWithAnEmptyListOfUnprocessedItems(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	for operation, test := range map[string]struct{ body, want string }{
		"BatchGetItem":   {`{"RequestItems":{"Records":{"Keys":[{"id":{"S":"1"}}]}}}`, `{"Responses":{"Records":[]},"UnprocessedKeys":{}}`},
		"BatchWriteItem": {`{"RequestItems":{"Records":[{"DeleteRequest":{"Key":{"id":{"S":"1"}}}}]}}`, `{"UnprocessedItems":{}}`},
	} {
		if got := post(t, server, operation, test.body).Body.String(); got != test.want {
			t.Errorf("%s: answered %s, want %s", operation, got, test.want)
		}
	}
}

func TestACancelledTransactionHasAReasonForEachWrite(t *testing.T) {
	client := newTable(t, abc)
	never := aws.String("attribute_not_exists(id)")
	table, key := aws.String("Records"), item{"id": text("1")}
	for name, write := range map[string]types.TransactWriteItem{
		"Put":            {Put: &types.Put{TableName: table, Item: key, ConditionExpression: never, ReturnValuesOnConditionCheckFailure: "ALL_OLD"}},
		"Update":         {Update: &types.Update{TableName: table, Key: key, UpdateExpression: aws.String("REMOVE a"), ConditionExpression: never, ReturnValuesOnConditionCheckFailure: "ALL_OLD"}},
		"Delete":         {Delete: &types.Delete{TableName: table, Key: key, ConditionExpression: never, ReturnValuesOnConditionCheckFailure: "ALL_OLD"}},
		"ConditionCheck": {ConditionCheck: &types.ConditionCheck{TableName: table, Key: key, ConditionExpression: never, ReturnValuesOnConditionCheckFailure: "ALL_OLD"}},
	} {
		_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table, Item: item{"id": text("2")}}}, write,
		}})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			t.Fatalf("%s: got %v, want TransactionCanceledException", name, err)
		}
		if !strings.HasSuffix(*cancelled.Message, "[None, ConditionalCheckFailed]") {
			t.Errorf("%s: message %s", name, *cancelled.Message)
		}
		if diff := cmp.Diff(abc, cancelled.CancellationReasons[1].Item, equalItems); diff != "" {
			t.Errorf("%s: old item (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnUpdateInATransactionRemovesAttributes(t *testing.T) {
	client := newTable(t, abc)
	_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: aws.String("REMOVE a, c")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := item{"id": text("1"), "b": text("B")}
	if diff := cmp.Diff(want, get(t.Context(), t, client, "Records", item{"id": text("1")}), equalItems); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

// "real AWS rejects the request as a whole for mixing expression and non-expression projection across tables":
// https://github.com/paritysuite/dynamodb-conformance (error-messages/batchGetItem), https://github.com/nubo-db/dynoxide/pull/127
func TestABatchCannotMixProjectionsAcrossTables(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	post(t, server, "CreateTable", tableR)
	wantRefusal(t, server, "BatchGetItem", `{"RequestItems":{"Ttt":{"Keys":[{"pk":{"S":"a"}}],"ProjectionExpression":"pk"},`+
		`"Rrr":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"AttributesToGet":["pk"]}}}`, "ValidationException",
		"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}")
}
