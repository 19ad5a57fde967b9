package queue

import (
	"context"
	"fmt"

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
// refuses each message by itself. EnqueueBatch returns the errors of those that were not sent, by id.
func (q *Queue) EnqueueBatch(ctx context.Context, ids []string) (failed map[string]error) {
	entries := make([]types.SendMessageBatchRequestEntry, len(ids))
	for i, id := range ids {
		entries[i] = types.SendMessageBatchRequestEntry{
			Id:                      aws.String(id),
			MessageBody:             aws.String(body{id}.text()),
			MessageSystemAttributes: trace(traceHeader(ctx)),
		}
	}
	out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
	if err != nil {
		return notSent(ids, err)
	}
	failed = notSent(ids, awsclient.ErrNoAnswer)
	for _, entry := range out.Failed {
		id := aws.ToString(entry.Id)
		failed[id] = fmt.Errorf("enqueue item %s: %w", id,
			&smithy.GenericAPIError{Code: aws.ToString(entry.Code), Message: aws.ToString(entry.Message)})
	}
	for _, entry := range out.Successful {
		delete(failed, aws.ToString(entry.Id))
	}
	return failed
}

// notSent returns the same error for all ids.
func notSent(ids []string, err error) map[string]error {
	failed := make(map[string]error, len(ids))
	for _, id := range ids {
		failed[id] = fmt.Errorf("enqueue item %s: %w", id, err)
	}
	return failed
}
