package awsclient_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
)

// failing is a DynamoDB that answers every request with an error, and counts them.
type failing struct {
	status     int
	code       string
	retryAfter string // header, in milliseconds
	attempts   atomic.Int32
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	f.attempts.Add(1)
	header := http.Header{"X-Amzn-Requestid": {"r"}}
	if f.retryAfter != "" {
		header.Set("X-Amz-Retry-After", f.retryAfter)
	}
	body := io.NopCloser(strings.NewReader(`{"__type":"` + f.code + `"}`))
	return &http.Response{StatusCode: f.status, Header: header, Body: body, Request: r}, nil
}

// call makes n calls at once over a network, and returns how long that took and the errors.
func call(t *testing.T, network http.RoundTripper, n int) (time.Duration, error) {
	t.Helper()
	cfg := awsclient.AtEndpoint("http://embedded")
	cfg.HTTPClient = &http.Client{Transport: network, Timeout: awsclient.AttemptTimeout}
	client := dynamodb.NewFromConfig(cfg)
	errs := make([]error, n)
	start := time.Now()
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() { _, errs[i] = client.ListTables(t.Context(), nil) })
	}
	calls.Wait()
	return time.Since(start), errors.Join(errs...)
}

func TestACallIsTriedThreeTimes(t *testing.T) {
	for name, test := range map[string]struct {
		dynamodb *failing
		attempts int32
		most     time.Duration // of all waits together
	}{
		"after a server error":              {&failing{status: 500, code: "InternalServerError"}, 3, 150 * time.Millisecond},
		"after a throttle":                  {&failing{status: 400, code: "ThrottlingException"}, 3, 600 * time.Millisecond},
		"later, if the service asks for it": {&failing{status: 500, code: "InternalServerError", retryAfter: "300"}, 3, 600 * time.Millisecond},
		"once, if it is refused":            {&failing{status: 400, code: "AccessDeniedException"}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took, err := call(t, test.dynamodb, 1)
				if got := test.dynamodb.attempts.Load(); err == nil || got != test.attempts || took > test.most {
					t.Errorf("%d attempts in %s, want %d in at most %s; %v", got, took, test.attempts, test.most, err)
				}
			})
		})
	}
}

// cutOff answers with a body whose connection is lost in its middle.
type cutOff struct{ attempts atomic.Int32 }

func (c *cutOff) RoundTrip(r *http.Request) (*http.Response, error) {
	c.attempts.Add(1)
	body := io.MultiReader(strings.NewReader(`{"TableNames":["a`), iotest.ErrReader(io.ErrUnexpectedEOF))
	return &http.Response{StatusCode: 200, Header: http.Header{"X-Amzn-Requestid": {"r"}}, Body: io.NopCloser(body), Request: r}, nil
}

func TestACallWhoseAnswerIsCutOffIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network cutOff
		if _, err := call(t, &network, 1); awsclient.Cause(err) != "unreadable answer" || network.attempts.Load() != 3 {
			t.Errorf("%d attempts, want 3; %v", network.attempts.Load(), err)
		}
	})
}

// The bucket of 500 tokens holds 35 retries at 14, or 100 at 5.
func TestInAnOutageCallsSoonFailAtTheirFirstAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		dynamodb *failing
		retries  int32
	}{
		"server errors": {&failing{status: 500, code: "InternalServerError"}, 35},
		"throttles":     {&failing{status: 400, code: "ThrottlingException"}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const calls = 128
				_, err := call(t, test.dynamodb, calls)
				if got := test.dynamodb.attempts.Load() - calls; err == nil || got != test.retries {
					t.Errorf("%d retries, want %d; %v", got, test.retries, err)
				}
			})
		})
	}
}

func TestACallWhoseEveryAttemptHangsEndsWithinTheCallTimeout(t *testing.T) {
	if awsclient.CallTimeout != 3600*time.Millisecond {
		t.Errorf("the call timeout is %s, not 3.6s", awsclient.CallTimeout)
	}
	synctest.Test(t, func(t *testing.T) {
		took, err := call(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}), 1)
		if !awsclient.TimedOut(err) || took < 3*time.Second || took > awsclient.CallTimeout {
			t.Errorf("took %s, %v", took, err)
		}
	})
}

// The waits are random, so that functions that were throttled together do not come back together.
func TestTheWaitsBetweenAttemptsAreShort(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		longest []time.Duration // before the second attempt, and before the third
	}{
		"after an error of the service": {&smithy.GenericAPIError{Code: "InternalServerError", Fault: smithy.FaultServer}, []time.Duration{50 * time.Millisecond, 100 * time.Millisecond}},
		"after a throttle":              {&smithy.GenericAPIError{Code: "ThrottlingException"}, []time.Duration{300 * time.Millisecond, 300 * time.Millisecond}},
	} {
		for attempt, longest := range test.longest {
			most := time.Duration(0)
			for range 1000 {
				delay, err := awsclient.NewRetryer().RetryDelay(attempt+1, test.err)
				if err != nil || delay < 0 || delay > longest {
					t.Fatalf("%s, after attempt %d: %s, %v; want up to %s", name, attempt+1, delay, err, longest)
				}
				most = max(most, delay)
			}
			if most < longest*9/10 {
				t.Errorf("%s, after attempt %d: up to %s, want up to %s", name, attempt+1, most, longest)
			}
		}
	}
}

// A bucket has 500 tokens. Ten are left after 35 retries at 14.
func TestASuccessGivesTokensBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &failing{status: 500, code: "InternalServerError"}
		failures := 0 // that come next
		cfg := awsclient.AtEndpoint("http://embedded")
		cfg.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if failures--; failures >= 0 {
				return out.RoundTrip(r)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"X-Amzn-Requestid": {"r"}}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
		})}
		client := dynamodb.NewFromConfig(cfg)
		call := func(failing int) error {
			failures = failing
			_, err := client.ListTables(t.Context(), nil)
			return err
		}
		for range 100 {
			if err := call(1); err != nil {
				t.Fatalf("a retry that succeeds takes tokens: %v", err)
			}
		}
		for range 18 { // 17 calls with two retries, and one with one
			_ = call(3)
		}
		if err := call(1); err == nil {
			t.Fatal("the bucket is not empty")
		}
		for range 4 { // to 14 tokens
			if err := call(0); err != nil {
				t.Fatal(err)
			}
		}
		if err := call(1); err != nil {
			t.Errorf("after four successes there is no retry: %v", err)
		}
	})
}
