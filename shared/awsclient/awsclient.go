// Package awsclient is how the functions talk to AWS: the SDK's configuration with
// timeouts that fit inside an invocation, and what to say when a call failed.
package awsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

const (
	// AttemptTimeout bounds one HTTP exchange, so that a hung connection costs one
	// attempt. DynamoDB and SQS answer in milliseconds.
	AttemptTimeout = time.Second
	maxAttempts    = 3
	maxBackoff     = 300 * time.Millisecond

	// CallTimeout is the longest that one call can take: every attempt hangs.
	CallTimeout = maxAttempts*AttemptTimeout + (maxAttempts-1)*maxBackoff

	// MaxConnections is how many connections to one service are kept open. The SDK's
	// default of 10 would open new ones for most writes of a large batch.
	MaxConnections = 128
)

// Load returns the SDK's configuration from the environment.
func Load(ctx context.Context) (aws.Config, error) {
	client := awshttp.NewBuildableClient().
		WithTimeout(AttemptTimeout).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns = 2 * MaxConnections // DynamoDB and SQS
			t.MaxIdleConnsPerHost = MaxConnections
		})
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client), config.WithRetryer(NewRetryer))
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
}

// NewRetryer returns the SDK's standard retryer with delays short enough for an
// invocation; what fails for longer is the queue's to retry.
func NewRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.MaxBackoff = maxBackoff
	})
}

// Cause names why a call failed, in a form that may be stored and shown: AWS's
// error code, "timed out" or "connection failed", without AWS's text, which can
// hold names and ids of the account.
func Cause(err error) string {
	var api smithy.APIError
	var network net.Error
	switch {
	case errors.As(err, &api):
		return api.ErrorCode()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timed out"
	default:
		return "connection failed"
	}
}
