package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// bareCalls makes only those calls that the enricher can't do without: reads of 100 items a call, all at
// once, and then writes of 25 items a call. It does not look at the answers.
func bareCalls(ctx context.Context, client *dynamodb.Client, event events.SQSEvent) error {
	keys := make([]types.AttributeValue, len(event.Records))
	for i := range keys {
		keys[i] = &types.AttributeValueMemberS{Value: fmt.Sprintf("%032x", i)}
	}
	if err := callAll(keys, 100, func(some []types.AttributeValue) error { return bareRead(ctx, client, some) }); err != nil {
		return err
	}
	return callAll(keys, 25, func(some []types.AttributeValue) error { return bareWrite(ctx, client, some) })
}

// callAll makes a call for each so many keys, all at once.
func callAll(keys []types.AttributeValue, each int, call func([]types.AttributeValue) error) error {
	failed := make(chan error, len(keys))
	var running sync.WaitGroup
	for some := range slices.Chunk(keys, each) {
		running.Go(func() { failed <- call(some) })
	}
	running.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

func bareRead(ctx context.Context, client *dynamodb.Client, ids []types.AttributeValue) error {
	var keys []map[string]types.AttributeValue
	for _, id := range ids {
		keys = append(keys, map[string]types.AttributeValue{"id": id})
	}
	_, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: keys, ConsistentRead: aws.Bool(true)}},
	})
	return err
}

func bareWrite(ctx context.Context, client *dynamodb.Client, ids []types.AttributeValue) error {
	var statements []types.BatchStatementRequest
	for _, id := range ids {
		statements = append(statements, types.BatchStatementRequest{
			Statement: aws.String(`UPDATE "t" SET pred_target = ? SET pred_probability = ? SET model_version = ? SET classified_at = ? ` +
				`WHERE id = ? AND model_version IS MISSING AND failure_code IS MISSING`),
			Parameters: []types.AttributeValue{
				&types.AttributeValueMemberS{Value: "class"}, &types.AttributeValueMemberN{Value: "0.9731068160435402"},
				&types.AttributeValueMemberS{Value: "2026-11-23.01"}, &types.AttributeValueMemberS{Value: "2026-11-24T00:35:14.186Z"}, id,
			},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
	}
	_, err := client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: statements})
	return err
}
