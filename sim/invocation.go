package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	awslambda "github.com/aws/aws-lambda-go/lambda"

	"simple-sam-demo/local/lambda"
	"simple-sam-demo/shared/queue"
)

// environment is an execution environment of a function. Faults strike at its invocations.
type environment struct {
	world    *world
	function string // logical id
	start    func() (awslambda.Handler, error)
	handler  awslambda.Handler
	upgraded bool // it started with the new model
}

func (w *world) environment(function string, start func() (awslambda.Handler, error)) func() (awslambda.Handler, error) {
	return func() (awslambda.Handler, error) {
		handler, err := start()
		return &environment{w, function, start, handler, w.upgraded.Load()}, err
	}
}

// event has those fields of the functions' events that the simulation looks at.
type event struct {
	Body           string            `json:"body"`
	PathParameters map[string]string `json:"pathParameters"`
	Records        []struct {
		MessageId  string            `json:"messageId"`
		Handle     string            `json:"receiptHandle"`
		Body       string            `json:"body"`
		Attributes map[string]string `json:"attributes"`
	} `json:"Records"`
}

func (e event) messages() []message {
	var messages []message
	for _, r := range e.Records {
		messages = append(messages, message{MessageId: r.MessageId, ReceiptHandle: r.Handle, Body: r.Body, Attributes: r.Attributes})
	}
	return messages
}

func (e event) items() map[string][]int {
	items := map[string][]int{}
	for _, m := range e.messages() {
		if id, err := queue.ParseBody(m.Body); err == nil {
			items[id] = append(items[id], m.receives())
		}
	}
	return items
}

func (e event) subject(w *world) string {
	if len(e.Records) == 0 {
		return w.nameOf(e.Body + e.PathParameters["id"])
	}
	var names []string
	for _, m := range e.Records {
		names = append(names, w.nameOfBody(m.Body))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Invoke runs the handler.
func (e *environment) Invoke(ctx context.Context, payload []byte) (response []byte, err error) {
	var in event
	must(json.Unmarshal(payload, &in))
	return e.world.invoke(ctx, invoker{
		caller: e.function, possible: atInvocation, kill: lambda.Kill, excuseLate: e.world.ledger.excuseLate,
		handle: func(ctx context.Context, site string, f fault) ([]byte, error) {
			if err := e.restart(site, f == coldStart); err != nil {
				return nil, err
			}
			return e.handler.Invoke(ctx, payload)
		},
	}, in)
}

// invoker is who deals with an event: a function's execution environment, or a worker with a batch.
type invoker struct {
	caller     string
	in         string // which process, for the trace
	possible   possible
	kill       func(context.Context)
	excuseLate func([]message)
	handle     func(ctx context.Context, site string, f fault) (response []byte, err error)
}

// invoke lets somebody deal with an event, and may end them before or after it. It checks what comes of it.
func (w *world) invoke(ctx context.Context, e invoker, in event) (response []byte, err error) {
	w.addUnderWay(1)
	defer w.addUnderWay(-1)
	site, f := w.visit(e.caller+" invocation "+in.subject(w), e.caller+" invocation", receivesOf(in.messages()), e.possible)
	w.note("%s%s begins%s", site, e.in, with(f))
	w.hold(in.messages(), false)
	running := &invocation{messages: len(in.Records), received: in.messages(), items: in.items(), certain: map[metric]int{}, inBatches: map[metric]int{}}
	running.deadline, _ = ctx.Deadline()
	ctx = context.WithValue(ctx, invocationKey{}, running)
	defer func() {
		if cause := recover(); cause != nil {
			w.ledger.violate("no function panics", "%s: %v\n%s", site, cause, debug.Stack())
		}
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) && !running.frozen.Load() {
			w.ledger.violate("an invocation ends before its deadline", "%s", site)
		}
		if ctx.Err() != nil {
			w.ledger.excuseAll(in.messages(), crashAtEnd)
		}
		e.excuseLate(in.messages())
		w.note("%s ends: %s", site, ending(ctx, response, err))
	}()
	if f == crashAtStart {
		e.kill(ctx)
		return nil, ctx.Err()
	}
	if err := w.compute(ctx, site, 1, len(in.Records)); err != nil {
		return nil, err
	}
	response, err = e.handle(ctx, site, f)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.ledger.violate("no function returns an error", "%s: %v", site, err)
	default:
		w.ledger.complete(e.caller, running, len(in.Records), response)
	}
	if f == crashAtEnd {
		e.kill(ctx)
	}
	return response, err
}

// restart starts the environment afresh for a cold start. It does so too after the model was replaced: one environment
// after the other, or all of them once it is calm.
func (e *environment) restart(site string, cold bool) (err error) {
	w := e.world
	deployed := w.upgraded.Load() != e.upgraded && (w.calm.Load() || w.seed.number(site, "deployed") < 0.3)
	if cold || deployed {
		e.upgraded = w.upgraded.Load()
		e.handler, err = e.start()
	}
	return err
}

func ending(ctx context.Context, response []byte, err error) string {
	switch {
	case context.Cause(ctx) != nil:
		return fmt.Sprint("cut off, ", context.Cause(ctx))
	case err != nil:
		return err.Error()
	default:
		return string(response)
	}
}
