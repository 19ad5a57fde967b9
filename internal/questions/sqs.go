package questions

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"
)

// tooLong is a visibility timeout in seconds that is over the limit of twelve hours.
const tooLong = 43201

func changeDeletedMessage(ctx context.Context, p *Place) ([]Line, error) {
	q, err := p.queue(ctx, nil)
	if err != nil {
		return nil, err
	}
	m, err := p.sendAndReceive(ctx, q, "deleted")
	if err != nil {
		return nil, err
	}
	if _, err := p.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		return nil, err
	}
	var lines transcript
	for _, seconds := range []int32{30, tooLong} {
		_, err := p.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
		if err := lines.outcome(fmt.Sprintf("ChangeMessageVisibility to %d s", seconds), "success", err, mask{*m.ReceiptHandle, "HANDLE"}); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func useNoReceiptHandle(ctx context.Context, p *Place) ([]Line, error) {
	q, err := p.queue(ctx, nil)
	if err != nil {
		return nil, err
	}
	var lines transcript
	for _, handle := range []struct {
		asked string
		value *string
	}{{"no receipt handle", nil}, {"an empty receipt handle", aws.String("")}} {
		_, err := p.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: handle.value}, unchecked)
		if err := lines.outcome("DeleteMessage with "+handle.asked, "success", err); err != nil {
			return nil, err
		}
		_, err = p.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &q.url, ReceiptHandle: handle.value, VisibilityTimeout: 30}, unchecked)
		if err := lines.outcome("ChangeMessageVisibility with "+handle.asked, "success", err); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// unchecked lets the service say what is missing in a request, in place of the SDK.
func unchecked(o *sqs.Options) {
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		_, err := s.Initialize.Remove("OperationInputValidation")
		return err
	})
}

func deleteWithOldHandle(ctx context.Context, p *Place) ([]Line, error) {
	q, err := p.queue(ctx, map[string]string{"VisibilityTimeout": "0"})
	if err != nil {
		return nil, err
	}
	old, err := p.sendAndReceive(ctx, q, "received twice")
	if err != nil {
		return nil, err
	}
	if _, err := p.receive(ctx, q, 0); err != nil {
		return nil, err
	}
	var lines transcript
	_, err = p.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: old.ReceiptHandle})
	if err := lines.outcome("DeleteMessage with the first of two handles", "success", err, mask{*old.ReceiptHandle, "HANDLE"}); err != nil {
		return nil, err
	}
	switch _, err := p.receive(ctx, q, 0); {
	case err == nil:
		lines.add("the message", "is still there")
	case errors.Is(err, errNoMessage):
		lines.add("the message", "is gone")
	default:
		return nil, err
	}
	return lines, nil
}

func setWrongRedrivePolicies(ctx context.Context, p *Place) ([]Line, error) {
	q, err := p.queue(ctx, nil)
	if err != nil {
		return nil, err
	}
	policy := func(target, count string) string {
		return fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%q}`, target, count)
	}
	var lines transcript
	for _, wrong := range []struct{ asked, policy string }{
		{"a policy that is no JSON", "x"},
		{"a policy without a target", `{"maxReceiveCount":"5"}`},
		{"a policy without a count", fmt.Sprintf(`{"deadLetterTargetArn":%q}`, q.arn)},
		{"a count of 0", policy(q.arn, "0")},
		{"a target that is no ARN", policy("x", "5")},
		{"a target that does not exist", policy(q.arn+"-absent", "5")},
	} {
		_, err := p.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
			QueueUrl: &q.url, Attributes: map[string]string{string(types.QueueAttributeNameRedrivePolicy): wrong.policy},
		})
		if err := lines.outcome(wrong.asked, "success", err, mask{wrong.policy, "POLICY"}, mask{q.arn, "ARN"}); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// sendAndReceive sends a message to an empty queue and receives it.
func (p *Place) sendAndReceive(ctx context.Context, q queue, body string) (m types.Message, err error) {
	if err := p.send(ctx, q, body, 0); err != nil {
		return m, err
	}
	return p.receive(ctx, q, 0)
}

func (p *Place) send(ctx context.Context, q queue, body string, delay int32) error {
	_, err := p.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body, DelaySeconds: delay})
	if err != nil {
		return fmt.Errorf("send message %q: %w", body, err)
	}
	return nil
}

var errNoMessage = errors.New("no message arrived")

// receive receives one message, or fails with errNoMessage if none comes in time. hidden is its
// visibility timeout in seconds, or 0 for the queue's.
func (p *Place) receive(ctx context.Context, q queue, hidden int32) (m types.Message, err error) {
	out, err := p.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: 1, VisibilityTimeout: hidden, WaitTimeSeconds: p.wholeSeconds(),
	})
	switch {
	case err != nil:
		return m, fmt.Errorf("receive from queue %s: %w", q.name, err)
	case len(out.Messages) == 0:
		return m, fmt.Errorf("receive from queue %s: %w", q.name, errNoMessage)
	}
	return out.Messages[0], nil
}

// receiveAll receives the messages of a queue until no more come, and returns their bodies.
func (p *Place) receiveAll(ctx context.Context, q queue) (bodies map[string]bool, err error) {
	bodies = map[string]bool{}
	for {
		m, err := p.receive(ctx, q, 600)
		switch {
		case errors.Is(err, errNoMessage):
			return bodies, nil
		case err != nil:
			return nil, err
		}
		bodies[*m.Body] = true
	}
}

// wholeSeconds is the place's patience as a receive takes it.
func (p *Place) wholeSeconds() int32 { return int32(min(20, max(1, p.patience.Seconds()))) }
