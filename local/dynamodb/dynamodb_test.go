package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

func TestAnOperationThatIsNotSupportedGetsAClearError(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	for _, operation := range []string{"ListBackups", "DescribeStream", "UpdateContinuousBackups", "CreateGlobalTable", "Nothing"} {
		wantRefusal(t, server, operation, "{}", "UnknownOperationException", "operation "+operation+" is not supported here; docs/local-stack.md lists those that are")
	}
	if got := post(t, server, "ListBackups", "{}").Header().Get("Content-Type"); got != "application/x-amz-json-1.0" {
		t.Errorf("content type %s", got)
	}
}

// DynamoDB sends a checksum with every answer. The SDK for Go logs a warning if the checksum is
// wrong or missing.
func TestTheSDKLogsNoWarningAboutAnswers(t *testing.T) {
	client := dynamodb.New(newClient().Options(), func(o *dynamodb.Options) {
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) { t.Errorf(format, v...) })
	})
	createTable(t, client, "Records", "id")
	put(t, client, "Records", old)
	get(t.Context(), t, client, "Records", item{"id": text("1")})
	if _, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("None")}); err == nil {
		t.Error("a table that is not there is described")
	}
}

// Such an update is an error of the client. A retry must not help, and the local stack must go on.
func TestAnUpdateOfOverlappingPathsIsAnErrorOfItsRequestOnly(t *testing.T) {
	client := newClient()
	createTable(t, client, "Records", "id")
	put(t, client, "Records", old)
	_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String("Records"), Key: item{"id": text("1")},
		UpdateExpression: aws.String("REMOVE entries[0] SET entries = list_append(entries, entries)"),
	})
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "ValidationException" || strings.Contains(refusal.ErrorMessage(), "goroutine") {
		t.Errorf("got %v, want a ValidationException without a stack", err)
	}
	put(t, client, "Records", old)
}

// someCalls makes many kinds of calls: some on an item of its own, some on an item that all clients
// use.
func someCalls(ctx context.Context, client *dynamodb.Client, id string) error {
	table, shared, own := aws.String("Records"), item{"id": text("shared")}, item{"id": text(id)}
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
		RequestItems: map[string]types.KeysAndAttributes{"Records": {Keys: []item{shared, own}}},
	})
	_, err5 := client.Scan(ctx, &dynamodb.ScanInput{TableName: table})
	_, err6 := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: table})
	_, err7 := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: own, ReturnValues: types.ReturnValueAllOld})
	return errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

// Run this test with -race too: then it also finds unguarded access.
func TestManyClientsAtOnce(t *testing.T) {
	const clients, rounds = 8, 10
	client := newClient()
	createTable(t, client, "Records", "id")
	put(t, client, "Records", item{"id": text("shared"), "n": number("0"), "entries": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("first")}}})
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
	shared := get(t.Context(), t, client, "Records", item{"id": text("shared")})
	if n, ok := shared["n"].(*types.AttributeValueMemberN); !ok || n.Value != strconv.Itoa(clients*rounds) {
		t.Errorf("the shared number is %v, want %d", shared["n"], clients*rounds)
	}
	if entries, ok := shared["entries"].(*types.AttributeValueMemberL); !ok || len(entries.Value) != 1+clients*rounds {
		t.Errorf("the shared list is %v, want %d entries", shared["entries"], 1+clients*rounds)
	}
}
