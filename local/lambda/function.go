// Package lambda runs functions of this module as AWS Lambda would: one invocation
// at a time in each execution environment, with a deadline, and cut off at it.
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
	running sync.WaitGroup
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

	finished := make(chan result, 1)
	f.running.Go(func() { finished <- run(ctx, environment, payload) })
	select {
	case r := <-finished:
		if r.err != nil {
			f.Log.ErrorContext(ctx, "invocation "+r.err.Error())
			if r.err.Kind == Crashed {
				return nil, r.err // and the environment is gone
			}
		}
		f.release(environment)
		if r.err != nil {
			return nil, r.err
		}
		return r.payload, nil
	case <-ctx.Done():
		if context.Cause(ctx) == errKilled {
			return nil, &Error{Crashed, "execution environment killed"}
		}
		// On AWS the environment is killed. Here its goroutine runs on until it notices
		// that its context has ended; its result is lost, and it is not used again.
		e := &Error{TimedOut, fmt.Sprintf("Task timed out after %.2f seconds", f.Timeout.Seconds())}
		f.Log.ErrorContext(ctx, "invocation "+e.Error())
		return nil, e
	}
}

// Wait waits until no invocation is running.
func (f *Function) Wait() { f.running.Wait() }

// environment returns an idle execution environment or, as in a cold start, a new one.
func (f *Function) environment() (awslambda.Handler, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.idle); n > 0 {
		environment := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return environment, nil
	}
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
	ctx = context.WithValue(ctx, "x-amzn-trace-id", trace) //nolint:staticcheck // the key that aws-lambda-go uses
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

func run(ctx context.Context, handler awslambda.Handler, payload []byte) (r result) {
	defer func() {
		if cause := recover(); cause != nil {
			r = result{err: &Error{Crashed, fmt.Sprintf("panic: %v\n%s", cause, debug.Stack())}}
		}
	}()
	response, err := handler.Invoke(ctx, payload)
	if err != nil {
		return result{err: &Error{Returned, err.Error()}}
	}
	// aws-lambda-go encodes into a buffer that the environment's next invocation uses.
	return result{payload: slices.Clone(response)}
}
