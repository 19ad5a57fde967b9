package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/queue"
)

// queueSpeed is how fast a queue gives out messages while a backlog waits.
type queueSpeed struct {
	Backlog   int
	PerSecond float64 // messages that are received and deleted: the median of some turns
	ToFirst   float64 // PerSecond ÷ that with the first backlog
}

// measureQueue measures queues of a local stack: one with few messages, and one with many.
func (m *measurement) measureQueue(ctx context.Context, _ *testing.T) error {
	program, err := buildLocal(ctx, m.bin)
	if err != nil {
		return err
	}
	s, err := startStack(ctx, program)
	if err != nil {
		return err
	}
	defer func() { _, _ = s.stop() }()
	m.results.Queue, err = measureBacklogs(ctx, s.aws, []int{1_000, 1_000_000}, 20_000)
	return err
}

// measureBacklogs takes some messages from a queue with each backlog, in turns. What disturbs this
// machine then disturbs them all.
func measureBacklogs(ctx context.Context, cfg aws.Config, backlogs []int, messages int) (speeds []queueSpeed, err error) {
	queues, rates := make([]backlog, len(backlogs)), make([][]float64, len(backlogs))
	for i, size := range backlogs {
		if queues[i], err = newBacklog(ctx, cfg, size); err != nil {
			return nil, err
		}
	}
	for range 3 {
		for i := range queues {
			rate, err := queues[i].rate(ctx, messages)
			if err != nil {
				return nil, fmt.Errorf("with %d messages: %w", backlogs[i], err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	for i, size := range backlogs {
		speeds = append(speeds, queueSpeed{size, median(rates[i]), median(rates[i]) / median(rates[0])})
	}
	return speeds, nil
}

// backlog is a queue in which messages wait.
type backlog struct {
	client        *sqs.Client
	queue         *queue.Queue
	url           string
	size, waiting int
}

// newBacklog makes a queue. Messages that it has given out stay invisible for the whole measurement.
func newBacklog(ctx context.Context, cfg aws.Config, size int) (backlog, error) {
	client := sqs.NewFromConfig(cfg)
	created, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String(fmt.Sprint("backlog-", size)), Attributes: map[string]string{"VisibilityTimeout": "3600"},
	})
	if err != nil {
		return backlog{}, err
	}
	return backlog{client: client, queue: queue.New(cfg, *created.QueueUrl), url: *created.QueueUrl, size: size}, nil
}

// rate receives and deletes some messages, and returns how many a second. Whenever none waits any more it
// fills the queue again, and the time for that does not count.
func (b *backlog) rate(ctx context.Context, messages int) (float64, error) {
	var took time.Duration
	for left := messages; left > 0; {
		if err := inTens(b.size-b.waiting, func(n int) error { return b.send(ctx, n) }); err != nil {
			return 0, err
		}
		n := min(left, b.size)
		begin := time.Now()
		if err := inTens(n, func(n int) error { return b.receiveAndDelete(ctx, n) }); err != nil {
			return 0, err
		}
		took += time.Since(begin)
		b.waiting, left = b.size-n, left-n
	}
	return float64(messages) / took.Seconds(), nil
}

// inTens lets two clients deal with n messages, ten at a time.
func inTens(n int, do func(n int) error) error {
	var taken atomic.Int64
	var failed [2]error
	var running sync.WaitGroup
	for client := range failed {
		running.Go(func() {
			for failed[client] == nil {
				first := int(taken.Add(queue.MaxBatch)) - queue.MaxBatch
				if first >= n {
					return
				}
				failed[client] = do(min(queue.MaxBatch, n-first))
			}
		})
	}
	running.Wait()
	return errors.Join(failed[:]...)
}

func (b *backlog) send(ctx context.Context, n int) error {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032x", i)
	}
	return errors.Join(slices.Collect(maps.Values(b.queue.EnqueueBatch(ctx, ids)))...)
}

// receiveAndDelete receives and deletes n messages. One receive is enough if the queue gives out so many
// at once.
func (b *backlog) receiveAndDelete(ctx context.Context, n int) error {
	for n > 0 {
		out, err := b.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &b.url, MaxNumberOfMessages: int32(n)})
		if err != nil {
			return err
		}
		if len(out.Messages) == 0 {
			return fmt.Errorf("%d messages that wait are not given out", n)
		}
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &b.url}
		for i, m := range out.Messages {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
		deleted, err := b.client.DeleteMessageBatch(ctx, in)
		if err != nil {
			return err
		}
		if len(deleted.Failed) > 0 {
			return fmt.Errorf("a message was not deleted: %s", aws.ToString(deleted.Failed[0].Message))
		}
		n -= len(out.Messages)
	}
	return nil
}
