package queue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/shared/awsclient"
)

// Connect opens connections to SQS before they are needed, see [awsclient.Opener].
func (q *Queue) Connect(ctx context.Context, connections int) {
	_, _ = q.client.ListQueues(ctx, nil, func(o *sqs.Options) {
		o.HTTPClient = awsclient.Opener{Client: o.HTTPClient, Connections: connections}
	})
}
