package processes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"

	"simple-sam-demo/internal/runtimeapi"
	"simple-sam-demo/local/lambda"
)

// environment returns what starts execution environments of a function that are processes. Nothing of the function
// runs in this process.
func (r *run) environment(logicalID string, _ func() (awslambda.Handler, error)) func() (awslambda.Handler, error) {
	program := strings.ToLower(strings.TrimSuffix(logicalID, "Function"))
	return func() (awslambda.Handler, error) {
		return &environment{run: r, logicalID: logicalID, program: program}, nil
	}
}

// environment is an execution environment that is a process. It starts with its first invocation.
type environment struct {
	run                *run
	logicalID, program string
	process            *process
	started            *runtimeapi.Environment
}

// Invoke lets the process deal with an event. If the process ends, it kills the environment, so that package lambda
// does not use it any more.
func (e *environment) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	notStarted := e.start(ctx)
	if e.program == enricher {
		e.run.deliveries.invoked(e.process, event)
	}
	if notStarted != nil {
		lambda.Kill(ctx)
		return nil, notStarted
	}
	deadline, _ := ctx.Deadline()
	answer, _, err := e.started.Invoke(ctx, event, time.Until(deadline))
	ended, isEnded := errors.AsType[*runtimeapi.EndedError](err)
	switch {
	case err == nil:
		e.run.deliveries.answered(e.process)
		return answer.Payload, nil
	case isEnded:
		lambda.Kill(ctx)
		return nil, ended
	case errors.Is(err, runtimeapi.ErrTimedOut), ctx.Err() != nil:
		if !e.process.was(frozen, logBlocked) {
			e.run.record.violate("an invocation ends before its deadline", "%s, after %v", e.process.name, e.process.history())
		}
		e.process.kill("at its timeout")
		<-ctx.Done()
		return nil, err
	default:
		e.run.record.violate("no function returns an error", "%s: %v", e.process.name, err)
		return nil, err
	}
}

// start starts the process, unless it runs. Lambda also starts a new one when one has ended between two invocations.
func (e *environment) start(ctx context.Context) (err error) {
	if e.process != nil && !e.process.isOver() {
		return nil
	}
	r := e.run
	e.process = r.newProcess(e.program)
	p := e.process
	e.started, err = runtimeapi.Start(ctx, runtimeapi.Program{
		Path: r.programs[e.program], Variables: r.variables(e.logicalID, p),
		Stdout: p.output.log, Stderr: p.output.errors, Attributes: attributes(), Ended: p.end,
		Started: func(handle *os.Process) error {
			p.begun(handle)
			return nil
		},
	})
	if err != nil && !p.was(killed, noMemory, frozen, logClosed, logBlocked) {
		r.record.violate("a function starts", "%s: %v", p.name, err)
	}
	return err
}

// variables are the environment variables of a process: those that the template gives a function, and how to reach
// AWS.
func (r *run) variables(function string, p *process) []string {
	f, _ := r.stack.Function(function)
	all := []string{"AWS_ENDPOINT_URL=" + r.proxy.url, "AWS_ACCESS_KEY_ID=" + p.key, "AWS_SECRET_ACCESS_KEY=local", "AWS_LAMBDA_LOG_LEVEL=" + f.LogLevel}
	for _, name := range slices.Sorted(maps.Keys(f.Environment)) {
		all = append(all, fmt.Sprintf("%s=%s", name, f.Environment[name]))
	}
	return all
}
