package awsclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
		"connection failed":   errors.New("read tcp 10.0.0.1: connection reset by peer"),
	} {
		if got := awsclient.Cause(err); got != want {
			t.Errorf("Cause(%v) = %q, want %q", err, got, want)
		}
	}
}
