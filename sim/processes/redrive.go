package processes

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/template"
)

// redrive moves the dead letters back, as the runbook says.
func (r *run) redrive(ctx context.Context) error {
	letters, err := r.deadLetters(ctx)
	if err != nil {
		return err
	}
	arn := func(queue string) *string {
		return aws.String("arn:aws:sqs:" + template.Region + ":" + template.Account + ":" + queue)
	}
	if _, err := r.queue.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: arn("EnrichDeadLetterQueue"), DestinationArn: arn("EnrichQueue"),
	}); err != nil {
		return err
	}
	moved := -1
	r.wait(ctx, longestCalm, func(ctx context.Context) bool {
		var out *sqs.ListMessageMoveTasksOutput
		out, err = r.queue.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: arn("EnrichDeadLetterQueue")})
		if err != nil || aws.ToString(out.Results[0].Status) == "RUNNING" {
			return err != nil
		}
		moved = int(out.Results[0].ApproximateNumberOfMessagesMoved)
		return true
	})
	r.record.count("dead letters: moved back", moved)
	if err == nil && moved != len(letters) {
		r.record.violate("a redrive conserves messages", "%d of %d were moved", moved, len(letters))
	}
	return err
}
