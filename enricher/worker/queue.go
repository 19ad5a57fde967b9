package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/shared/awsclient"
)

// watchInterval is the time between two looks at the queue's attributes.
const watchInterval = time.Minute

// queue is what the handler must know of the queue. The function has it from its template. The worker is
// in another stack, so it asks the queue: then a change in the first stack needs no deployment of the
// second.
type queue struct {
	url, arn        string
	maxReceiveCount int
	retention       string // seconds
}

func lookUpQueue(ctx context.Context, cfg aws.Config, url string) (queue, error) {
	out, err := sqs.NewFromConfig(cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url,
		AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameQueueArn, types.QueueAttributeNameRedrivePolicy, types.QueueAttributeNameMessageRetentionPeriod,
		},
	})
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata) // an empty answer of a proxy would say that it has no attributes
	}
	if err != nil {
		return queue{}, fmt.Errorf("look up queue %s: %w", url, err)
	}
	arn, retention := out.Attributes["QueueArn"], out.Attributes["MessageRetentionPeriod"]
	if arn == "" || retention == "" {
		return queue{}, fmt.Errorf("queue %s has the QueueArn %q and the MessageRetentionPeriod %q: the endpoint's answer leaves one out", url, arn, retention)
	}
	var policy struct {
		MaxReceiveCount json.Number `json:"maxReceiveCount"` // SQS takes it as a number and as a text
	}
	err = json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &policy)
	most, notANumber := strconv.Atoi(policy.MaxReceiveCount.String())
	if err != nil || notANumber != nil || most < 1 {
		return queue{}, fmt.Errorf("queue %s has the RedrivePolicy %q: it must have a maxReceiveCount, or messages that fail would come back for ever", url, out.Attributes["RedrivePolicy"])
	}
	return queue{url, arn, most, retention}, nil
}

// over returns a look-up of environment variables in which those that say what the queue says too have
// the queue's values.
func (q queue) over(getenv func(string) string) func(string) string {
	return func(name string) string {
		switch name {
		case "MAX_RECEIVE_COUNT":
			return strconv.Itoa(q.maxReceiveCount)
		case "MESSAGE_RETENTION_SECONDS":
			return q.retention
		default:
			return getenv(name)
		}
	}
}

// watch calls stop when the queue's attributes are others than at the start. ECS starts a new worker then,
// with the new ones.
func (q queue) watch(ctx context.Context, cfg aws.Config, log *slog.Logger, stop func()) {
	for smithytime.SleepWithContext(ctx, watchInterval) == nil {
		now, err := lookUpQueue(ctx, cfg, q.url)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Warn("queue not looked up", "error", err)
		case now != q:
			log.Info("the queue's attributes have changed; another worker is to start with the new ones", "maxReceiveCount", now.maxReceiveCount, "retentionSeconds", now.retention)
			stop()
			return
		}
	}
}
