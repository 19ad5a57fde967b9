package queue

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
)

// MaxBatch is how many messages one SendMessageBatch may hold.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const MaxBatch = 10

// EnqueueBatch sends the keys of up to [MaxBatch] items in one call. The ids must differ. SQS takes or
// refuses each message by itself. EnqueueBatch sends those again that SQS itself could not take, or has throttled. It
// returns the errors of those that were not sent, by id.
func (q *Queue) EnqueueBatch(ctx context.Context, ids []string) (failed map[string]error) {
	failed = map[string]error{}
	awsclient.Again(ctx, q.client.Options().Retryer, ids, func(some []string) (again []string, why error) {
		return q.enqueueOnce(ctx, some, failed)
	})
	return failed
}

// enqueueOnce makes one call, and notes which messages are not sent. It returns the ids of those that SQS may take a moment
// later, and why it did not.
func (q *Queue) enqueueOnce(ctx context.Context, ids []string, failed map[string]error) (again []string, why error) {
	entries := make([]types.SendMessageBatchRequestEntry, len(ids))
	for i, id := range ids {
		entries[i] = types.SendMessageBatchRequestEntry{
			Id:                      aws.String(id),
			MessageBody:             aws.String(body{id}.text()),
			MessageSystemAttributes: trace(traceHeader(ctx)),
		}
	}
	out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
	for _, id := range ids {
		failed[id] = notSent(id, cmp.Or(err, awsclient.ErrNoAnswer))
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range out.Failed {
		id := aws.ToString(entry.Id)
		why = &smithy.GenericAPIError{Code: aws.ToString(entry.Code), Message: aws.ToString(entry.Message)}
		failed[id] = notSent(id, why)
		if awsclient.MayPass(q.client.Options().Retryer, entry.SenderFault, why) && slices.Contains(ids, id) {
			again = append(again, id)
		}
	}
	for _, entry := range out.Successful {
		delete(failed, aws.ToString(entry.Id))
	}
	return again, why
}

func notSent(id string, err error) error { return fmt.Errorf("enqueue item %s: %w", id, err) }
