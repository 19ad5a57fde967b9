package main

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/poller"
)

// hands are the messages that a worker's process has received and not dealt with yet. The process must keep
// these invisible, and no others.
type hands struct {
	mu   *sync.Mutex
	held map[string]*held     // by receipt handle
	left map[string]time.Time // when the process was done with a message, by receipt handle
	back map[string]int       // the last receive at which the process has given a message back, by its id

	unanswered []time.Time // when calls that renew messages got no answer
}

// held is a message in a process's hands.
type held struct {
	message
	until     time.Time // when SQS lets others have it, unless it is renewed
	isCopy    bool      // it is the second copy of a message
	unchecked bool      // it may be visible: somebody else had it too, or the process has given it back
	handled   bool      // a batch with it is over
	why       fault     // it may be visible because of this
	failures  failures  // since it was renewed
}

// failures are the first and the last of some calls that failed, with none in between that did not.
type failures struct{ first, last time.Time }

// note adds a call that fails now.
func (f *failures) note() {
	f.last = time.Now()
	if f.first.IsZero() {
		f.first = f.last
	}
}

// excuse tells whether a message may become visible because of them. A message is renewed every ten
// seconds. The first call that fails is followed by another in time.
func (f failures) excuse() bool { return f.last.Sub(f.first) >= 5*time.Second }

func newHands() hands {
	return hands{mu: new(sync.Mutex), held: map[string]*held{}, left: map[string]time.Time{}, back: map[string]int{}}
}

// lateRenewal is how long after the end of a batch a call may still renew its messages, because it was under
// way. It is less than the time from one beat to the next.
const lateRenewal = 5 * time.Second

// take records that the process hears of messages that were received at a time. Some are copies of messages that
// were received before. A message may have been made visible between then and now, by a call about an earlier receive.
func (p *process) take(messages []message, received time.Time, isCopy func(message) bool, why fault) {
	for _, m := range messages {
		h := &held{message: m, until: received.Add(poller.Invisible), isCopy: isCopy(m), why: why}
		h.unchecked = h.isCopy || p.world.ledger.changedSince(m.MessageId, received)
		p.hands.mu.Lock()
		p.held[m.ReceiptHandle] = h
		delete(p.left, m.ReceiptHandle)
		p.hands.mu.Unlock()
	}
}

// has tells whether a message is in the process's hands.
func (p *process) has(messageID string) bool {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for _, h := range p.held {
		if h.MessageId == messageID {
			return true
		}
	}
	return false
}

func (p *process) count() int {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	return len(p.held)
}

// handled records that a batch with messages is over. What is left is to delete those that did not fail.
func (p *process) handled(messages []message) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for _, m := range messages {
		if h := p.held[m.ReceiptHandle]; h != nil {
			h.handled = true
		}
	}
}

// settle records that the process is done with messages.
func (p *process) settle(messages []message) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for _, m := range messages {
		delete(p.held, m.ReceiptHandle)
		p.left[m.ReceiptHandle] = time.Now()
	}
}

// drop empties the hands. It returns what was in them, and what of that no batch has dealt with.
func (p *process) drop() (messages, unhandled []message) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for _, h := range p.held {
		messages = append(messages, h.message)
		if !h.handled {
			unhandled = append(unhandled, h.message)
		}
	}
	clear(p.held)
	return messages, unhandled
}

// excuse records why all that is in the hands may become visible, and returns it.
func (p *process) excuse(why fault) (messages []message) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for _, h := range p.held {
		h.why = why
		messages = append(messages, h.message)
	}
	return messages
}

// checkHeld finds messages that others may have got, although the process was not done with them. SQS may
// have moved them to the dead-letter queue.
func (p *process) checkHeld(messages []message) {
	for _, m := range messages {
		p.hands.mu.Lock()
		h := p.held[m.ReceiptHandle]
		late := h != nil && !time.Now().Before(h.until)
		excused := h != nil && (h.unchecked || h.why != none || h.failures.excuse() || p.wasBusy(h.until))
		p.hands.mu.Unlock()
		switch {
		case !late || p.alive.Err() != nil:
		case excused:
			p.world.ledger.excuseAll([]message{m}, lateBatch)
		default:
			p.world.ledger.violate("a message stays invisible while a worker deals with it", "%s of %s", p.world.ledger.delivered(m.ReceiptHandle), p.name)
		}
	}
}

// letGo records that the process does not keep a message invisible any more.
func (p *process) letGo(receiptHandle string) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	if h := p.held[receiptHandle]; h != nil {
		h.unchecked = true
	}
}

// changes records that a call has made messages visible, or has deleted them. For SQS, any receipt handle of a
// message will do. So others who deal with the message lose it, too. The caller is a process, or nil.
func (w *world) changes(by *process, c call) {
	messages := map[string]int{} // the receives, by message id
	for _, m := range w.ledger.named(c.handles()) {
		messages[m.MessageId] = m.receives()
	}
	w.mu.Lock()
	processes := slices.Clone(w.processes)
	w.mu.Unlock()
	for _, p := range processes {
		if p != by || c.operation == "ChangeMessageVisibility" {
			p.loses(messages, p == by)
		}
	}
}

// loses records that messages are not kept invisible any more, because the process itself gave them back, or
// because of somebody else.
func (p *process) loses(messages map[string]int, gaveBack bool) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for id, receives := range messages {
		if gaveBack {
			p.back[id] = max(p.back[id], receives)
		}
	}
	for _, h := range p.held {
		if messages[h.MessageId] > 0 {
			h.unchecked = true
		}
	}
}

// checkRenewal checks a call that renews messages when the process makes it.
func (p *process) checkRenewal(c call) {
	for _, e := range c.in.Entries {
		p.hands.mu.Lock()
		h, left := p.held[e.ReceiptHandle], p.left[e.ReceiptHandle]
		back := h != nil && !h.isCopy && h.receives() <= p.back[h.MessageId]
		p.hands.mu.Unlock()
		name := p.world.ledger.delivered(e.ReceiptHandle)
		switch {
		case back:
			p.world.ledger.violate("a message that was given back comes back when the worker said", "%s of %s is renewed", name, p.name)
		case h != nil && h.why == none && !h.isCopy && time.Since(h.until) > lateRenewal:
			p.world.ledger.violate("nobody renews a message that others may have", "%s of %s is renewed", name, p.name)
		case h == nil && time.Since(left) > lateRenewal:
			p.world.ledger.violate("no message is kept invisible that nobody deals with", "%s of %s is renewed", name, p.name)
		}
	}
}

// wasBusy tells whether many calls got no answer before a message became visible. Others waited for them.
func (p *process) wasBusy(until time.Time) bool {
	n := 0
	for _, at := range p.unanswered {
		if at.Before(until) && at.After(until.Add(-poller.Invisible)) {
			n++
		}
	}
	return n >= 2*awsclient.MaxConnections
}

// renewalFails records that a call that renews messages meets a fault.
func (p *process) renewalFails(c call, f fault) {
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	if f == hung || f == answerLate || f == straggler {
		p.unanswered = append(p.unanswered, time.Now())
	}
	for _, e := range c.in.Entries {
		if h := p.held[e.ReceiptHandle]; h != nil {
			h.failures.note()
		}
	}
}

// hears records that the process hears that a call has renewed messages.
func (p *process) hears(c call, answer []byte) {
	p.eachRenewed(c, answer, func(h *held) { h.failures = failures{} })
}

// renewed records that a call has renewed messages, whether the process hears of it or not.
func (p *process) renewed(c call, answer []byte) {
	p.eachRenewed(c, answer, func(h *held) { h.until = time.Now().Add(poller.Invisible) })
}

// eachRenewed calls do for the messages that a call has renewed in time, as its answer says.
func (p *process) eachRenewed(c call, answer []byte, do func(*held)) {
	var out struct{ Successful []struct{ Id string } }
	must(json.Unmarshal(answer, &out))
	p.hands.mu.Lock()
	defer p.hands.mu.Unlock()
	for _, done := range out.Successful {
		for _, e := range c.in.Entries {
			if h := p.held[e.ReceiptHandle]; e.Id == done.Id && h != nil && time.Now().Before(h.until) {
				do(h)
			}
		}
	}
}
