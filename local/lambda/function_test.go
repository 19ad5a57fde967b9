package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"simple-sam-demo/local/lambda"
)

const timeout = 3 * time.Second

// function returns a function whose execution environments are made by start.
func function(t *testing.T, start func() (handler any, err error)) *lambda.Function {
	f := &lambda.Function{
		Name:    "Greeter",
		Timeout: timeout,
		Log:     slog.New(slog.NewTextHandler(t.Output(), nil)),
		Start: func() (awslambda.Handler, error) {
			handler, err := start()
			if err != nil {
				return nil, err
			}
			return awslambda.NewHandler(handler), nil
		},
	}
	t.Cleanup(f.Wait)
	return f
}

// always returns a start function whose environments have the same handler.
func always(handler any) func() (any, error) {
	return func() (any, error) { return handler, nil }
}

func wait(d time.Duration) { <-time.After(d) }

func TestAResponseIsWhatTheHandlerReturns(t *testing.T) {
	type greeting struct{ To, Text string }
	f := function(t, always(func(_ context.Context, g greeting) (greeting, error) { return greeting{g.To, "Hello " + g.To}, nil }))
	got, err := f.Invoke("", []byte(`{"To":"Ada"}`))
	if want := `{"To":"Ada","Text":"Hello Ada"}`; err != nil || string(got) != want {
		t.Errorf("got %s (error %v), want %s", got, err, want)
	}
}

func TestAResponseThatLambdaWouldNotTakeIsAFailure(t *testing.T) {
	const most = 6_291_556
	f := function(t, always(func(_ context.Context, n int) (string, error) { return strings.Repeat("x", n-len(`""`)), nil }))
	if got, err := f.Invoke("", fmt.Append(nil, most)); err != nil || len(got) != most {
		t.Errorf("%d bytes: got %d, %v", most, len(got), err)
	}
	_, err := f.Invoke("", fmt.Append(nil, most+1))
	if failed, ok := errors.AsType[*lambda.Error](err); !ok || failed.Kind != lambda.Returned || !strings.Contains(failed.Message, "(6291557 bytes) exceeded") {
		t.Errorf("%d bytes: %v", most+1, err)
	}
}

// endings are the ways in which an invocation can end.
var endings = map[string]struct {
	handle  func(ctx context.Context) error
	kind    lambda.ErrorKind // "" for success
	message string
	after   time.Duration
	reused  bool // its execution environment
}{
	"success":  {func(context.Context) error { return nil }, "", "", 0, true},
	"an error": {func(context.Context) error { return errors.New("no luck") }, lambda.Returned, "no luck", 0, true},
	"a panic":  {func(context.Context) error { panic("oh no") }, lambda.Crashed, "panic: oh no", 0, false},
	"success just before the timeout": {func(context.Context) error {
		wait(timeout - time.Nanosecond)
		return nil
	}, "", "", timeout - time.Nanosecond, true},
	// Whatever a handler makes of the end of its context, on AWS nobody hears of it.
	"a timeout, and an error that says so": {func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}, lambda.TimedOut, "Task timed out after 3.00 seconds", timeout, false},
	"a timeout, and success all the same": {func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}, lambda.TimedOut, "Task timed out after 3.00 seconds", timeout, false},
	"a timeout that the handler ignores": {func(context.Context) error {
		wait(time.Minute)
		return nil
	}, lambda.TimedOut, "Task timed out after 3.00 seconds", timeout, false},
	"a panic after the timeout": {func(context.Context) error {
		wait(time.Minute)
		panic("too late")
	}, lambda.TimedOut, "Task timed out after 3.00 seconds", timeout, false},
	"a killed environment": {func(ctx context.Context) error {
		wait(time.Second)
		lambda.Kill(ctx)
		return nil
	}, lambda.Crashed, "killed", time.Second, false},
}

func TestAnInvocationEndsWith(t *testing.T) {
	for name, test := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := function(t, always(test.handle))
				start := time.Now()
				_, err := f.Invoke("", []byte("{}"))
				if got := time.Since(start); got != test.after {
					t.Errorf("it took %s, want %s", got, test.after)
				}
				wantFailure(t, err, test.kind, test.message)
			})
		})
	}
}

func wantFailure(t *testing.T, err error, kind lambda.ErrorKind, message string) {
	t.Helper()
	var failure *lambda.Error
	switch {
	case kind == "":
		if err != nil {
			t.Errorf("got %v, want success", err)
		}
	case !errors.As(err, &failure):
		t.Errorf("got %v, want that the invocation %s", err, kind)
	case failure.Kind != kind || !strings.Contains(failure.Message, message):
		t.Errorf("the invocation %s with %q, want that it %s with %q", failure.Kind, failure.Message, kind, message)
	}
}

// aws-lambda-go encodes every response of an environment into the same buffer.
func TestAResponseStaysWhatItWasDuringLaterInvocations(t *testing.T) {
	f := function(t, always(func(_ context.Context, n int) (string, error) { return strings.Repeat(fmt.Sprint(n), 1000), nil }))
	var invoking sync.WaitGroup
	for n := range 8 {
		invoking.Go(func() {
			want := `"` + strings.Repeat(fmt.Sprint(n), 1000) + `"`
			first, err := f.Invoke("", fmt.Append(nil, n))
			for range 20 {
				_, _ = f.Invoke("", []byte("9"))
			}
			if err != nil || string(first) != want {
				t.Errorf("response %d is %.10s… (error %v), want %.10s…", n, first, err, want)
			}
		})
	}
	invoking.Wait()
}

// https://docs.aws.amazon.com/lambda/latest/dg/golang-context.html
func TestAHandlerLearnsItsDeadlineItsRequestIDAndItsTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := map[string]bool{}
		f := function(t, always(func(ctx context.Context) error {
			if deadline, _ := ctx.Deadline(); time.Until(deadline) != timeout {
				t.Errorf("deadline in %s, want %s", time.Until(deadline), timeout)
			}
			lc, ok := lambdacontext.FromContext(ctx)
			if !ok || lc.InvokedFunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:Greeter" {
				t.Errorf("context %+v, want the function's ARN", lc)
			}
			requests[lc.AwsRequestID] = true
			if got := ctx.Value("x-amzn-trace-id"); got != "Root=1-0" {
				t.Errorf("trace %v, want Root=1-0", got)
			}
			return nil
		}))
		for range 3 {
			if _, err := f.Invoke("Root=1-0", []byte("{}")); err != nil {
				t.Error(err)
			}
		}
		if len(requests) != 3 {
			t.Errorf("3 invocations had %d request ids", len(requests))
		}
	})
}

func TestWaitWaitsForInvocationsThatOutliveTheirTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := function(t, always(func() error { wait(time.Minute); return nil }))
		start := time.Now()
		_, _ = f.Invoke("", []byte("{}"))
		f.Wait()
		if got := time.Since(start); got != time.Minute {
			t.Errorf("it waited %s, want 1m", got)
		}
	})
}

func TestWaitMayBeCalledWhileOthersInvoke(t *testing.T) {
	hold := make(chan struct{})
	f := function(t, always(func() error { <-hold; return nil }))
	var invoking sync.WaitGroup
	for range 4 {
		invoking.Go(func() { _, _ = f.Invoke("", []byte("{}")) })
	}
	invoking.Go(f.Wait)
	close(hold)
	invoking.Wait()
}
