package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/telemetry"
)

// invocation keeps what becomes of the calls of one invocation. Its metrics must agree with that.
type invocation struct {
	deadline time.Time
	messages int              // in its event
	received []message        // in its event
	items    map[string][]int // the receive counts of the messages in its event, by the id that they name
	frozen   atomic.Bool

	mu        sync.Mutex
	certain   map[metric]int // effects that the function was told of
	inBatches map[metric]int // the part of them that are effects of statements
}

type invocationKey struct{}

// metric is a metric of a function.
type metric struct{ function, name string }

// measured returns the metric that a call adds to, and how much it adds, as the answer says.
func (c call) measured(answer []byte) (m metric, n int) {
	switch {
	case c.operation == "PutItem":
		return metric{c.caller, telemetry.ItemsCreated}, 1
	case c.operation == "UpdateItem" && !c.marksFailure():
		return metric{c.caller, telemetry.ItemsClassified}, 1
	case c.classifies():
		return metric{c.caller, telemetry.ItemsClassified}, len(c.done(answer))
	case len(c.in.Statements) > 0:
		return metric{c.caller, telemetry.ItemsCreated}, len(c.done(answer))
	case c.toDeadLetters():
		return metric{c.caller, telemetry.ItemsFailed}, 1
	}
	return metric{}, 0
}

// measure records a call that took effect. The metrics may count it: whether the caller got an answer
// is not known here.
func (l *ledger) measure(c call, answer []byte) {
	if m, n := c.measured(answer); n > 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.possible[m] += n
	}
}

// hear records that the caller gets the answer of a call. From now on its metrics must count it.
func hear(ctx context.Context, c call, response *http.Response, answer []byte) {
	i, fromFunction := ctx.Value(invocationKey{}).(*invocation)
	if !fromFunction || response.StatusCode != http.StatusOK {
		return
	}
	if m, n := c.measured(answer); n > 0 {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.certain[m] += n
		if len(c.in.Statements) > 0 {
			i.inBatches[m] += n
		}
	}
}

// forget takes back what an invocation was told of statements. A function that panics while it tries
// some statements of a batch again loses what it knew of the others.
func (i *invocation) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for m, n := range i.inBatches {
		i.certain[m] -= n
	}
	clear(i.inBatches)
}

// complete records that an invocation has ended, and has written its metrics.
func (l *ledger) complete(function string, i *invocation, records int, response []byte) {
	var out events.SQSEventResponse
	if records > 0 {
		must(json.Unmarshal(response, &out))
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for m, n := range i.certain {
		l.certain[m] += n
	}
	retries := metric{function, telemetry.Retries}
	l.certain[retries] += len(out.BatchItemFailures)
	l.possible[retries] += len(out.BatchItemFailures)
	if records > 1 { // for one message the line has no BatchSize
		l.messages[function] += records
	}
	l.completed[function]++
}

// checkMetrics compares the metrics with what happened.
func (w *world) checkMetrics() {
	const invariant = "the metrics agree with what happened"
	for _, err := range w.metrics.Refused() {
		w.ledger.violate(invariant, "%v", err)
	}
	for m, most := range w.ledger.possible {
		if n := int(w.metrics.Of(m.function)[m.name].Sum); n < w.ledger.certain[m] || n > most {
			w.ledger.violate(invariant, "%s of %s is %d, not from %d to %d", m.name, m.function, n, w.ledger.certain[m], most)
		}
	}
	for function, n := range w.ledger.completed {
		if lines := w.metrics.Lines(function); lines != n {
			w.ledger.violate(invariant, "%s wrote %d lines in %d invocations", function, lines, n)
		}
		if told, n := int(w.metrics.Members(function)[telemetry.BatchSize]), w.ledger.messages[function]; told != n {
			w.ledger.violate(invariant, "%s of %s is %d, not %d", telemetry.BatchSize, function, told, n)
		}
	}
}
