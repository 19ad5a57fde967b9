// Package lambda runs functions of this module as AWS Lambda would: one invocation
// at a time in each execution environment, with a deadline, and cut off at it. It does not know
// where events come from: see apigateway and eventsource. All functions share one process, so
// it limits neither memory nor concurrency.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/uuid"
)

// maxResponse is how many bytes a function may answer with.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxResponse = 6*1024*1024 + 100

// Function is a function with its execution environments.
type Function struct {
	Name    string
	Timeout time.Duration
	// Start makes a new execution environment: a handler made by aws-lambda-go, so
	// that events are marshalled as on AWS.
	Start func() (awslambda.Handler, error)
	Log   *slog.Logger

	mu      sync.Mutex
	idle    []awslambda.Handler
	running int
	ended   chan struct{} // closed when the last running invocation ends
}

// ErrorKind tells how an invocation failed.
type ErrorKind string

const (
	TimedOut ErrorKind = "timed out" // cut off at the function's timeout
	Crashed  ErrorKind = "crashed"   // panicked, or could not start
	Returned ErrorKind = "failed"    // the handler returned an error
)

// Error is a failed invocation.
type Error struct {
	Kind    ErrorKind
	Message string
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Message }

type result struct {
	payload []byte
	err     *Error
}

// Invoke runs the function on a payload, whatever happens to the caller meanwhile,
// and returns its response, or an [*Error]. trace is the X-Ray trace header, or "".
func (f *Function) Invoke(trace string, payload []byte) ([]byte, error) {
	environment, err := f.environment()
	if err != nil {
		f.Log.Error("function can't start", "error", err)
		return nil, &Error{Crashed, err.Error()}
	}
	ctx, cancel := f.invocation(trace)
	defer cancel()

	r := f.run(ctx, environment, payload)
	if r.err == nil {
		f.release(environment)
		return r.payload, nil
	}
	f.Log.ErrorContext(ctx, "invocation "+r.err.Error())
	if r.err.Kind == Returned { // otherwise the environment is gone
		f.release(environment)
	}
	return nil, r.err
}

// run invokes a handler, and cuts it off when ctx ends. On AWS the environment is
// killed then. Here its goroutine runs on until it notices; its result is lost.
func (f *Function) run(ctx context.Context, environment awslambda.Handler, payload []byte) result {
	f.begin()
	finished := make(chan result, 1)
	go func() {
		defer f.end()
		finished <- call(ctx, environment, payload)
	}()
	var r result
	select {
	case r = <-finished:
	case <-ctx.Done():
	}
	switch { // a handler that finishes at its deadline is too late all the same
	case ctx.Err() == nil:
		return r
	case context.Cause(ctx) == errKilled:
		return result{err: &Error{Crashed, "execution environment killed"}}
	default:
		return result{err: &Error{TimedOut, fmt.Sprintf("Task timed out after %.2f seconds", f.Timeout.Seconds())}}
	}
}

// call lets a handler answer.
func call(ctx context.Context, handler awslambda.Handler, payload []byte) (r result) {
	defer func() {
		if cause := recover(); cause != nil {
			r = result{err: &Error{Crashed, fmt.Sprintf("panic: %v\n%s", cause, debug.Stack())}}
		}
	}()
	response, err := handler.Invoke(ctx, payload)
	if err != nil {
		return result{err: &Error{Returned, err.Error()}}
	}
	if len(response) > maxResponse {
		return result{err: &Error{Returned, fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", len(response), maxResponse)}}
	}
	// aws-lambda-go encodes into a buffer that the environment's next invocation uses.
	return result{payload: slices.Clone(response)}
}

func (f *Function) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running == 0 {
		f.ended = make(chan struct{})
	}
	f.running++
}

func (f *Function) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	if f.running == 0 {
		close(f.ended)
	}
}

// Wait waits until no invocation is running. Unlike a sync.WaitGroup's, it may be
// called while others begin.
func (f *Function) Wait() {
	f.mu.Lock()
	running, ended := f.running, f.ended
	f.mu.Unlock()
	if running > 0 {
		<-ended
	}
}

// environment returns an idle execution environment or, as in a cold start, a new one.
func (f *Function) environment() (awslambda.Handler, error) {
	f.mu.Lock()
	n := len(f.idle)
	if n == 0 {
		f.mu.Unlock() // a cold start may take long
		return f.start()
	}
	defer f.mu.Unlock()
	environment := f.idle[n-1]
	f.idle = f.idle[:n-1]
	return environment, nil
}

// start makes a new execution environment. If it panics, that is the end of this
// invocation and not of the stack.
func (f *Function) start() (environment awslambda.Handler, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return f.Start()
}

func (f *Function) release(environment awslambda.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idle = append(f.idle, environment)
}

// invocation returns the context that aws-lambda-go gives to a handler.
func (f *Function) invocation(trace string) (context.Context, context.CancelFunc) {
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{
		AwsRequestID:       uuid.NewString(),
		InvokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:" + f.Name,
	})
	//lint:ignore SA1029 it is the key that aws-lambda-go uses
	ctx = context.WithValue(ctx, "x-amzn-trace-id", trace)
	ctx, kill := context.WithCancelCause(ctx)
	ctx = context.WithValue(ctx, killKey{}, kill)
	return context.WithTimeout(ctx, f.Timeout)
}

type killKey struct{}

var errKilled = errors.New("killed")

// Kill ends the invocation that ctx belongs to, as if its execution environment had
// been killed: none of its AWS calls takes effect any more. It is for tests.
func Kill(ctx context.Context) {
	if kill, ok := ctx.Value(killKey{}).(context.CancelCauseFunc); ok {
		kill(errKilled)
	}
}
