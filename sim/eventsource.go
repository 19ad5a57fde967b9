package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// receive is the event source mapping's long poll. The way there takes no time and
// meets no fault: the polls that wait are all alike, and a run must not depend on which
// of them is the first.
func (n *network) receive(r *http.Request, c call) (*http.Response, error) {
	w := n.world
	if err := w.waitOutPause(r.Context()); err != nil {
		return nil, err
	}
	response, err := n.next.RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var out struct{ Messages []message }
	must(json.Unmarshal(body, &out))
	if len(out.Messages) == 0 {
		return respond(r, http.StatusOK, response.Header, body), nil
	}
	var names []string
	for _, m := range out.Messages {
		names = append(names, w.nameOfBody(m.Body))
	}
	slices.Sort(names)
	place := c.caller + " ReceiveMessage " + strings.Join(names, ", ")
	time.Sleep(w.latency(place, "first")) // several polls may return at once
	site, f := w.visit(place, atReceive)
	for _, m := range out.Messages {
		w.ledger.deliver(m)
		w.note("%s: received %s for the %dth time%s", n.caller, w.ledger.nameOf(m.MessageId), m.receives(), with(f))
	}
	delay := w.latency(site, "back")
	switch f {
	case answerLost:
		w.ledger.excuseAll(out.Messages, f)
		return nil, errConnection
	case lateBatch:
		w.ledger.excuseAll(out.Messages, f)
		delay = w.visibilityTimeout + time.Duration(w.seed.number(site, "late")*float64(5*time.Minute))
	case reordered:
		slices.SortFunc(out.Messages, func(a, b message) int {
			return int(w.seed.bits(site, a.Body)>>1) - int(w.seed.bits(site, b.Body)>>1)
		})
	}
	w.hold(out.Messages, true)
	out.Messages = w.repeat(out.Messages, f == duplicated)
	if err := smithytime.SleepWithContext(r.Context(), delay); err != nil {
		return nil, err
	}
	return respond(r, http.StatusOK, response.Header, mustJSON(out)), nil
}

// waitOutPause waits while nobody is to receive messages.
func (w *world) waitOutPause(ctx context.Context) error {
	now := time.Since(w.start)
	if now < w.paused.from || w.paused.to <= now {
		return nil
	}
	return smithytime.SleepWithContext(ctx, w.paused.to-now)
}

// hold records which messages are on their way to an invocation.
func (w *world) hold(messages []message, held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range messages {
		if held {
			w.held[m.ReceiptHandle] = true
		} else {
			delete(w.held, m.ReceiptHandle)
		}
	}
}

// repeat adds messages that were set aside by an earlier call, and may set these aside.
func (w *world) repeat(messages []message, again bool) []message {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := slices.Clone(messages)
	for len(messages) < 10 && len(w.aside) > 0 {
		m := w.aside[0]
		w.aside = w.aside[1:]
		if !slices.ContainsFunc(messages, func(other message) bool { return other.MessageId == m.MessageId }) {
			messages = append(messages, m)
		}
	}
	if again {
		w.aside = append(w.aside, fresh...)
	}
	return messages
}

// message is a message as received.
type message struct {
	MessageId, ReceiptHandle, MD5OfBody, Body string

	Attributes             map[string]string
	MessageAttributes      map[string]json.RawMessage `json:",omitempty"`
	MD5OfMessageAttributes string                     `json:",omitempty"`
}

func (m message) receives() int {
	var n int
	if _, err := fmt.Sscan(m.Attributes["ApproximateReceiveCount"], &n); err != nil {
		return 0
	}
	return n
}
