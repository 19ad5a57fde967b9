package table_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// answering returns a table whose every call gets an answer.
func answering(status int, answer string) (*table.Table, *stacktest.Endpoint) {
	e, cfg := stacktest.AlwaysAnswering(status, answer)
	return table.New(cfg, "Table"), e
}

func s(text string) map[string]any { return map[string]any{"S": text} }
func n(text string) map[string]any { return map[string]any{"N": text} }

const dynamodb = "DynamoDB_20120810."

// The functions read what another function has written a moment ago, so their reads are consistent: an eventually
// consistent read may not show it.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
func TestTheFunctionsReadConsistently(t *testing.T) {
	items, calls := answering(200, `{"Item":{"id":{"S":"1"}},"Responses":{"Table":[{"id":{"S":"1"}}]},"UnprocessedKeys":{"Table":{"Keys":[{"id":{"S":"2"}},{"id":{"S":"3"}}]}}}`)
	if _, err := items.Get(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	found, unprocessed, err := items.GetBatch(t.Context(), []string{"1", "2", "3", "4"})
	if _, ok := found["1"]; !ok || err != nil || len(found) != 1 || !cmp.Equal(unprocessed, []string{"2", "3"}) {
		t.Errorf("found %v, unprocessed %v, %v", found, unprocessed, err)
	}
	want := []map[string]any{
		{"operation": dynamodb + "GetItem", "TableName": "Table", "Key": map[string]any{"id": s("1")}, "ConsistentRead": true},
		{"operation": dynamodb + "BatchGetItem", "RequestItems": map[string]any{"Table": map[string]any{"ConsistentRead": true, "Keys": []any{
			map[string]any{"id": s("1")}, map[string]any{"id": s("2")}, map[string]any{"id": s("3")}, map[string]any{"id": s("4")},
		}}}},
	}
	if diff := cmp.Diff(want, calls.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
	// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
	if table.MaxBatchKeys != 100 || table.MaxStatements != 25 {
		t.Errorf("%d keys and %d statements a call, want 100 and 25", table.MaxBatchKeys, table.MaxStatements)
	}
}

func TestEachWriteHasItsCondition(t *testing.T) {
	const again = "attribute_exists(id) AND NOT (model_version BETWEEN :version AND :last AND attribute_type(pred_target, :text))"
	items, calls := answering(200, `{}`)
	err := errors.Join(
		items.Create(t.Context(), item.Item{ID: "1", CreatedAt: "then"}),
		items.WritePrediction(t.Context(), "1", item.Prediction{Target: "a", Probability: 0.5, ModelVersion: "v", ClassifiedAt: "later"}),
		items.MarkFailed(t.Context(), "1", "v", item.Failure{Code: "c", Reason: "r", FailedAt: "at"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]any{"id": s("1"), "created_at": s("then")}
	for _, feature := range item.Features {
		attributes[feature.Name] = n("0")
	}
	want := []map[string]any{
		{"operation": dynamodb + "PutItem", "TableName": "Table", "Item": attributes,
			"ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
		{"operation": dynamodb + "UpdateItem", "TableName": "Table", "Key": map[string]any{"id": s("1")},
			"UpdateExpression": "SET pred_target = :target, pred_probability = :probability, model_version = :version, classified_at = :at " +
				"REMOVE failure_code, failure_reason, failed_at",
			"ExpressionAttributeValues": map[string]any{":target": s("a"), ":probability": n("0.5"), ":version": s("v"), ":at": s("later"),
				":last": s("9999-12-31.99"), ":text": s("S")},
			"ConditionExpression": again, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
		{"operation": dynamodb + "UpdateItem", "TableName": "Table", "Key": map[string]any{"id": s("1")},
			"UpdateExpression": "SET failure_code = :code, failure_reason = :reason, failed_at = :at",
			"ExpressionAttributeValues": map[string]any{":code": s("c"), ":reason": s("r"), ":at": s("at"), ":version": s("v"),
				":last": s("9999-12-31.99"), ":text": s("S")},
			"ConditionExpression": again, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
	}
	if diff := cmp.Diff(want, calls.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Its readers look at a table of any size, part by part, and want to know what it costs.
func TestAPartOfTheTableIsReadFromAnItemOn(t *testing.T) {
	items, calls := answering(200, `{"Items":[{"id":{"S":"3"}}],"LastEvaluatedKey":{"id":{"S":"4"}},"ConsumedCapacity":{"CapacityUnits":2.5}}`)
	for _, after := range []string{"", "2"} {
		part, err := items.Scan(t.Context(), after, 7)
		if err != nil || len(part.Items) != 1 || part.Items[0].ID != "3" || part.Next != "4" || part.Units != 2.5 {
			t.Errorf("after %q: %+v, %v", after, part, err)
		}
	}
	scan := map[string]any{"operation": dynamodb + "Scan", "TableName": "Table", "Limit": 7.0, "ReturnConsumedCapacity": "TOTAL"}
	on := map[string]any{"ExclusiveStartKey": map[string]any{"id": s("2")}}
	for name, value := range scan {
		on[name] = value
	}
	if diff := cmp.Diff([]map[string]any{scan, on}, calls.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	items, _ = answering(200, `{}`) // an endpoint need not say what it costs
	if part, err := items.Scan(t.Context(), "", 1); err != nil || !cmp.Equal(part, table.Part{}, cmpopts.EquateEmpty()) {
		t.Errorf("an empty table: %+v, %v", part, err)
	}
}

// Each of these errors ends in a log: it says what was done, with which item or table.
func TestAnErrorSaysWhatWasDone(t *testing.T) {
	makeAll := func(items *table.Table) map[string]error {
		_, get := items.Get(t.Context(), "1")
		_, _, batch := items.GetBatch(t.Context(), []string{"1", "2"})
		_, scan := items.Scan(t.Context(), "", 1)
		return map[string]error{
			"store item 1: ":               items.Create(t.Context(), item.Item{ID: "1"}),
			"read item 1: ":                get,
			"read 2 items: ":               batch,
			"scan table Table: ":           scan,
			"write prediction of item 1: ": items.WritePrediction(t.Context(), "1", item.Prediction{}),
			"mark item 1 as failed: ":      items.MarkFailed(t.Context(), "1", "v", item.Failure{}),
		}
	}
	refusing, _ := answering(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}`)
	for want, err := range makeAll(refusing) {
		if err == nil || !strings.HasPrefix(err.Error(), want) || awsclient.Cause(err) != "ResourceNotFoundException" {
			t.Errorf("%v, want %s… ResourceNotFoundException", err, want)
		}
	}
	proxy, answer := answering(200, `{}`)
	answer.RequestID = "" // DynamoDB answers every call with a request id
	for want, err := range makeAll(proxy) {
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, awsclient.ErrNoAnswer) {
			t.Errorf("answered by a proxy: %v, want %s…", err, want)
		}
	}
}

// What a condition forbids is an answer, and tells why.
func TestAWriteThatIsForbiddenSaysWhatIsThere(t *testing.T) {
	const failed = `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"`
	items, _ := answering(400, failed+`,"Item":{"id":{"S":"1"},"created_at":{"S":"before"}}}`)
	err := items.Create(t.Context(), item.Item{ID: "1"})
	exists, ok := errors.AsType[*table.ExistsError](err)
	if !ok || exists.Item.CreatedAt != "before" || !errors.Is(err, table.ErrExists) || errors.Is(err, table.ErrNotFound) || err.Error() != "item exists" {
		t.Errorf("create: %v, want the item that exists", err)
	}
	for name, err := range map[string]error{
		"write prediction": items.WritePrediction(t.Context(), "1", item.Prediction{}),
		"mark":             items.MarkFailed(t.Context(), "1", "v", item.Failure{}),
	} {
		superseded, ok := errors.AsType[*table.SupersededError](err)
		if !ok || superseded.Item.CreatedAt != "before" || !errors.Is(err, table.ErrSuperseded) || errors.Is(err, table.ErrExists) ||
			!strings.HasSuffix(err.Error(), "item has this model version or a newer one") {
			t.Errorf("%s: %v, want the item that is there", name, err)
		}
	}
	items, _ = answering(400, failed+`}`)
	if err := items.WritePrediction(t.Context(), "1", item.Prediction{}); !errors.Is(err, table.ErrNotFound) {
		t.Errorf("write prediction of no item: %v, want %v", err, table.ErrNotFound)
	}
	// An endpoint that does not say what is there: then nobody knows the item to answer with.
	if err := items.Create(t.Context(), item.Item{ID: "1"}); err == nil || errors.Is(err, table.ErrExists) {
		t.Errorf("create without the item: %v, want an error that is not %v", err, table.ErrExists)
	}
}
