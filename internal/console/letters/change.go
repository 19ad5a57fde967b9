package letters

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/awsclient"
)

// changeTime is how long redriving or deleting may take: less than messages stay hidden. There is no
// other way to a chosen letter than to receive all until it comes.
const changeTime = Visibility / 2

// Outcome is what became of the letters that somebody has chosen.
type Outcome struct {
	Done   []string         // ids
	Failed map[string]error // by id; these are still in the dead-letter queue
	Twice  map[string]error // sent back, but not deleted here
	Absent []string         // gone or hidden by somebody else; or not read in time, unless Whole
	Whole  bool             // every visible letter was read; false also when the look ended with the last chosen one
}

// Redrive sends chosen letters back to the queue that they come from, and deletes each when it has been
// sent. A crash in between leaves a message in both queues. The enricher does the work of the second
// one for nothing, and nothing is lost. body, when it is not nil, takes the place of the letters' own.
func (b *Box) Redrive(ctx context.Context, ids []string, body *string) (Outcome, error) {
	whole := context.WithoutCancel(ctx) // a browser that goes between the two would leave a message in both queues
	return b.take(ctx, ids, func(l Letter, o *Outcome) bool {
		if body != nil && Digest(*body) != Digest(l.Body) {
			l.Body = withNewlines(*body)
		}
		if err := b.send(whole, l); err != nil {
			o.Failed[l.ID] = err
			return false
		}
		if err := b.delete(whole, l); err != nil {
			o.Twice[l.ID] = err
			return false
		}
		return true
	})
}

// Digest is the same for a body, and for what a browser makes of it in a form.
func Digest(body string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(withNewlines(body))))
}

// withNewlines returns a text with the line ends of a message. A browser sends \r\n for every one in a
// form, so a text that differs in nothing else has not been changed.
// https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#converting-an-entry-list-to-a-list-of-name-value-pairs
func withNewlines(text string) string { return lineEnds.Replace(text) }

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Delete deletes chosen letters.
func (b *Box) Delete(ctx context.Context, ids []string) (Outcome, error) {
	return b.take(ctx, ids, func(l Letter, o *Outcome) bool {
		if err := b.delete(ctx, l); err != nil {
			o.Failed[l.ID] = err
			return false
		}
		return true
	})
}

// take receives the letters with the ids and calls do for each. do tells whether the letter is gone. It
// is not to stop in the middle when ctx ends.
func (b *Box) take(ctx context.Context, ids []string, do func(Letter, *Outcome) bool) (Outcome, error) {
	left := map[string]bool{}
	for _, id := range ids {
		left[id] = true
	}
	o := Outcome{Failed: map[string]error{}, Twice: map[string]error{}}
	_, whole, err := b.look(ctx, effort{time: changeTime}, func(l Letter, gone func()) verdict {
		if !left[l.ID] {
			return goOn
		}
		delete(left, l.ID)
		if do(l, &o) {
			gone()
			o.Done = append(o.Done, l.ID)
		}
		if len(left) == 0 {
			return stop
		}
		return goOn
	})
	o.Whole = whole
	for id := range left {
		o.Absent = append(o.Absent, id)
	}
	return o, err
}

// send passes on all that a message has. The enricher takes away the reason.
func (b *Box) send(ctx context.Context, l Letter) error {
	in := &sqs.SendMessageInput{QueueUrl: &b.home, MessageBody: &l.Body, MessageAttributes: l.Attributes}
	if l.trace != "" {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &l.trace},
		}
	}
	out, err := b.client.SendMessage(ctx, in)
	if err == nil && aws.ToString(out.MessageId) == "" { // a proxy's empty answer, say
		err = fmt.Errorf("the answer has no message id")
	}
	if err != nil {
		return fmt.Errorf("send it back: %w", err)
	}
	return nil
}

func (b *Box) delete(ctx context.Context, l Letter) error {
	out, err := b.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &b.url, ReceiptHandle: &l.receipt})
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata)
	}
	if err != nil {
		return fmt.Errorf("delete it: %w", err)
	}
	return nil
}

// RedriveAll lets SQS move all letters back, by a message move task, unless one does already.
func (b *Box) RedriveAll(ctx context.Context) error {
	if err := b.takeTurn(ctx); err != nil { // a task leaves out what a look holds
		return err
	}
	defer b.endTurn()
	_, err := b.client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &b.arn, DestinationArn: &b.homeARN})
	if err == nil {
		return nil
	}
	if moving, unknown := b.isMoving(ctx); moving && unknown == nil { // somebody else was faster
		return nil
	}
	return fmt.Errorf("start a message move task: %w", err)
}

// CancelMove stops a move task, unless it has ended. What it has moved stays moved.
func (b *Box) CancelMove(ctx context.Context, handle string) error {
	_, err := b.client.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
	if err == nil {
		return nil
	}
	if moving, unknown := b.isMoving(ctx); !moving && unknown == nil {
		return nil
	}
	return fmt.Errorf("cancel the message move task: %w", err)
}

// isMoving tells whether a move task of the dead-letter queue runs.
func (b *Box) isMoving(ctx context.Context) (bool, error) {
	out, err := b.client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &b.arn})
	if err != nil {
		return false, fmt.Errorf("look for a message move task: %w", err)
	}
	return slices.ContainsFunc(out.Results, func(task types.ListMessageMoveTasksResultEntry) bool {
		return slices.Contains([]string{"RUNNING", "CANCELLING"}, aws.ToString(task.Status))
	}), nil
}
