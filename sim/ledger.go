package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"simple-sam-demo/shared/queue"
)

// ledger keeps what happened, as AWS sees it and not as the functions do, and finds what must not
// happen.
type ledger struct {
	world *world

	mu         sync.Mutex
	enqueued   map[string]int          // how often a key was sent to the queue, by item
	stored     map[string]bool         // items, by id
	version    map[string]string       // the model version that classified an item last
	deliveries map[string]message      // by receipt handle
	received   map[string]time.Time    // by receipt handle
	receives   map[string]int          // the highest receive count of a message, by its id
	counted    map[string]map[int]bool // its receive counts
	names      map[string]string       // of messages, by their ids
	sent       map[string]int          // number of messages that were sent, by body
	excuses    map[receive]fault       // why a receive may have come to nothing
	changed    map[string]time.Time    // when a call last made a message visible, or deleted it, by its id
	unmarked   map[string]fault        // items that could not be marked as failed, and why
	violations []violation

	certain, possible map[metric]int // the least and the most that a metric may be
	completed         map[string]int // invocations that ended well, by function
	messages          map[string]int // messages of the completed batches with more than one, by function
}

// receive is one of the times that a message was received.
type receive struct {
	messageID string
	count     int
}

// violation is an invariant that did not hold, and what was seen.
type violation struct{ invariant, what string }

func newLedger(w *world) *ledger {
	return &ledger{
		world: w, enqueued: map[string]int{}, stored: map[string]bool{}, version: map[string]string{},
		deliveries: map[string]message{}, received: map[string]time.Time{}, receives: map[string]int{}, counted: map[string]map[int]bool{},
		names: map[string]string{}, sent: map[string]int{}, excuses: map[receive]fault{}, changed: map[string]time.Time{}, unmarked: map[string]fault{},
		certain: map[metric]int{}, possible: map[metric]int{}, completed: map[string]int{}, messages: map[string]int{},
	}
}

// violate records that an invariant does not hold.
func (l *ledger) violate(invariant, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found(invariant, format, args...)
}

// found is violate for those who hold the lock.
func (l *ledger) found(invariant, format string, args ...any) {
	v := violation{invariant, fmt.Sprintf(format, args...)}
	l.violations = append(l.violations, v)
	l.world.note("VIOLATION of %q: %s", v.invariant, v.what)
}

// nameOf names a message that was received.
func (l *ledger) nameOf(messageID string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.names[messageID]
}

// delivered names the receive that a receipt handle stands for.
func (l *ledger) delivered(receiptHandle string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.deliveries[receiptHandle]
	return fmt.Sprint(l.names[m.MessageId], " received ", m.receives())
}

// named returns the messages of receipt handles.
func (l *ledger) named(receiptHandles []string) (messages []message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, handle := range receiptHandles {
		messages = append(messages, l.deliveries[handle])
	}
	return messages
}

// deliver records that a message was received at a time.
func (l *ledger) deliver(m message, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deliveries[m.ReceiptHandle], l.received[m.ReceiptHandle] = m, time.Now()
	if l.names[m.MessageId] == "" {
		l.sent[m.Body]++
		l.names[m.MessageId] = fmt.Sprint("message ", l.sent[m.Body], " of ", l.world.nameOfBody(m.Body))
	}
	n := m.receives()
	if l.counted[m.MessageId] == nil {
		l.counted[m.MessageId] = map[int]bool{}
	}
	if l.counted[m.MessageId][n] { // two answers within milliseconds come in any order
		l.found("receive counts go up by one", "%s was received twice for the %dth time", l.names[m.MessageId], n)
	}
	l.counted[m.MessageId][n] = true
	l.receives[m.MessageId] = max(l.receives[m.MessageId], n)
	if l.changed[m.MessageId].After(at) {
		l.excuses[m.receive()] = straggler
	}
	if n > l.world.maxReceiveCount {
		l.found("a message is received at most maxReceiveCount times", "%s: %d", l.names[m.MessageId], n)
	}
}

// checkCounts finds receive counts that no message was received with.
func (l *ledger) checkCounts() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, most := range l.receives {
		if n := len(l.counted[id]); n != most {
			l.found("receive counts go up by one", "%s has a receive count of %d after %d receives", l.names[id], most, n)
		}
	}
}

// excuseAll records that these receives may end without a result, because the fault leaves nobody to
// act on them.
func (l *ledger) excuseAll(messages []message, f fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		l.excuses[m.receive()] = f
	}
}

// excuseLate records which messages were dealt with only after their visibility timeout. SQS may have
// moved them to the dead-letter queue before.
func (l *ledger) excuseLate(messages []message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		if time.Since(l.received[m.ReceiptHandle]) >= l.world.visibilityTimeout {
			l.excuses[m.receive()] = lateBatch
		}
	}
}

// change records that a call makes messages visible, or deletes them, whichever receive it is about: for SQS any receipt
// handle of a message will do. If the message was received again, because the call was under way for long, or is a
// repetition, that receive may end without a result.
func (l *ledger) change(c call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, handle := range c.handles() {
		m := l.deliveries[handle]
		l.changed[m.MessageId] = time.Now()
		if newest := l.receives[m.MessageId]; newest > m.receives() {
			l.excuses[receive{m.MessageId, newest}] = straggler
		}
	}
}

// changedSince tells whether a call has made a message visible, or has deleted it, after SQS let somebody have it.
func (l *ledger) changedSince(messageID string, received time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed[messageID].After(received)
}

// excuseMarks records that the items of an invocation may stay without a mark that they failed. The
// function waited for the answer to one mark for so long that no time was left for the others.
func (l *ledger) excuseMarks(items map[string][]int, f fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range items {
		l.unmarked[id] = f
	}
}

// excuse records what the caller may leave undone because a call has failed.
func (l *ledger) excuse(c call, f fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.marksFailure():
		l.unmarked[c.in.Key["id"].S] = f
	case c.toDeadLetters():
		l.excuses[c.failed()] = f
	case c.operation == "DeleteMessageBatch":
		for _, e := range c.in.Entries {
			l.excuses[l.deliveries[e.ReceiptHandle].receive()] = f
		}
	}
}

// effect records what a call has done, when AWS has carried it out.
func (l *ledger) effect(c call, answer []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch c.operation {
	case "PutItem":
		l.store(c.in.Item["id"].S)
	case "UpdateItem":
		if version := c.in.ExpressionAttributeValues[":version"].S; !c.marksFailure() {
			l.classify(c.in.Key["id"].S, version)
		}
	case "BatchExecuteStatement":
		for _, s := range c.done(answer) {
			if s.inserts() {
				l.store(s.id())
			} else {
				l.classify(s.id(), s.version())
			}
		}
	case "SendMessage":
		if !c.toDeadLetters() {
			l.enqueue(c.in.MessageBody)
		}
	case "SendMessageBatch":
		var out struct{ Successful []struct{ Id string } }
		must(json.Unmarshal(answer, &out))
		for _, sent := range out.Successful {
			for _, e := range c.in.Entries {
				if e.Id == sent.Id {
					l.enqueue(e.MessageBody)
				}
			}
		}
	}
}

func (l *ledger) enqueue(body string) {
	id, err := queue.ParseBody(body)
	if err != nil || !l.world.isValid(id) {
		l.found("rejected input leaves nothing behind", "%q was enqueued", body)
	}
	l.enqueued[id]++
}

func (l *ledger) isStored(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stored[id]
}

func (l *ledger) store(id string) {
	switch {
	case !l.world.isValid(id):
		l.found("rejected input leaves nothing behind", "item %s was stored", id)
	case l.enqueued[id] == 0:
		l.found("every stored item has been enqueued", "%s", l.world.nameOf(id))
	case l.stored[id]:
		l.found("an item is stored once", "%s", l.world.nameOf(id))
	}
	l.stored[id] = true
}

func (l *ledger) classify(id, version string) {
	if version <= l.version[id] {
		l.found("an item is written once for a model version, and never by an older one", "%s has %s and got %s", l.world.nameOf(id), l.version[id], version)
	}
	l.version[id] = version
}
