package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// runtimeAPI is Lambda's side of an execution environment. It serves one environment at a time.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	net.Listener
	polls       chan time.Time // when the function asked for an invocation, and so was done with the last
	invocations chan invocation
	answers     chan answer
}

// invocation is what a function is given.
type invocation struct {
	event    []byte
	deadline time.Time
}

// answer is what a function gives back.
type answer struct {
	at      time.Time
	failed  bool // the payload is an error
	payload []byte
}

func newRuntimeAPI() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := &runtimeAPI{listener, make(chan time.Time, 1), make(chan invocation), make(chan answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", api.receive(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", api.receive(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", api.receive(true))
	go func() { _ = http.Serve(listener, mux) }() // until the listener closes
	return api, nil
}

var requests atomic.Int64

// next answers when there is an invocation.
func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	api.polls <- time.Now()
	select {
	case i := <-api.invocations:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("00000000-0000-4000-8000-%012x", requests.Add(1)))
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-67878e34-a5da4e55ff75051fe37c2907;Parent=c2400a20eaadd70c;Sampled=1")
		_, _ = w.Write(i.event) // an error means that the function has ended, and invoke notices that
	case <-r.Context().Done():
	}
}

// receive takes an answer of the function, or an error.
func (api *runtimeAPI) receive(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		payload, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		api.answers <- answer{at, failed, payload}
	}
}

// environment is an execution environment: a process of a function.
type environment struct {
	api     *runtimeAPI
	command *exec.Cmd
	ended   chan error
	logged  counter
	Init    time.Duration // from its start to its first request for an invocation
}

// counter counts the bytes that are written to it.
type counter struct{ atomic.Int64 }

// Write never returns an error.
func (c *counter) Write(text []byte) (int, error) {
	c.Add(int64(len(text)))
	return len(text), nil
}

// initTimeout is how long a function's init phase may last.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initTimeout = 10 * time.Second

// start starts a function, and waits until it asks for its first invocation. Unless started is nil, it
// is called with the process id at once.
func (api *runtimeAPI) start(ctx context.Context, path string, variables []string, started func(pid int) error) (*environment, error) {
	ctx, cancel := context.WithTimeout(ctx, initTimeout)
	defer cancel()
	e := &environment{api: api, command: exec.Command(path), ended: make(chan error, 1)}
	e.command.Stdout, e.command.Stderr = &e.logged, os.Stderr
	e.command.Env = slices.Concat(variables, assignments(lambdaVariables), []string{
		"AWS_LAMBDA_RUNTIME_API=" + api.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_LOG_FORMAT=JSON", "HOME=/nonexistent"})
	begin := time.Now()
	if err := e.command.Start(); err != nil {
		return nil, err
	}
	go func() { e.ended <- e.command.Wait() }()
	if started != nil {
		if err := started(e.command.Process.Pid); err != nil {
			e.stop()
			return nil, err
		}
	}
	select {
	case polled := <-api.polls:
		e.Init = polled.Sub(begin)
		return e, nil
	case failed := <-api.answers:
		e.stop()
		return nil, fmt.Errorf("it could not start: %s", failed.payload)
	case err := <-e.ended:
		return nil, fmt.Errorf("it ended before it asked for an invocation: %w", err)
	case <-ctx.Done():
		e.stop()
		return nil, fmt.Errorf("it did not ask for an invocation: %w", ctx.Err())
	}
}

// errTimedOut means that Lambda would have ended the invocation.
var errTimedOut = fmt.Errorf("the invocation timed out")

// invoke gives the function an event, and waits for its answer and for its next request for an
// invocation. It returns how long the answer took. The error is errTimedOut if no answer comes in time,
// and then the environment can't be used any more.
func (e *environment) invoke(ctx context.Context, event []byte, timeout time.Duration) (answer, time.Duration, error) {
	begin := time.Now()
	e.api.invocations <- invocation{event, begin.Add(timeout)}
	late := time.After(timeout)
	select {
	case got := <-e.api.answers:
		if got.failed {
			return got, 0, fmt.Errorf("it answered an error: %s", got.payload)
		}
		<-e.api.polls
		return got, got.at.Sub(begin), nil
	case err := <-e.ended:
		e.ended <- err
		return answer{}, 0, fmt.Errorf("it ended: %w", err)
	case <-ctx.Done():
		return answer{}, 0, ctx.Err()
	case <-late:
		return answer{}, timeout, errTimedOut
	}
}

// stop kills the process, and waits until it has ended.
func (e *environment) stop() {
	_ = e.command.Process.Kill() // an error means that it has ended
	<-e.ended
}
