// Package awsclient is how the functions talk to AWS: the SDK's configuration with
// timeouts that fit inside an invocation, and what to say when a call failed.
package awsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
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

// Load returns the SDK's configuration from the environment variables that Lambda sets,
// and AWS_ENDPOINT_URL. config.LoadDefaultConfig would also look for credentials in files,
// in IAM Identity Center, in STS and in EC2; the linker leaves all of that out.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func Load() (aws.Config, error) {
	env, err := config.NewEnvConfig()
	switch {
	case err != nil:
		return aws.Config{}, fmt.Errorf("load AWS configuration: %w", err)
	case env.Region == "":
		return aws.Config{}, errors.New("load AWS configuration: AWS_REGION is not set")
	case !env.Credentials.HasKeys():
		return aws.Config{}, errors.New("load AWS configuration: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
	}
	cfg := aws.Config{
		Region:      env.Region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return env.Credentials, nil }),
		Retryer:     NewRetryer,
		HTTPClient: awshttp.NewBuildableClient().
			WithTimeout(AttemptTimeout).
			WithTransportOptions(func(t *http.Transport) {
				t.MaxIdleConns = 2 * MaxConnections // DynamoDB and SQS
				t.MaxIdleConnsPerHost = MaxConnections
			}),
	}
	if env.BaseEndpoint != "" {
		cfg.BaseEndpoint = &env.BaseEndpoint
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

// Cause names why a call failed, in a form that may be stored and shown: AWS's error code,
// or what else went wrong, without AWS's text, which can hold names and ids of the account.
func Cause(err error) string {
	var api smithy.APIError
	var network net.Error
	var answer *smithyhttp.ResponseError
	var unreadable *smithy.DeserializationError
	switch isAPI := errors.As(err, &api); {
	case isAPI && isCode(api.ErrorCode()):
		return api.ErrorCode()
	case TimedOut(err):
		return "timed out"
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusMultipleChoices: // of a proxy, say
		return fmt.Sprintf("answered HTTP %d without an error code", answer.HTTPStatusCode())
	case errors.As(err, &unreadable), errors.Is(err, ErrNoAnswer):
		return "unreadable answer"
	case errors.As(err, &network):
		return "connection failed"
	default:
		return "call failed"
	}
}

// ErrNoAnswer means that what came back does not say what became of the call. The SDK takes
// an empty body with the status 200 for a success, whoever sent it.
var ErrNoAnswer = errors.New("the answer does not say what became of the call")

// Answered returns [ErrNoAnswer] unless the metadata of a successful call has a request id, as
// all of AWS's answers have.
func Answered(metadata middleware.Metadata) error {
	if id, _ := awsmiddleware.GetRequestIDMetadata(metadata); id == "" {
		return ErrNoAnswer
	}
	return nil
}

// TimedOut tells whether a call failed because no answer came in time.
func TimedOut(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// isCode tells whether AWS can have given an error code, which is stored and shown. The SDK
// says UnknownError of an answer without one.
func isCode(code string) bool {
	const longest = 100
	notInCode := func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	return code != "UnknownError" && len(code) <= longest && strings.IndexFunc(code, notInCode) < 0
}
