package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/item"
)

const (
	movePatience = 2 * time.Minute

	// movesPerSecond is the lowest rate there is: should letters of others arrive just before the task
	// begins, it is cancelled when it has moved one.
	movesPerSecond = 1
)

// checkRedrive mends the item of the dead letter and lets the message be handled again.
func checkRedrive(ctx context.Context, s *session) (string, error) {
	found, err := s.checkRedrivePolicy(ctx)
	if err != nil {
		return "", err
	}
	f := s.letter.probe
	if err := s.mend(ctx, f); err != nil {
		return "", err
	}
	how, err := s.redrive(ctx)
	if refused, ok := errors.AsType[faults](err); ok {
		return "", append(found, refused...)
	}
	if err != nil {
		return "", err
	}
	shown, err := s.waitFor(ctx, f.id, item.Classified, letterPatience)
	if err != nil {
		return "", err
	}
	s.counted["ItemsClassified"]++
	found = append(found, compare(s.model, f, shown, modelHint)...)
	if shown.FailureCode != "" || shown.Reason != "" {
		found.add("item %s is classified and still shows the failure %s", f.id, shown.FailureCode)
	}
	rest, err := s.sweep(ctx, func([]letter) bool { return false })
	if err != nil {
		return "", err
	}
	if len(rest.own) > 0 {
		found.add("the dead letter of item %s is still there", f.id)
	} else {
		delete(s.made.letters, messageBody(f.id))
	}
	return how + ", and the item is classified", found.err()
}

// checkRedrivePolicy looks whether SQS itself moves a message whose receives all crash.
func (s *session) checkRedrivePolicy(ctx context.Context) (found faults, err error) {
	attributes, err := s.attributes(ctx, s.target.Queue)
	if err != nil {
		return nil, err
	}
	var policy struct {
		DeadLetterTargetArn string      `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.Number `json:"maxReceiveCount"` // a number or a text
	}
	text := attributes["RedrivePolicy"]
	switch {
	case text == "":
		found.add("EnrichQueue has no RedrivePolicy: a message that crashes the enricher would come again until it is too old, and its dead letters can't be moved back")
	case json.Unmarshal([]byte(text), &policy) != nil || policy.MaxReceiveCount == "" || policy.DeadLetterTargetArn != s.target.DeadLetterQueue.ARN:
		found.add("EnrichQueue has the RedrivePolicy %s, not one for %s", text, s.target.DeadLetterQueue.ARN)
	}
	return found, nil
}

// redrive moves the letter back. A move task would take all letters, so it is used only if nobody else
// has one: a last look, just before, makes sure. Else the letter is sent again and then deleted, in
// this order, so that it can't be lost.
func (s *session) redrive(ctx context.Context) (how string, err error) {
	now, err := s.sweep(ctx, func([]letter) bool { return false })
	switch {
	case err != nil:
		return "", err
	case s.letter.alone && now.others == 0:
		return s.move(ctx)
	default:
		return "others have dead letters, so one was sent again and deleted, without a move task", s.sendAgain(ctx, now.own)
	}
}

// move runs a message move task until it ends.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func (s *session) move(ctx context.Context) (how string, err error) {
	started, err := s.queues.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: &s.target.DeadLetterQueue.ARN, DestinationArn: &s.target.Queue.ARN, MaxNumberOfMessagesPerSecond: aws.Int32(movesPerSecond),
	}, func(o *sqs.Options) { o.RetryMaxAttempts = 3 }) // an emulator without move tasks answers 500
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return "", faults{fmt.Sprintf("a move task from the dead-letter queue to EnrichQueue is refused: %s: %s", api.ErrorCode(), api.ErrorMessage())}
	}
	if err != nil {
		return "", fmt.Errorf("start a move task: %w", err)
	}
	s.made.task = aws.ToString(started.TaskHandle)
	var task types.ListMessageMoveTasksResultEntry
	ended, err := poll(ctx, movePatience, time.Second, func() (bool, error) {
		out, err := s.queues.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &s.target.DeadLetterQueue.ARN})
		if err != nil || len(out.Results) == 0 {
			return false, err
		}
		task = out.Results[0] // the newest
		if task.ApproximateNumberOfMessagesMoved > 0 {
			s.cancelMove(ctx)
		}
		return aws.ToString(task.Status) != "RUNNING" || s.made.task == "", nil
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("look at the move task: %w", err)
	case !ended:
		return "", faults{fmt.Sprintf("the move task has not ended after %s", movePatience)}
	case task.ApproximateNumberOfMessagesMoved == 0:
		return "", faults{fmt.Sprintf("the move task is %s and has moved nothing: %s", aws.ToString(task.Status), aws.ToString(task.FailureReason))}
	}
	s.made.task = ""
	return fmt.Sprintf("a move task has moved %d message back", task.ApproximateNumberOfMessagesMoved), nil
}

// cancelMove ends the move task once it has moved this run's letter.
func (s *session) cancelMove(ctx context.Context) {
	_, _ = s.queues.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: &s.made.task}) // or it has ended
	s.made.task = ""
}

// sendAgain sends the run's letters to EnrichQueue with all that they carry, and deletes them.
func (s *session) sendAgain(ctx context.Context, own []letter) error {
	if len(own) == 0 {
		return faults{"the dead letter of item " + s.letter.probe.id + " is gone before it was redriven"}
	}
	for _, l := range own {
		in := &sqs.SendMessageInput{QueueUrl: &s.target.Queue.URL, MessageBody: l.Body, MessageAttributes: l.MessageAttributes}
		if trace := l.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]; strings.TrimSpace(trace) != "" {
			in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
				string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &trace},
			}
		}
		if _, err := s.queues.SendMessage(ctx, in); err != nil {
			return fmt.Errorf("send the dead letter again: %w", err)
		}
		if err := s.deleteLetter(ctx, l); err != nil {
			return err
		}
	}
	return nil
}
