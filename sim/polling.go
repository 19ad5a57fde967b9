package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/poller"
)

// batch wraps what the worker does with a batch, so that faults strike at it.
func (w *world) batch(handle poller.Handle) poller.Handle {
	p := w.starts
	return func(ctx context.Context, e events.SQSEvent) (out events.SQSEventResponse, err error) {
		ctx, release := p.bind(ctx)
		defer release()
		if _, limited := ctx.Deadline(); !limited {
			w.ledger.violate("a batch has a deadline", "%s", p.name)
		}
		var in event
		must(json.Unmarshal(mustJSON(e), &in))
		_, err = w.invoke(ctx, invoker{
			caller: stack.WorkerName, in: " in " + p.name, possible: atBatch, kill: func(context.Context) { p.kill() }, excuseLate: p.checkHeld,
			handle: func(ctx context.Context, site string, f fault) ([]byte, error) {
				if f == slow {
					d := time.Duration(w.seed.number(site, "slow") * float64(w.batchTimeout()-15*time.Second))
					if err := smithytime.SleepWithContext(ctx, d); err != nil {
						return nil, err
					}
				}
				out, err = handle(ctx, e)
				return mustJSON(out), err
			},
		}, in)
		p.handled(in.messages())
		p.settle(slices.DeleteFunc(in.messages(), func(m message) bool {
			return !slices.Contains(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}))
		return out, err
	}
}

// roundTrip makes a call of the process, or of what polls for it.
func (p *process) roundTrip(n *network, r *http.Request, c call) (response *http.Response, err error) {
	if p.alive.Err() != nil {
		return nil, context.Canceled // which is not tried again
	}
	ctx, release := p.bind(r.Context())
	defer release()
	if c.operation == "DeleteMessageBatch" {
		defer p.deleted(c)
	}
	if err := p.thawFor(ctx, c); err != nil {
		return nil, err
	}
	switch {
	case c.renews():
		p.checkRenewal(c)
	case c.operation == "ChangeMessageVisibility": // if it fails, the message comes back all the same
		p.letGo(c.in.ReceiptHandle)
	}
	switch r = r.WithContext(ctx); {
	case c.operation == "ReceiveMessage":
		return n.receive(r, c)
	case fromFunction(n.caller):
		response, err = n.call(r, c, n.withCrashes(c.possible(), ends, c, p.count()))
	default:
		response, err = n.call(r, c, n.withCrashes(atWorkerPoller, ends, c, p.count()))
	}
	if late := p.thawFor(ctx, c); late != nil {
		return nil, late
	}
	if p.alive.Err() != nil {
		return nil, context.Canceled
	}
	return response, err
}

// deleted records that the process is done with messages, whatever came of the call that was to delete them.
func (p *process) deleted(c call) {
	messages := p.world.ledger.named(c.handles())
	p.checkHeld(messages)
	p.settle(messages)
}

// hear lets the process hear of the messages that were received for it, unless it can't any more.
func (p *process) hear(ctx context.Context, c call, received []message, at time.Time, site string, f fault) ([]message, error) {
	w, err := p.world, p.await(ctx, c, site, f)
	stoodStill := p.stoodStillIn(poller.LongPoll + 5*time.Second)
	switch {
	case p.alive.Err() != nil:
		p.lose(received, crashAfter)
		return nil, context.Canceled
	case err != nil && stoodStill:
		p.lose(received, frozen)
		return nil, err
	case err != nil:
		w.hold(received, false)
		w.ledger.violate("a worker hears of all messages that it receives", "%s cut off %s", p.name, site)
		return nil, err
	}
	why := none
	if stoodStill {
		why = frozen
		w.ledger.excuseAll(received, frozen)
	}
	messages := w.repeat(received, f == duplicated, func(m message) bool { return !p.has(m.MessageId) })
	p.take(messages, at, func(m message) bool {
		return !slices.ContainsFunc(received, func(r message) bool { return r.ReceiptHandle == m.ReceiptHandle })
	}, why)
	return messages, nil
}

// await waits for the answer of a receive. A fault may strike.
func (p *process) await(ctx context.Context, c call, site string, f fault) error {
	w, delay := p.world, p.world.latency(site, "back")
	switch f {
	case slow:
		delay += time.Duration(w.seed.number(site, "slow") * float64(4*time.Second))
	case crashAfter:
		p.kill()
	case stopped:
		go p.stop()
	case frozen:
		p.freeze(site)
		if w.seed.number(site, "heard") < 0.5 {
			ctx = p.alive // the answer waits for the process, and is there before it notices how late it is
		}
	}
	if err := smithytime.SleepWithContext(ctx, delay); err != nil {
		return err
	}
	return p.thaw(ctx, c)
}

// poll returns the request for messages as SQS sees it. It may not notice for a while that the process was
// killed: then it chooses messages that nobody gets. Nor does it notice when the process waits no longer.
func (p *process) poll(r *http.Request) (seen *http.Request, release func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	unnoticed := time.Duration(max(0, p.world.seed.number(p.name, "unnoticed")-0.5) * 2 * float64(poller.LongPoll))
	stop := context.AfterFunc(p.alive, func() {
		time.Sleep(unnoticed)
		cancel()
	})
	return r.WithContext(ctx), func() {
		stop()
		cancel()
	}
}
