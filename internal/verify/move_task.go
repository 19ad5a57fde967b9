package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	movePatience = 2 * time.Minute

	// movesPerSecond is the lowest rate there is: should letters of others arrive just before the task
	// begins, it is cancelled before it has moved many.
	movesPerSecond = 1

	running = "RUNNING"
)

// moveTask is the message move task of a run.
type moveTask struct {
	begun  bool   // SQS may be at it: nobody has seen that it has ended
	handle string // "" if SQS's answer was lost
	before int64  // when the newest task before it was started
}

// listedMove is a move task as SQS shows it.
type listedMove = types.ListMessageMoveTasksResultEntry

// beginMove starts a move task. It makes one attempt. The SDK would repeat it if the answer was lost, and would then be
// told that a task is running.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func (s *session) beginMove(ctx context.Context) error {
	task := &s.made.move
	if newest, err := s.newestMove(ctx); err == nil { // an error would come again
		task.before = newest.StartedTimestamp
	}
	task.begun = true
	started, err := s.queues.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: &s.target.DeadLetterQueue.ARN, DestinationArn: &s.target.Queue.ARN, MaxNumberOfMessagesPerSecond: aws.Int32(movesPerSecond),
	}, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	if err == nil {
		task.handle = aws.ToString(started.TaskHandle)
	}
	if status := statusOf(err); status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		task.begun = false
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return faults{fmt.Sprintf("a move task from the dead-letter queue to EnrichQueue is refused: %s: %s", api.ErrorCode(), api.ErrorMessage())}
	}
	if err != nil {
		return fmt.Errorf("start a move task: %w", err)
	}
	return nil
}

// statusOf returns the HTTP status of the answer that is an error, or 0.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return answer.HTTPStatusCode()
	}
	return 0
}

// newestMove returns the newest move task of the dead-letter queue. It is empty if there is none.
func (s *session) newestMove(ctx context.Context) (newest listedMove, err error) {
	out, err := s.queues.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &s.target.DeadLetterQueue.ARN})
	if err != nil {
		return newest, fmt.Errorf("look at the move task: %w", err)
	}
	if len(out.Results) > 0 {
		newest = out.Results[0]
	}
	return newest, nil
}

// ownMove returns the run's move task. It is empty if SQS does not show it.
func (s *session) ownMove(ctx context.Context) (own listedMove, err error) {
	newest, err := s.newestMove(ctx)
	switch task := s.made.move; {
	case err != nil || newest.StartedTimestamp <= task.before:
	case aws.ToString(newest.DestinationArn) != s.target.Queue.ARN || aws.ToInt32(newest.MaxNumberOfMessagesPerSecond) != movesPerSecond:
	default:
		own = newest
	}
	return own, err
}

// endMove cancels the run's move task if it has not ended. Only SQS's word that it has ended counts.
func (s *session) endMove(ctx context.Context) error {
	task := &s.made.move
	if task.handle == "" {
		if _, err := s.findMove(ctx); err != nil {
			return err
		}
	}
	if !task.begun {
		return nil
	}
	if _, err := s.queues.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: &task.handle}); err != nil {
		own, lookErr := s.ownMove(ctx)
		if status := aws.ToString(own.Status); lookErr != nil || status == "" || status == running {
			return fmt.Errorf("cancel the move task: %w", err)
		}
	}
	task.begun = false
	return nil
}

// findMove looks for a move task whose start had no answer. An emulator without move tasks answers 500 to this, too.
func (s *session) findMove(ctx context.Context) (found bool, err error) {
	const patience = 5 * time.Second // the start may be on its way
	task := &s.made.move
	if !task.begun {
		return false, nil
	}
	found, err = poll(ctx, s.made.share(ctx, patience), time.Second, func() (bool, error) {
		own, err := s.ownMove(ctx)
		task.handle = aws.ToString(own.TaskHandle)
		return own.Status != nil, err
	})
	switch {
	case statusOf(err) >= http.StatusInternalServerError:
	case err != nil:
		return false, err
	case !found && ctx.Err() != nil:
		return false, ctx.Err()
	}
	task.begun = task.handle != "" // SQS shows the handle only while the task runs
	return found, nil
}
