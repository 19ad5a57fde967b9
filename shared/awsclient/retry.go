package awsclient

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	maxAttempts = 3
	baseDelay   = 50 * time.Millisecond
	maxBackoff  = 300 * time.Millisecond
)

// NewRetryer returns the SDK's standard retryer with delays that fit into an invocation; what
// fails for longer is the queue's to retry. It makes 3 attempts. Before the second it waits up to
// 50 ms, before the third up to 100 ms, and up to 300 ms after a throttle, for which the SDK begins
// with a second. That is as long as the four attempts from 25 ms that dynamodb's own retryer would
// make (v1.74.0), at the price of one timeout less.
//
// Each client has 500 tokens, as is the SDK's default. A retry after a throttle takes 5, another 14,
// and a call that succeeds gives them back, or one if it needed no retry: in an outage, after 35
// retries, calls fail at their first attempt.
func NewRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.BaseDelay = baseDelay
		o.MaxBackoff = maxBackoff
	})
}
