package awsclient

import (
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	maxAttempts = 3
	baseDelay   = 50 * time.Millisecond
	maxBackoff  = 300 * time.Millisecond
)

// NewRetryer returns the SDK's standard retryer with delays that fit into an invocation. When a call
// fails for longer, the message comes back later. The retryer makes 3 attempts. It waits up to 50 ms
// before the second and up to 100 ms before the third, or up to 300 ms after a throttle. (The SDK's
// default after a throttle begins with a second.) These waits are as long as those of dynamodb's own
// retryer, which makes four attempts from 25 ms on (v1.74.0), and there is one timeout less.
//
// Each client has 500 tokens, which is the SDK's default. A retry after a throttle takes 5 tokens, any
// other retry 14. A call that succeeds gives back what its retries took, or one token if it needed
// none. So in an outage, calls fail at their first attempt after 35 retries.
func NewRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.BaseDelay = baseDelay
		o.MaxBackoff = maxBackoff
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(isCutOff))
	})
}

// isCutOff tells whether a connection was lost in the middle of an answer. The SDK takes such an answer for one that it
// cannot read, and tries again only if the connection is lost before the answer.
func isCutOff(err error) aws.Ternary { return aws.BoolTernary(errors.Is(err, io.ErrUnexpectedEOF)) }
