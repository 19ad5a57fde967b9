// Package awsclient is how the functions talk to AWS: the SDK's configuration with timeouts,
// retries and connections that fit inside an invocation, and the name of the cause when a call failed.
// It knows no table and no queue; the packages table and queue make the calls.
package awsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"simple-sam-demo/shared/environment"
)

const (
	// AttemptTimeout bounds one HTTP exchange, so that a hung connection costs one
	// attempt. DynamoDB and SQS answer in milliseconds.
	AttemptTimeout = time.Second

	// CallTimeout is the longest time that one call can take, when every attempt hangs. It begins when
	// the call has a connection.
	CallTimeout = maxAttempts*AttemptTimeout + (maxAttempts-1)*maxBackoff

	// MaxConnections is the largest number of calls to one service at the same time. Each has a
	// connection of its own. The writer makes this many to the queue for a batch of 100 items.
	//
	// A TLS handshake takes 1 to 2 ms of a processor, and a function with 128 MB has a fourteenth of
	// one. There, the last of 8 connections that were opened at once was ready after 0.15 s, the last
	// of 16 after 0.3 s, and the last of 32 after 0.5 s. Of 100, some were not ready within
	// AttemptTimeout. AWS's processors may be slower.
	MaxConnections = 10
)

// Load returns the SDK's configuration from the environment variables that Lambda sets, and
// from AWS_ENDPOINT_URL. The SDK's own package config would also look for credentials in files, in IAM
// Identity Center, in STS and in EC2. It would set up four more clients at each start.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func Load() (aws.Config, error) {
	env := environment.New(os.Getenv)
	credentials := aws.Credentials{
		AccessKeyID:     env.String("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: env.String("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
	}
	cfg := aws.Config{
		Region:      env.String("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
		Retryer:     NewRetryer,
		HTTPClient:  NewHTTPClient(),
	}
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		cfg.BaseEndpoint = &url
	}
	if err := env.Err(); err != nil {
		return aws.Config{}, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
}

// NewHTTPClient returns a client that makes at most [MaxConnections] calls to a host at once, each
// for [AttemptTimeout]. To open a connection takes no longer either: net/http goes on with the handshake of a call that
// was given up, and counts it in MaxConnsPerHost. The SDK gives it 30 s, and TLS another 10 s. That long after a
// disturbance, no call would have got a connection.
func NewHTTPClient() aws.HTTPClient {
	return &limited{turns: map[string]chan struct{}{}, client: awshttp.NewBuildableClient().
		WithTimeout(AttemptTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = AttemptTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = AttemptTimeout
			t.MaxConnsPerHost = MaxConnections
			t.MaxIdleConnsPerHost = MaxConnections
		})}
}

// Cause names why a call failed, in a form that may be stored and shown: AWS's error code, or
// what else went wrong. It leaves out AWS's text, because that can hold names and ids of the account.
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

// ErrNoAnswer means that the answer does not say what became of the call. The SDK takes an empty body
// with the status 200 for a success, even when a proxy sent it.
var ErrNoAnswer = errors.New("the answer does not say what became of the call")

// Answered returns [ErrNoAnswer] unless the metadata of a successful call has a request id. All of
// AWS's answers have one.
func Answered(metadata middleware.Metadata) error {
	if id, _ := awsmiddleware.GetRequestIDMetadata(metadata); id == "" {
		return ErrNoAnswer
	}
	return nil
}

// IsAnswer tells whether AWS answered a call with an error.
func IsAnswer(err error) bool {
	_, ok := errors.AsType[smithy.APIError](err)
	return ok
}

// TimedOut tells whether a call failed because no answer came in time.
func TimedOut(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// isCode tells whether a text has the form of AWS's error codes, and may be stored and shown. For an
// answer without a code, the SDK says UnknownError.
func isCode(code string) bool {
	const longest = 100
	notInCode := func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	return code != "" && code != "UnknownError" && len(code) <= longest && strings.IndexFunc(code, notInCode) < 0
}
