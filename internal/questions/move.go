package questions

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// letters are a dead-letter queue, and a queue to which its messages are to be moved.
type letters struct{ dead, destination queue }

func (p *Place) letters(ctx context.Context, delay int) (l letters, err error) {
	if l.dead, err = p.queue(ctx, nil); err != nil {
		return l, err
	}
	if l.destination, err = p.queue(ctx, map[string]string{"DelaySeconds": fmt.Sprint(delay)}); err != nil {
		return l, err
	}
	policy := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":5}`, l.dead.arn)
	_, err = p.queue(ctx, map[string]string{string(types.QueueAttributeNameRedrivePolicy): policy}) // only a dead-letter queue can be moved
	return l, err
}

// move starts a task. perSecond is the most messages a second. On AWS it takes a while until the messages
// are counted, and until a queue is known as a dead-letter queue.
func (p *Place) move(ctx context.Context, l letters, perSecond int32) error {
	const tries = 5
	for try := 1; ; try++ {
		if err := wait(ctx, p.patience); err != nil {
			return err
		}
		_, err := p.sqs.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
			SourceArn: &l.dead.arn, DestinationArn: &l.destination.arn, MaxNumberOfMessagesPerSecond: aws.Int32(perSecond),
		})
		if err == nil {
			return nil
		}
		if _, isRefused := refusal(err); !isRefused || try == tries {
			return fmt.Errorf("start a move task: %w", err)
		}
	}
}

// until looks at the task until it is as it should be, or has ended, and returns its status. With nil it
// waits for the end. It gives up after some looks.
func (p *Place) until(ctx context.Context, l letters, is func(types.ListMessageMoveTasksResultEntry) bool) (status string, err error) {
	const looks = 20
	for range looks {
		out, err := p.sqs.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &l.dead.arn})
		if err != nil {
			return "", fmt.Errorf("look at the move task: %w", err)
		}
		if len(out.Results) > 0 {
			task := out.Results[0]
			if status = aws.ToString(task.Status); status != "RUNNING" || is != nil && is(task) {
				return status, nil
			}
		}
		if err := wait(ctx, p.pause()); err != nil {
			return "", fmt.Errorf("wait for the move task: %w", err)
		}
	}
	return status, nil
}

func hasMoved(task types.ListMessageMoveTasksResultEntry) bool {
	return task.ApproximateNumberOfMessagesMoved > 0
}

// pause is between two looks at a task.
func (p *Place) pause() time.Duration { return max(p.patience/2, 200*time.Millisecond) }

// sorted adds to the lines where each message is after a move.
func (p *Place) sorted(ctx context.Context, l letters, lines *transcript, bodies ...string) error {
	moved, err := p.receiveAll(ctx, l.destination)
	if err != nil {
		return err
	}
	for _, body := range bodies {
		if moved[body] {
			lines.add(body, "moved")
		} else {
			lines.add(body, "not moved")
		}
	}
	return nil
}

func moveWhileMessagesArrive(ctx context.Context, p *Place) ([]Line, error) {
	l, err := p.letters(ctx, 0)
	if err != nil {
		return nil, err
	}
	before := []string{"1st message sent before", "2nd message sent before", "3rd message sent before", "4th message sent before"}
	meanwhile := []string{"1st message sent after one was moved", "2nd message sent after one was moved"}
	for _, body := range before {
		if err := p.send(ctx, l.dead, body, 0); err != nil {
			return nil, err
		}
	}
	if err := p.move(ctx, l, 1); err != nil {
		return nil, err
	}
	if _, err := p.until(ctx, l, hasMoved); err != nil {
		return nil, err
	}
	for _, body := range meanwhile {
		if err := p.send(ctx, l.dead, body, 0); err != nil {
			return nil, err
		}
	}
	return p.movedOf(ctx, l, append(before, meanwhile...)...)
}

func moveHiddenMessages(ctx context.Context, p *Place) ([]Line, error) {
	l, err := p.letters(ctx, 0)
	if err != nil {
		return nil, err
	}
	const flying, delayed, visible = "a message in flight", "a delayed message", "a visible message"
	if err := p.send(ctx, l.dead, flying, 0); err != nil {
		return nil, err
	}
	if _, err := p.receive(ctx, l.dead, 600); err != nil {
		return nil, err
	}
	if err := p.send(ctx, l.dead, delayed, 600); err != nil {
		return nil, err
	}
	if err := p.send(ctx, l.dead, visible, 0); err != nil {
		return nil, err
	}
	if err := p.move(ctx, l, 10); err != nil {
		return nil, err
	}
	return p.movedOf(ctx, l, flying, delayed, visible)
}

func moveToADelayedQueue(ctx context.Context, p *Place) ([]Line, error) {
	l, err := p.letters(ctx, 900)
	if err != nil {
		return nil, err
	}
	const message = "a message, to a queue with a delay of 900 s"
	if err := p.send(ctx, l.dead, message, 0); err != nil {
		return nil, err
	}
	if err := p.move(ctx, l, 10); err != nil {
		return nil, err
	}
	status, err := p.until(ctx, l, nil)
	if err != nil {
		return nil, err
	}
	at, err := p.receiveAll(ctx, l.destination)
	if err != nil {
		return nil, err
	}
	lines := transcript{{"the task", status}}
	if at[message] {
		lines.add(message, "is visible at once")
	} else {
		lines.add(message, "is not visible at once")
	}
	return lines, nil
}

// movedOf waits for the end of the task, and says where each message is.
func (p *Place) movedOf(ctx context.Context, l letters, bodies ...string) ([]Line, error) {
	status, err := p.until(ctx, l, nil)
	if err != nil {
		return nil, err
	}
	lines := transcript{{"the task", status}}
	if err := p.sorted(ctx, l, &lines, bodies...); err != nil {
		return nil, err
	}
	return lines, nil
}
