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

const isRunning = "RUNNING"

// looks are how often, and how many times at most, somebody looks at a task.
type looks struct {
	pause time.Duration
	most  int
}

// looksForTheEnd are those of a task that nobody disturbs.
func (p *Place) looksForTheEnd() looks { return looks{max(p.patience/2, 200*time.Millisecond), 20} }

// until looks at the task until it is as it should be, or has ended, and returns its status. With nil it
// waits for the end. If neither has come after all looks, that is an error: nothing is known then.
func (p *Place) until(ctx context.Context, l letters, look looks, is func(types.ListMessageMoveTasksResultEntry) bool) (status string, err error) {
	for range look.most {
		out, err := p.sqs.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &l.dead.arn})
		if err != nil {
			return "", fmt.Errorf("look at the move task: %w", err)
		}
		if len(out.Results) > 0 {
			task := out.Results[0]
			if status = aws.ToString(task.Status); status != isRunning || is != nil && is(task) {
				return status, nil
			}
		}
		if err := wait(ctx, look.pause); err != nil {
			return "", fmt.Errorf("wait for the move task: %w", err)
		}
	}
	return "", fmt.Errorf("the move task is %q after %s of waiting", status, time.Duration(look.most)*look.pause)
}

// whileItRuns calls do after the task has moved a message, and returns an error unless the task still runs afterwards. The
// looks are short, because such a task may last for some seconds only.
func (p *Place) whileItRuns(ctx context.Context, l letters, do func() error) error {
	often := looks{200 * time.Millisecond, 100}
	status, err := p.until(ctx, l, often, func(task types.ListMessageMoveTasksResultEntry) bool {
		return task.ApproximateNumberOfMessagesMoved > 0
	})
	if err != nil {
		return err
	}
	if status == isRunning {
		if err := do(); err != nil {
			return err
		}
		if status, err = p.until(ctx, l, often, func(types.ListMessageMoveTasksResultEntry) bool { return true }); err != nil {
			return err
		}
	}
	if status != isRunning {
		return fmt.Errorf("the move task was %s too soon for the question: ask again", status)
	}
	return nil
}

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
	err = p.whileItRuns(ctx, l, func() error {
		for _, body := range meanwhile {
			if err := p.send(ctx, l.dead, body, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
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
	status, err := p.until(ctx, l, p.looksForTheEnd(), nil)
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
	status, err := p.until(ctx, l, p.looksForTheEnd(), nil)
	if err != nil {
		return nil, err
	}
	lines := transcript{{"the task", status}}
	if err := p.sorted(ctx, l, &lines, bodies...); err != nil {
		return nil, err
	}
	return lines, nil
}
