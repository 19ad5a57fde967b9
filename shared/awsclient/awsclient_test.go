package awsclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
)

// environment is what Lambda sets, and an endpoint.
func environment(t *testing.T, endpoint string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c",
		"AWS_ENDPOINT_URL": endpoint,
	} {
		t.Setenv(name, value)
	}
}

func TestTheConfigurationIsWhatLambdaSets(t *testing.T) {
	environment(t, "")
	cfg, err := awsclient.Load()
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "a" || got.SecretAccessKey != "b" || got.SessionToken != "c" || cfg.Region != "us-east-1" || cfg.BaseEndpoint != nil {
		t.Errorf("region %s, endpoint %v, credentials %v, %v", cfg.Region, cfg.BaseEndpoint, got, err)
	}
	throttled := &smithy.GenericAPIError{Code: "ThrottlingException"} // the SDK's own retryer would wait a second or more
	if delay, err := cfg.Retryer().RetryDelay(3, throttled); err != nil || delay > 300*time.Millisecond {
		t.Errorf("the third attempt waits %s, %v; want 300ms at most", delay, err)
	}
}

// A table that is out must not take the retries of the queue.
func TestEachClientHasItsOwnRetries(t *testing.T) {
	environment(t, "")
	cfg, err := awsclient.Load()
	if err != nil {
		t.Fatal(err)
	}
	throttled := &smithy.GenericAPIError{Code: "ThrottlingException"}
	one, other := cfg.Retryer(), cfg.Retryer()
	for range 100 { // retries after a throttle, which take all tokens of a bucket
		if _, err := one.GetRetryToken(t.Context(), throttled); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := one.GetRetryToken(t.Context(), throttled); err == nil {
		t.Error("a client has more than a hundred retries")
	}
	if _, err := other.GetRetryToken(t.Context(), throttled); err != nil {
		t.Errorf("another client has none left: %v", err)
	}
}

func TestAMissingSettingIsNamed(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		environment(t, "")
		for _, variable := range []string{name, "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY", "AWS_SECRET_KEY"} {
			t.Setenv(variable, "")
		}
		if _, err := awsclient.Load(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func TestACallThatHangsIsTriedAgainInTime(t *testing.T) {
	var attempts atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client leaves
		if attempts.Add(1) == 1 {
			<-r.Context().Done() // until the client gives up
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		fmt.Fprint(w, `{"QueueUrl":"found"}`)
	}))
	defer server.Close()
	environment(t, server.URL)
	cfg, err := awsclient.Load()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), awsclient.CallTimeout)
	defer cancel()
	out, err := sqs.NewFromConfig(cfg).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	if err != nil || *out.QueueUrl != "found" || attempts.Load() != 2 {
		t.Errorf("%d attempts, %v", attempts.Load(), err)
	}
}

func TestTheCauseHoldsNoTextOfAWS(t *testing.T) {
	throttled := &smithy.GenericAPIError{Code: "ThrottlingException", Message: "arn:aws:secret"}
	for want, err := range map[string]error{
		"ThrottlingException": fmt.Errorf("store item: %w", throttled),
		"timed out":           fmt.Errorf("store item: %w", context.DeadlineExceeded),
		"connection failed":   &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")},
		"call failed":         errors.New("serialization failed"),
	} {
		if got := awsclient.Cause(err); got != want {
			t.Errorf("Cause(%v) = %q, want %q", err, got, want)
		}
	}
}

// What stands between a function and AWS, or in AWS's place, can answer anything.
func TestTheCauseTellsAnAnswerThatIsNotAWSsFromAConnectionThatFailed(t *testing.T) {
	body := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":                     {body(200, "<html>Welcome</html>"), "unreadable answer"},
		"another type":               {body(200, "[]"), "unreadable answer"},
		"another type inside":        {body(200, `{"Item":5}`), "unreadable answer"},
		"a part of an answer":        {body(200, `{"Item":{`), "unreadable answer"},
		"a page of a proxy":          {body(403, "<html>Blocked</html>"), "answered HTTP 403 without an error code"},
		"a proxy's own JSON":         {body(403, `{"message":"blocked"}`), "answered HTTP 403 without an error code"},
		"a proxy that is overloaded": {body(503, ""), "answered HTTP 503 without an error code"},
		"a code of any length":       {body(400, `{"__type":"`+strings.Repeat("x", 100_000)+`"}`), "answered HTTP 400 without an error code"},
		"a code that is text":        {body(400, `{"__type":"the role Secret is blocked"}`), "answered HTTP 400 without an error code"},
		"an error of DynamoDB's":     {body(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}`), "ResourceNotFoundException"},
		"another protocol": {func(w http.ResponseWriter, _ *http.Request) {
			connection, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(connection, "SSH-2.0-OpenSSH_9.7\r\n\r\n")
			connection.Close()
		}, "connection failed"},
		"no answer": {func(w http.ResponseWriter, _ *http.Request) {
			connection, _, _ := w.(http.Hijacker).Hijack()
			connection.Close()
		}, "connection failed"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.answer)
			defer server.Close()
			environment(t, server.URL)
			cfg, err := awsclient.Load()
			if err != nil {
				t.Fatal(err)
			}
			_, err = dynamodb.NewFromConfig(cfg).GetItem(t.Context(), &dynamodb.GetItemInput{
				TableName: aws.String("T"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "x"}},
			})
			if got := awsclient.Cause(err); err == nil || got != test.want {
				t.Errorf("Cause(%v) = %q, want %q", err, got, test.want)
			}
		})
	}
}
