package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// receive is a long poll of the event source mapping, or of a worker. The request takes no time and meets no
// fault. The polls of one poller that wait are all alike, and a run must not depend on which of them comes first.
func (n *network) receive(r *http.Request, c call) (*http.Response, error) {
	response, err := n.longPoll(r)
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
	if out.Messages, err = n.disturb(r.Context(), c, out.Messages); err != nil {
		return nil, err
	}
	return respond(r, http.StatusOK, response.Header, mustJSON(out)), nil
}

func (n *network) longPoll(r *http.Request) (*http.Response, error) {
	if n.process == nil {
		if err := n.world.waitOutPause(r.Context()); err != nil {
			return nil, err
		}
		return n.next.RoundTrip(r)
	}
	seen, release := n.process.poll(r)
	defer release()
	return n.next.RoundTrip(seen)
}

// disturb records that messages were received, and lets a fault strike. It returns the messages that
// the caller gets, when it does.
func (n *network) disturb(ctx context.Context, c call, received []message) ([]message, error) {
	w, at := n.world, time.Now()
	var names []string
	for _, m := range received {
		names = append(names, w.nameOfBody(m.Body))
	}
	slices.Sort(names)
	place := c.caller + " ReceiveMessage " + strings.Join(names, ", ")
	// Several polls may return at the same moment, also with other messages about the same items.
	time.Sleep(w.latency(place+received[0].ReceiptHandle, "first"))
	all := atReceive
	if n.process != nil {
		all = atWorkerReceive
	}
	site, f := w.visit(place, c.kind(), receivesOf(received), all)
	for _, m := range received {
		w.ledger.deliver(m, at)
		w.note("%s: received %s for the %dth time%s", n.receiver(), w.ledger.nameOf(m.MessageId), m.receives(), with(f))
	}
	delay := w.latency(site, "back")
	switch f {
	case answerLost:
		w.ledger.excuseAll(received, f)
		return nil, errConnection
	case lateBatch:
		w.ledger.excuseAll(received, f)
		delay = w.visibilityTimeout + time.Duration(w.seed.number(site, "late")*float64(5*time.Minute))
	case reordered:
		slices.SortFunc(received, func(a, b message) int {
			return int(w.seed.bits(site, a.Body)>>1) - int(w.seed.bits(site, b.Body)>>1)
		})
	}
	w.hold(received, true)
	if n.process != nil {
		return n.process.hear(ctx, c, received, at, site, f)
	}
	messages := w.repeat(received, f == duplicated, func(message) bool { return true })
	return messages, smithytime.SleepWithContext(ctx, delay)
}

// receiver names who receives.
func (n *network) receiver() string {
	if n.process != nil {
		return n.process.name
	}
	return n.caller
}

// waitOutPause waits while nobody is to receive messages. Then the polls go on in the order in which they came.
func (w *world) waitOutPause(ctx context.Context) error {
	left := w.pauseLeft()
	if left == 0 {
		return nil
	}
	w.mu.Lock()
	w.waiting++
	place := time.Duration(w.waiting)
	w.mu.Unlock()
	return smithytime.SleepWithContext(ctx, left+place*time.Microsecond)
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

// repeat adds messages that earlier calls have set aside, so that they are delivered twice. With
// again it sets these messages aside, too. The first one waits until it is allowed.
func (w *world) repeat(messages []message, again bool, allowed func(message) bool) []message {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := slices.Clone(messages)
	for len(messages) < 10 && len(w.aside) > 0 && allowed(w.aside[0]) {
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

// message is what a receive returns of a message.
type message struct {
	MessageId, ReceiptHandle, MD5OfBody, Body string

	Attributes             map[string]string
	MessageAttributes      map[string]json.RawMessage `json:",omitempty"`
	MD5OfMessageAttributes string                     `json:",omitempty"`
}

func (m message) receives() int {
	n, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return n
}

func (m message) receive() receive { return receive{m.MessageId, m.receives()} }
