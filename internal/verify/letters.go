package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/queue"
)

const (
	// hidden is how long a sweep hides a dead letter from others at most. It gives them back as soon
	// as it ends.
	hidden = 20 * time.Second

	longestSweep = 15 * time.Second // shorter than hidden, so that no letter is seen twice
	mostLetters  = 1000             // about as many as a sweep gets through
	perCall      = 10               // SQS's limit
)

var allAttributes = []types.QueueAttributeName{types.QueueAttributeNameAll}

// letter is a message of the dead-letter queue.
type letter = types.Message

// sweepResult is what is in the dead-letter queue.
type sweepResult struct {
	own    []letter // of this run
	others int
	held   []letter // that are hidden from others until the sweep ends
}

// sweep receives dead letters until enough of the run's own are found or none are left. SQS has no other way to find a
// message. Then it lets them be used, if use is not nil, and makes those visible again that were not deleted. A letter must be
// deleted while it is hidden: if somebody has received it since, SQS answers to the delete as ever and keeps the letter.
//
// On AWS an empty answer means that nothing is visible only if the receive waits: then it asks all of SQS's servers.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
func (s *session) sweep(ctx context.Context, enough func(own []letter) bool, use func(*sweepResult) error) (found sweepResult, err error) {
	defer func() { s.giveBack(ctx, found.held) }()
	for end := time.Now().Add(longestSweep); time.Now().Before(end) && !enough(found.own); {
		letters, err := s.receive(ctx)
		if err != nil {
			return found, err
		}
		if len(letters) == 0 {
			break
		}
		found.held = append(found.held, letters...)
		for _, l := range letters {
			if s.made.owns(aws.ToString(l.Body)) {
				found.own = append(found.own, l)
			} else {
				found.others++
			}
		}
	}
	if use != nil {
		err = use(&found)
	}
	return found, err
}

// neverEnough lets a sweep go on until no letter is left.
func neverEnough([]letter) bool { return false }

// receive returns some dead letters, and hides them. It returns none if none are visible.
func (s *session) receive(ctx context.Context) ([]letter, error) {
	var seconds int32
	if s.target.IsDeployed() {
		seconds = 1
	}
	out, err := s.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &s.target.DeadLetterQueue.URL, MaxNumberOfMessages: perCall, WaitTimeSeconds: seconds,
		VisibilityTimeout: int32(hidden / time.Second), MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("look into the dead-letter queue: %w", err)
	}
	return out.Messages, nil
}

// giveBack makes letters visible again, also when the run was interrupted. Those of a call that fails
// come back by themselves, after [hidden].
func (s *session) giveBack(ctx context.Context, letters []letter) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for first := 0; first < len(letters); first += perCall {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &s.target.DeadLetterQueue.URL}
		for i, l := range letters[first:min(first+perCall, len(letters))] {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: l.ReceiptHandle})
		}
		_, _ = s.queues.ChangeMessageVisibilityBatch(ctx, in)
	}
}

// deleteLetter deletes a dead letter of this run, which the sweep has hidden.
func (s *session) deleteLetter(ctx context.Context, found *sweepResult, l letter) error {
	_, err := s.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &s.target.DeadLetterQueue.URL, ReceiptHandle: l.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("delete dead letter %s: %w", aws.ToString(l.MessageId), err)
	}
	found.held = slices.DeleteFunc(found.held, func(other letter) bool { return other.ReceiptHandle == l.ReceiptHandle })
	delete(s.made.letters, aws.ToString(l.Body))
	return nil
}

// messageBody returns the body of an item's message.
func messageBody(id string) string {
	text, _ := json.Marshal(map[string]string{"id": id})
	return string(text)
}

// idIn returns the id in a message's body, or "".
func idIn(body string) string {
	id, _ := queue.ParseBody(body)
	return id
}

// attribute returns a letter's message attribute, or "".
func attribute(l letter, name string) string {
	return aws.ToString(l.MessageAttributes[name].StringValue)
}
