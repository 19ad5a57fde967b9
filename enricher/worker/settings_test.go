package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"simple-sam-demo/enricher"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/poller"
)

// variables returns the variables of a worker, and those given instead of its own.
func variables(instead map[string]string) func(string) string {
	return func(name string) string {
		if value, ok := instead[name]; ok {
			return value
		}
		return map[string]string{
			"QUEUE_URL": "http://queue", "BATCH_SIZE": "10", "BATCH_WINDOW_SECONDS": "0", "BATCHES_AT_ONCE": "2", "BATCH_TIMEOUT_SECONDS": "30",
		}[name]
	}
}

// docs/worker.md has these limits. A worker that is told to stop must end within Fargate's 120 s.
func TestASettingMayReachItsLimits(t *testing.T) {
	for name, limits := range map[string]struct{ tooFew, least, most, tooMany string }{
		"BATCH_SIZE":            {"0", "1", "100", "101"},
		"BATCH_WINDOW_SECONDS":  {"-1", "1", "20", "21"},
		"BATCHES_AT_ONCE":       {"0", "1", "20", "21"},
		"BATCH_TIMEOUT_SECONDS": {"19", "20", "90", "91"},
	} {
		for value, allowed := range map[string]bool{limits.tooFew: false, limits.least: true, limits.most: true, limits.tooMany: false} {
			instead := map[string]string{"BATCH_WINDOW_SECONDS": "1", name: value}
			if _, err := readSettings(variables(instead)); (err == nil) != allowed || !allowed && !strings.Contains(err.Error(), name) {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
}

// Lambda has the same rule.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
func TestABatchOverTenNeedsAWindow(t *testing.T) {
	for _, test := range []struct {
		size, window string
		allowed      bool
	}{{"1", "0", true}, {"10", "0", true}, {"11", "0", false}, {"11", "1", true}} {
		_, err := readSettings(variables(map[string]string{"BATCH_SIZE": test.size, "BATCH_WINDOW_SECONDS": test.window}))
		if (err == nil) != test.allowed {
			t.Errorf("batches of %s with a window of %s s: %v", test.size, test.window, err)
		}
	}
}

func TestSettingsAreReadInTheirUnits(t *testing.T) {
	s, err := readSettings(variables(map[string]string{"BATCH_SIZE": "11", "BATCH_WINDOW_SECONDS": "3"}))
	if err != nil {
		t.Fatal(err)
	}
	if s.ReceiveClient == nil {
		t.Error("receives have the timeout of the other calls, a second, and a long poll takes twenty")
	}
	if s.HeartbeatClient == nil {
		t.Error("the heartbeat waits for other calls")
	}
	s.ReceiveClient, s.HeartbeatClient = nil, nil
	want := poller.Settings{
		QueueURL: "http://queue", BatchSize: 11, Window: 3 * time.Second, BatchesAtOnce: 2, BatchTimeout: 30 * time.Second,
		Invisible: 30 * time.Second, FinishReceives: true,
	}
	if s != want {
		t.Errorf("read %+v, want %+v", s, want)
	}
}

func TestTheHealthCheckAsksOnPort8080UnlessToldOtherwise(t *testing.T) {
	for set, want := range map[string]string{"": "127.0.0.1:8080", "127.0.0.1:9": "127.0.0.1:9"} {
		if got := healthAddress(func(string) string { return set }); got != want {
			t.Errorf("HEALTH_ADDRESS=%s: %s, want %s", set, got, want)
		}
	}
}

// Otherwise the poller would renew a message that the handler has given back.
func TestTheHandlerTellsThePollerWhatItGivesBack(t *testing.T) {
	h := &enricher.Handler{}
	if newPoller(aws.Config{}, poller.Settings{}, h, slog.New(slog.DiscardHandler)); h.Release == nil {
		t.Error("it does not")
	}
}

func TestAWorkerHasTheFunctionsRetries(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_MAX_ATTEMPTS", "10")
	cfg, err := loadConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	throttled := &smithy.GenericAPIError{Code: "ThrottlingException"} // the SDK's own retryer would wait a second or more
	if delay, err := cfg.Retryer().RetryDelay(3, throttled); err != nil || delay > 300*time.Millisecond {
		t.Errorf("the third attempt waits %s, %v; want 300ms at most", delay, err)
	}
	if n := sqs.NewFromConfig(cfg).Options().Retryer.MaxAttempts(); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

// docs/design.md: each client has a bucket of tokens. A table that is out must not take the retries of the queue.
func TestEachClientOfAWorkerHasItsOwnRetries(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	cfg, err := loadConfig(t.Context())
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

// The clients of the other calls give up after a second, and let ten calls to a host be made at once. A worker has up to a
// hundred receives under way, each of up to 25 s.
func TestReceivesHaveAClientWithoutATimeout(t *testing.T) {
	s, err := readSettings(variables(nil))
	if err != nil {
		t.Fatal(err)
	}
	client, ok := s.ReceiveClient.(*awshttp.BuildableClient)
	if !ok {
		t.Fatalf("the receives are made by a %T", s.ReceiveClient)
	}
	if timeout, most := client.GetTimeout(), client.GetTransport().MaxConnsPerHost; timeout != 0 || most != 0 && most < 100 {
		t.Errorf("a receive has %s, want no limit; %d at once", timeout, most)
	}
}

// A heartbeat must not wait for the handler's connections: it comes too late after ten seconds of calls that hang.
func TestThePollerHasOtherConnectionsThanTheHandler(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	w, err := newWorker(t.Context(), variables(nil), "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if w.poller.HTTPClient == w.handler.HTTPClient {
		t.Error("the two have one client")
	}
}

func TestAWorkerHasTheFunctionsTimeouts(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	cfg, err := loadConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%T", awsclient.NewHTTPClient()) // has a timeout of a second, and a limit of calls at once
	for name, client := range map[string]aws.HTTPClient{"the handler": cfg.HTTPClient, "the poller": withOwnConnections(cfg).HTTPClient} {
		if got := fmt.Sprintf("%T", client); got != want {
			t.Errorf("%s makes its calls with a %s, want a %s", name, got, want)
		}
	}
}

// They are not JSON, and CloudWatch could not search them.
func TestTheSDKWritesNoLinesOfItsOwn(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	cfg, err := loadConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := cfg.Logger.(logging.Nop); !ok {
		t.Errorf("it has a %T", cfg.Logger)
	}
}

// On ECS the credentials come from the container's endpoint. All calls wait for such a request, and for the same one.
func TestARequestForCredentialsThatGetsNoAnswerIsMadeAgain(t *testing.T) {
	var asked atomic.Int32
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			<-r.Context().Done()
			return
		}
		_, _ = fmt.Fprintf(w, `{"AccessKeyId":"key","SecretAccessKey":"s","Token":"t","Expiration":%q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(endpoint.Close)
	t.Cleanup(endpoint.CloseClientConnections) // before: Close waits for the requests that are under way
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.URL,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	cfg, err := loadConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	start := time.Now()
	if got, err := cfg.Credentials.Retrieve(ctx); err != nil || got.AccessKeyID != "key" {
		t.Errorf("the worker has the key %q: %v", got.AccessKeyID, err)
	}
	if took := time.Since(start); took < time.Second || took > 2*time.Second {
		t.Errorf("the first attempt ends within %s, want a second", took)
	}
}
