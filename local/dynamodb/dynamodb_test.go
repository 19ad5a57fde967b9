package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

func TestATableIsActiveAtOnceAndHasAnARN(t *testing.T) {
	client := newClient()
	createTable(t, client, "Flowers", "id")
	out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("Flowers")})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{*out.Table.TableName, string(out.Table.TableStatus), *out.Table.TableArn}
	if diff := cmp.Diff([]string{"Flowers", "ACTIVE", "arn:aws:dynamodb:us-east-1:000000000000:table/Flowers"}, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestTablesThatAreThereOrAreNotAreTypedErrors(t *testing.T) {
	client := newClient()
	createTable(t, client, "Flowers", "id")
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("Flowers"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
	})
	if !is[*types.ResourceInUseException](err) {
		t.Errorf("create again: got %v, want ResourceInUseException", err)
	}
	if _, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("None")}); !is[*types.ResourceNotFoundException](err) {
		t.Errorf("describe: got %v, want ResourceNotFoundException", err)
	}
	if _, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("None"), Key: item{"id": text("1")}}); !is[*types.ResourceNotFoundException](err) {
		t.Errorf("get: got %v, want ResourceNotFoundException", err)
	}
}

func TestAnOperationThatIsNotSupportedIsAnsweredReadably(t *testing.T) {
	_, err := newClient().ListTables(t.Context(), &dynamodb.ListTablesInput{})
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "UnknownOperationException" {
		t.Errorf("got %v, want UnknownOperationException", err)
	}

	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	w := httptest.NewRecorder()
	dynamodbserver.New("us-east-1", "000000000000").ServeHTTP(w, r)
	var got map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("the answer %q is not JSON: %v", w.Body, err)
	}
	want := map[string]string{
		"__type": "com.amazonaws.dynamodb.v20120810#UnknownOperationException", "message": "operation ListTables is not supported here",
	}
	if diff := cmp.Diff(want, got); diff != "" || w.Code != http.StatusBadRequest || w.Header().Get("Content-Type") != "application/x-amz-json-1.0" {
		t.Errorf("answer %d %v (-want +got):\n%s", w.Code, w.Header(), diff)
	}
}

// DynamoDB sends a checksum with every answer, and the SDK for Go logs a warning where
// it is wrong or missing.
func TestTheSDKFindsNothingWrongWithAnswers(t *testing.T) {
	client := dynamodb.New(newClient().Options(), func(o *dynamodb.Options) {
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) { t.Errorf(format, v...) })
	})
	createTable(t, client, "Flowers", "id")
	put(t, client, "Flowers", old)
	get(t.Context(), t, client, "Flowers", item{"id": text("1")})
	if _, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("None")}); err == nil {
		t.Error("a table that is not there is described")
	}
}

// minidyn panics on some expressions. That is one client's error, which trying again
// does not mend, and not the end of the local stack.
func TestAnExpressionThatMinidynPanicsOnIsAnErrorOfItsRequestOnly(t *testing.T) {
	client := newClient()
	createTable(t, client, "Flowers", "id")
	put(t, client, "Flowers", old)
	_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String("Flowers"), Key: item{"id": text("1")},
		UpdateExpression: aws.String("REMOVE entries[0] SET entries = list_append(entries, entries)"),
	})
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "ValidationException" || strings.Contains(refusal.ErrorMessage(), "goroutine") {
		t.Errorf("got %v, want a ValidationException without a stack", err)
	}
	put(t, client, "Flowers", old)
}

// someCalls makes calls of many kinds: on an item of its own and on one that is shared.
func someCalls(ctx context.Context, client *dynamodb.Client, id string) error {
	table, shared, own := aws.String("Flowers"), item{"id": text("shared")}, item{"id": text(id)}
	_, err1 := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: own})
	_, err2 := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: table, Key: shared, ReturnValues: types.ReturnValueAllNew,
		UpdateExpression: aws.String("SET n = n + :one, entries = list_append(entries, :entry) ADD tags :tag"),
		ExpressionAttributeValues: item{
			":one": number("1"), ":tag": &types.AttributeValueMemberSS{Value: []string{id}},
			":entry": &types.AttributeValueMemberL{Value: []types.AttributeValue{text(id)}},
		},
	})
	_, err3 := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: shared})
	_, err4 := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"Flowers": {Keys: []item{shared, own}}},
	})
	_, err5 := client.Scan(ctx, &dynamodb.ScanInput{TableName: table})
	_, err6 := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: table})
	_, err7 := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: own, ReturnValues: types.ReturnValueAllOld})
	return errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

// The race detector is half of this test: minidyn has to be used as it allows.
func TestManyClientsAtOnce(t *testing.T) {
	const clients, rounds = 8, 10
	client := newClient()
	createTable(t, client, "Flowers", "id")
	put(t, client, "Flowers", item{"id": text("shared"), "n": number("0"), "entries": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("first")}}})
	var running sync.WaitGroup
	for c := range clients {
		running.Go(func() {
			for i := range rounds {
				if err := someCalls(t.Context(), client, fmt.Sprintf("%d-%d", c, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
		running.Go(func() { createTable(t, client, fmt.Sprintf("Own%d", c), "id") })
	}
	running.Wait()
	shared := get(t.Context(), t, client, "Flowers", item{"id": text("shared")})
	if n, ok := shared["n"].(*types.AttributeValueMemberN); !ok || n.Value != strconv.Itoa(clients*rounds) {
		t.Errorf("the shared number is %v, want %d", shared["n"], clients*rounds)
	}
	if entries, ok := shared["entries"].(*types.AttributeValueMemberL); !ok || len(entries.Value) != 1+clients*rounds {
		t.Errorf("the shared list is %v, want %d entries", shared["entries"], 1+clients*rounds)
	}
}
