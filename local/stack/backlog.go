package stack

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Backlog is how many messages are in a queue. On AWS the numbers are approximate, here they
// are exact.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/confirm-queue-is-empty.html
type Backlog struct {
	Visible  int
	InFlight int // received, and neither deleted nor visible again
	Delayed  int
}

// Total is 0 when the queue is empty.
func (b Backlog) Total() int { return b.Visible + b.InFlight + b.Delayed }

// BacklogOf asks a queue, by its URL, how many messages are in it.
func BacklogOf(ctx context.Context, client *sqs.Client, queueURL string) (Backlog, error) {
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return Backlog{}, fmt.Errorf("look up the backlog of %s: %w", queueURL, err)
	}
	var b Backlog
	var errs [3]error
	b.Visible, errs[0] = strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	b.InFlight, errs[1] = strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	b.Delayed, errs[2] = strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesDelayed"])
	return b, errors.Join(errs[:]...)
}
