package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"simple-sam-demo/internal/template"
)

// Program is a function's program, and how to start it.
type Program struct {
	Path      string
	Variables []string // of its environment, as name=value; they go before [Variables]

	Stdout, Stderr io.Writer            // if Stdout is nil, it is thrown away; if Stderr is nil, it is this process's
	Attributes     *syscall.SysProcAttr // of the process, or nil

	// Started is called as soon as there is a process, and Ended when it has ended. Both may be nil.
	Started func(*os.Process) error
	Ended   func(*os.ProcessState)
}

// Variables are the environment variables that Lambda gives each function, as name=value. The keys are valid
// nowhere.
func Variables() []string {
	return []string{"AWS_REGION=" + template.Region, "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_SESSION_TOKEN=c"}
}

// Environment is an execution environment: a process of a function.
type Environment struct {
	Init    time.Duration // from its start to its first request for an invocation
	Command *exec.Cmd

	api   *api
	ended chan struct{} // closed when the process has ended
	err   error         // then: how it ended
}

// initTimeout is how long a function's init phase may last.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initTimeout = 10 * time.Second

// Start starts a function, and waits until it asks for its first invocation.
func Start(ctx context.Context, p Program) (*Environment, error) {
	api, err := newAPI()
	if err != nil {
		return nil, err
	}
	e := &Environment{api: api, Command: exec.Command(p.Path), ended: make(chan struct{})}
	e.Command.Stdout, e.Command.Stderr, e.Command.SysProcAttr = p.Stdout, p.Stderr, p.Attributes
	if p.Stderr == nil {
		e.Command.Stderr = os.Stderr
	}
	e.Command.Env = slices.Concat(Variables(), p.Variables, []string{
		"AWS_LAMBDA_RUNTIME_API=" + api.listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_LOG_FORMAT=JSON", "HOME=/nonexistent"})
	begin := time.Now()
	if err := e.Command.Start(); err != nil {
		_ = api.listener.Close()
		return nil, err
	}
	go func() {
		e.err = e.Command.Wait()
		_ = api.listener.Close()
		if p.Ended != nil {
			p.Ended(e.Command.ProcessState)
		}
		close(e.ended)
	}()
	if p.Started != nil {
		err = p.Started(e.Command.Process)
	}
	if err == nil {
		err = e.init(ctx, begin)
	}
	if err != nil {
		e.Stop()
		return nil, err
	}
	return e, nil
}

// init waits until a process that began at a time asks for its first invocation.
func (e *Environment) init(ctx context.Context, begin time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, initTimeout)
	defer cancel()
	select {
	case polled := <-e.api.polls:
		e.Init = polled.Sub(begin)
		return nil
	case failed := <-e.api.answers:
		return fmt.Errorf("it could not start: %s", failed.Payload)
	case <-e.ended:
		return fmt.Errorf("it ended before it asked for an invocation: %w", e.exit())
	case <-ctx.Done():
		return fmt.Errorf("it did not ask for an invocation: %w", ctx.Err())
	}
}

// ErrTimedOut means that Lambda would have ended the invocation.
var ErrTimedOut = errors.New("the invocation timed out")

// EndedError means that the process has ended in the middle of an invocation.
type EndedError struct{ Err error }

func (e *EndedError) Error() string { return fmt.Sprintf("it ended: %v", e.Err) }

// Unwrap returns how the process has ended.
func (e *EndedError) Unwrap() error { return e.Err }

// Invoke gives the function an event, and waits for its answer and for its next request for an
// invocation. It returns how long the answer took. The error is [ErrTimedOut] if no answer comes in time, and
// an [*EndedError] if the process ends. Then the environment can't be used any more.
func (e *Environment) Invoke(ctx context.Context, event []byte, timeout time.Duration) (Answer, time.Duration, error) {
	begin := time.Now()
	late := time.After(timeout)
	select {
	case e.api.invocations <- invocation{event, begin.Add(timeout)}:
	case <-e.ended:
		return Answer{}, 0, &EndedError{e.exit()}
	}
	var got Answer
	select {
	case got = <-e.api.answers:
	case <-e.ended:
		return Answer{}, 0, &EndedError{e.exit()}
	case <-ctx.Done():
		return Answer{}, 0, ctx.Err()
	case <-late:
		return Answer{}, timeout, ErrTimedOut
	}
	select { // an invocation is over when the function asks for the next
	case <-e.api.polls:
	case <-e.ended:
		return got, 0, &EndedError{e.exit()}
	case <-ctx.Done():
		return got, 0, ctx.Err()
	case <-late:
		return got, timeout, ErrTimedOut
	}
	if got.failed {
		return got, 0, fmt.Errorf("it answered an error: %s", got.Payload)
	}
	return got, got.at.Sub(begin), nil
}

// exit says how the process has ended.
func (e *Environment) exit() error {
	if e.err == nil {
		return errors.New("with status 0")
	}
	return e.err
}

// Stop kills the process, and waits until it has ended.
func (e *Environment) Stop() {
	_ = e.Command.Process.Kill() // an error means that it has ended
	<-e.ended
}
