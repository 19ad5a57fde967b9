package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/item"
)

const (
	// hidden is how long a letter is hidden that soak looks at. It must be longer than a redrive takes.
	hidden = 15 * time.Minute

	// movePatience is how long a move task may take.
	movePatience = 2 * time.Minute
)

type letter = types.Message

// redrive does what docs/runbook.md tells an operator to do with dead letters: it reads the reasons, mends what can
// be mended, deletes what cannot, and moves the rest back. A message without a key is moved back once. It fails
// again, and is deleted the next time.
func (s *soak) redrive(ctx context.Context) error {
	all, err := s.letters(ctx)
	if err != nil {
		return err
	}
	var kept []letter
	for _, l := range all {
		remains, err := s.deal(ctx, l)
		if err != nil {
			return err
		}
		if remains {
			kept = append(kept, l)
		}
	}
	if err := s.giveBack(ctx, kept); err != nil || len(kept) == 0 {
		return err
	}
	s.event(fmt.Sprintf("redrive of %d dead letters", len(kept)))
	return s.move(ctx)
}

// deal looks at a dead letter, and mends its cause or deletes it.
func (s *soak) deal(ctx context.Context, l letter) (remains bool, err error) {
	body := aws.ToString(l.Body)
	q, past := s.poison.find(body)
	s.fault(ctx, "a dead letter", checkLetter(l, q, past))
	switch {
	case q == nil && past == item.MalformedMessage:
		return false, s.deleteLetter(ctx, l)
	case q == nil:
		return true, nil
	case q.code == item.InvalidItem:
		if err := s.mend(ctx, q); err != nil {
			return true, err
		}
		s.poison.settle(body, &s.poison.mended)
		return true, nil
	case q.letter == "" || q.letter == aws.ToString(l.MessageId):
		q.letter = aws.ToString(l.MessageId) // only one redrive runs at a time
		return true, nil
	}
	s.poison.settle(body, &s.poison.thrown)
	return false, s.deleteLetter(ctx, l)
}

func (s *soak) deleteLetter(ctx context.Context, l letter) error {
	_, err := s.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &s.target.DeadLetterQueue.URL, ReceiptHandle: l.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("delete a dead letter: %w", err)
	}
	return nil
}

// checkLetter says what is wrong with a dead letter, of which this is known.
func checkLetter(l letter, q *poisoned, past string) error {
	body := aws.ToString(l.Body)
	code := aws.ToString(l.MessageAttributes["failure_code"].StringValue)
	switch {
	case q == nil && past != "":
		return nil // a copy: the enricher sends it again if it hears too late that it was sent
	case q == nil:
		return fmt.Errorf("%.100q is in the dead-letter queue with the code %q, and nothing was wrong with it", body, code)
	case code != q.code:
		return fmt.Errorf("%.100q has the code %q, want %q", body, code, q.code)
	}
	for _, name := range []string{"failure_reason", "failed_at", "original_message_id", "receive_count", "request_id"} {
		if aws.ToString(l.MessageAttributes[name].StringValue) == "" {
			return fmt.Errorf("%.100q has no %s", body, name)
		}
	}
	return nil
}

// letters receives all dead letters, and hides them meanwhile.
func (s *soak) letters(ctx context.Context) (all []letter, err error) {
	for {
		out, err := s.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &s.target.DeadLetterQueue.URL, MaxNumberOfMessages: 10, VisibilityTimeout: int32(hidden.Seconds()),
			MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return all, fmt.Errorf("receive dead letters: %w", err)
		}
		if len(out.Messages) == 0 {
			return all, nil
		}
		all = append(all, out.Messages...)
	}
}

// giveBack makes letters visible again.
func (s *soak) giveBack(ctx context.Context, letters []letter) error {
	const perCall = 10
	for first := 0; first < len(letters); first += perCall {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &s.target.DeadLetterQueue.URL}
		for i, l := range letters[first:min(first+perCall, len(letters))] {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: l.ReceiptHandle})
		}
		out, err := s.queues.ChangeMessageVisibilityBatch(ctx, in)
		if err == nil && len(out.Failed) > 0 {
			err = fmt.Errorf("%d of %d: %s", len(out.Failed), len(in.Entries), aws.ToString(out.Failed[0].Message))
		}
		if err != nil {
			return fmt.Errorf("give back dead letters: %w", err)
		}
	}
	return nil
}

// move moves all dead letters back into the queue.
func (s *soak) move(ctx context.Context) error {
	_, err := s.queues.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: &s.target.DeadLetterQueue.ARN, DestinationArn: &s.target.Queue.ARN, MaxNumberOfMessagesPerSecond: aws.Int32(100),
	})
	if err != nil {
		return fmt.Errorf("start a move task: %w", err)
	}
	for late := time.Now().Add(movePatience); ; {
		out, err := s.queues.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &s.target.DeadLetterQueue.ARN})
		switch {
		case err != nil:
			return fmt.Errorf("look at the move task: %w", err)
		case len(out.Results) == 0:
			return errors.New("the move task is not listed")
		case aws.ToString(out.Results[0].Status) == "COMPLETED":
			return nil
		case aws.ToString(out.Results[0].Status) != "RUNNING":
			return fmt.Errorf("the move task is %s: %s", aws.ToString(out.Results[0].Status), aws.ToString(out.Results[0].FailureReason))
		case !waitUntil(ctx, time.Now().Add(time.Second)):
			return ctx.Err()
		case time.Now().After(late):
			return fmt.Errorf("the move task has not ended after %s", movePatience)
		}
	}
}
