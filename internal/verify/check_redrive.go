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

	"simple-sam-demo/shared/item"
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
	rest, err := s.sweep(ctx, neverEnough, nil)
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
// has one: a look just before makes sure. Else the letter is sent again and then deleted, in
// this order, so that it can't be lost.
func (s *session) redrive(ctx context.Context) (how string, err error) {
	moves := false
	found, err := s.sweep(ctx, neverEnough, func(found *sweepResult) error {
		if len(found.own) == 0 {
			return faults{"the dead letter of item " + s.letter.probe.id + " is gone before it was redriven"}
		}
		if moves = s.letter.alone && found.others == 0; moves {
			return nil
		}
		return s.sendAgain(ctx, found)
	})
	if err != nil {
		return "", err
	}
	if moves {
		return s.move(ctx, len(found.own))
	}
	return "others have dead letters, so one was sent again and deleted, without a move task", nil
}

// move runs a message move task until it has moved the run's letters. SQS may count late. That the item is classified shows it,
// too.
func (s *session) move(ctx context.Context, letters int) (how string, err error) {
	if err := s.beginMove(ctx); err != nil {
		if found, lookErr := s.findMove(ctx); !found {
			return "", errors.Join(err, lookErr)
		}
	}
	var task listedMove
	var classified bool
	var cancelErr error
	ended, err := poll(ctx, movePatience, time.Second, func() (bool, error) {
		if task, err = s.ownMove(ctx); err != nil {
			return false, err
		}
		shown, err := s.api.show(ctx, s.letter.probe.id)
		classified = err == nil && shown.Status == item.Classified
		if classified || int(task.ApproximateNumberOfMessagesMoved) >= letters {
			cancelErr = s.endMove(ctx)
		}
		return task.Status != nil && aws.ToString(task.Status) != running, nil
	})
	if err != nil {
		return "", err
	}
	s.made.move.begun = s.made.move.begun && !ended
	var found faults
	switch moved := int(task.ApproximateNumberOfMessagesMoved); {
	case !ended:
		found.add("the move task has not ended after %s", movePatience)
	case moved == 0 && !classified:
		found.add("the move task is %s and has moved nothing: %s", aws.ToString(task.Status), aws.ToString(task.FailureReason))
	case moved > letters:
		found.add("the move task has moved about %d dead letters to EnrichQueue, and this run had %d: those of others came while it ran", moved, letters)
	}
	if cancelErr != nil {
		found.add("%v", cancelErr)
	}
	return fmt.Sprintf("a move task has moved %d message back", letters), found.err()
}

// sendAgain sends the run's letters to EnrichQueue with all that they carry, and deletes them.
func (s *session) sendAgain(ctx context.Context, found *sweepResult) error {
	for _, l := range found.own {
		in := &sqs.SendMessageInput{QueueUrl: &s.target.Queue.URL, MessageBody: l.Body, MessageAttributes: l.MessageAttributes}
		if trace := l.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]; strings.TrimSpace(trace) != "" {
			in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
				string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &trace},
			}
		}
		if _, err := s.queues.SendMessage(ctx, in); err != nil {
			return fmt.Errorf("send the dead letter again: %w", err)
		}
		if err := s.deleteLetter(ctx, found, l); err != nil {
			return err
		}
	}
	return nil
}
