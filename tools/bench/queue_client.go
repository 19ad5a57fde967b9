package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/awsclient"
)

// perCall is how many messages a call has at most.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const perCall = 10

// messageQueue is a new queue at some endpoint.
type messageQueue struct {
	client   *sqs.Client
	url      string
	waiting  int
	patience time.Duration // how long the endpoint may give out nothing although messages wait
}

// newQueue makes a queue. Its messages stay invisible for longer than the measurement lasts.
func newQueue(ctx context.Context, endpoint string, backlog int) (*messageQueue, error) {
	client := sqs.NewFromConfig(awsclient.AtEndpoint(endpoint))
	created, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName:  aws.String(fmt.Sprintf("bench-%d-%d", backlog, time.Now().UnixNano())),
		Attributes: map[string]string{"VisibilityTimeout": "3600"},
	})
	if err != nil {
		return nil, err
	}
	return &messageQueue{client: client, url: *created.QueueUrl, patience: 10 * time.Second}, nil
}

func (q *messageQueue) remove() error {
	_, err := q.client.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: &q.url})
	return err
}

// rate receives and deletes some messages, and returns how many a second. When it has taken as many as
// the backlog has, it fills the queue again, and that does not count.
func (q *messageQueue) rate(ctx context.Context, backlog, messages, clients int) (float64, error) {
	var took time.Duration
	for left := messages; left > 0; {
		if err := q.fill(ctx, backlog, clients); err != nil {
			return 0, fmt.Errorf("send: %w", err)
		}
		n := min(left, backlog)
		begin := time.Now()
		if err := q.drain(ctx, n, clients); err != nil {
			return 0, fmt.Errorf("receive and delete: %w", err)
		}
		took += time.Since(begin)
		left -= n
	}
	return float64(messages) / took.Seconds(), nil
}

// fill sends short messages until as many wait as the backlog has.
func (q *messageQueue) fill(ctx context.Context, backlog, clients int) error {
	err := inTens(backlog-q.waiting, clients, func(first, n int) error { return q.send(ctx, first, n) })
	q.waiting = backlog
	return err
}

// drain receives and deletes n messages.
func (q *messageQueue) drain(ctx context.Context, n, clients int) error {
	q.waiting -= n
	return inTens(n, clients, func(_, n int) error { return q.receiveAndDelete(ctx, n) })
}

// inTens shares n messages out to some clients, ten at a time.
func inTens(n, clients int, do func(first, n int) error) error {
	var taken atomic.Int64
	failed := make([]error, clients)
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() {
			for failed[client] == nil {
				first := int(taken.Add(perCall)) - perCall
				if first >= n {
					return
				}
				failed[client] = do(first, min(perCall, n-first))
			}
		})
	}
	running.Wait()
	return errors.Join(failed...)
}

func (q *messageQueue) send(ctx context.Context, first, n int) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: &q.url}
	for i := range n {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(fmt.Sprintf(`{"id":"%032x"}`, first+i)),
		})
	}
	out, err := q.client.SendMessageBatch(ctx, in)
	if err == nil && len(out.Failed) > 0 {
		err = errors.New(aws.ToString(out.Failed[0].Message))
	}
	return err
}

// receiveAndDelete receives and deletes n messages. One receive is enough if the endpoint gives out so
// many at once.
func (q *messageQueue) receiveAndDelete(ctx context.Context, n int) error {
	last := time.Now()
	for n > 0 {
		out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &q.url, MaxNumberOfMessages: int32(n)})
		if err != nil {
			return err
		}
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
		for i, m := range out.Messages {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
		if len(in.Entries) == 0 { // real SQS may give out nothing, too, although messages wait
			if time.Since(last) > q.patience {
				return fmt.Errorf("%d messages that were sent are not given out: the endpoint has lost them, or is very slow", n)
			}
			continue
		}
		deleted, err := q.client.DeleteMessageBatch(ctx, in)
		if err == nil && len(deleted.Failed) > 0 {
			err = errors.New(aws.ToString(deleted.Failed[0].Message))
		}
		if err != nil {
			return err
		}
		n, last = n-len(in.Entries), time.Now()
	}
	return nil
}
