package sqs_test

import (
	"slices"
	"strconv"
)

// The queues of a sequence. Messages that are received too often move from the first to
// the second.
const (
	orders = iota
	deadLetters
)

var queueNames = []string{"Orders", "DeadLetters"}

// mostMessages is how many messages a sequence has at once: as many as one receive can
// return, so that what it returns does not depend on the order, which SQS leaves open.
const mostMessages = 10

// reference is SQS as simple as it can be: no clock (what is hidden stays hidden), no
// order, and nothing but what the operations of the sequences need.
type reference struct {
	queues   [2]referenceQueue
	redrive  int       // the maxReceiveCount, or 0 for none
	receipts []receipt // of every receive there was
	receives map[string]int
	sent     int
	moved    bool // by a move task
}

type referenceQueue struct {
	attributes settings // that were set
	messages   []*referenceMessage
	purged     bool
}

type referenceMessage struct {
	name, body string
	attributes []string // the names
	inFlight   bool
	late       bool // its delay does not end
	redriven   bool
	receives   int
	receipts   []receipt // the newest last
}

// receipt names one receive of a message, on every server.
type receipt struct {
	queue   int
	message string
	nth     int // receive of this message, in whatever queue
}

func newReference() *reference { return &reference{receives: map[string]int{}} }

// held is how many messages there are in all.
func (r *reference) held() int {
	return len(r.queues[orders].messages) + len(r.queues[deadLetters].messages)
}

// set is the number that an attribute is set to, or what is standard.
func (q *referenceQueue) set(attribute string, standard int) int {
	if n, err := strconv.Atoi(q.attributes[attribute]); err == nil {
		return n
	}
	return standard
}

func (q *referenceQueue) receivable() (visible []*referenceMessage) {
	for _, m := range q.messages {
		if !m.inFlight && !m.late {
			visible = append(visible, m)
		}
	}
	return visible
}

func (q *referenceQueue) remove(gone *referenceMessage) {
	var kept []*referenceMessage
	for _, m := range q.messages {
		if m != gone {
			kept = append(kept, m)
		}
	}
	q.messages = kept
}

// receive receives all messages that are visible. Those that have been received
// maxReceiveCount times move instead.
func (r *reference) receive(queue int, hides bool) (received []*referenceMessage) {
	q := &r.queues[queue]
	for _, m := range q.receivable() {
		if queue == orders && r.redrive > 0 && m.receives >= r.redrive {
			q.remove(m)
			m.redriven = true
			r.queues[deadLetters].messages = append(r.queues[deadLetters].messages, m)
			continue
		}
		m.receives++
		r.receives[m.name]++
		m.inFlight = hides
		of := receipt{queue, m.name, r.receives[m.name]}
		m.receipts = append(m.receipts, of)
		r.receipts = append(r.receipts, of)
		received = append(received, m)
	}
	return received
}

// of returns the message that a receipt is one of, or nil when it is deleted or has moved.
func (r *reference) of(of receipt) *referenceMessage {
	for _, m := range r.queues[of.queue].messages {
		if slices.Contains(m.receipts, of) {
			return m
		}
	}
	return nil
}

func (m *referenceMessage) newest() receipt { return m.receipts[len(m.receipts)-1] }

// delete deletes the message that a receipt is the newest one of.
func (r *reference) delete(of receipt) {
	if m := r.of(of); m != nil && m.newest() == of {
		r.queues[of.queue].remove(m)
	}
}

// move sends the visible dead letters on as new messages.
func (r *reference) move(to int) (moved int) {
	r.moved = true
	for _, m := range r.queues[deadLetters].receivable() {
		r.queues[deadLetters].remove(m)
		*m = referenceMessage{name: m.name, body: m.body, attributes: m.attributes}
		r.queues[to].messages = append(r.queues[to].messages, m)
		moved++
	}
	return moved
}

// counts are the three numbers of messages that each queue tells.
func (r *reference) counts() facts {
	f := facts{}
	for i, name := range queueNames {
		visible, inFlight, late := 0, 0, 0
		for _, m := range r.queues[i].messages {
			switch {
			case m.late:
				late++
			case m.inFlight:
				inFlight++
			default:
				visible++
			}
		}
		f[name+" ApproximateNumberOfMessages"] = strconv.Itoa(visible)
		f[name+" ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(inFlight)
		f[name+" ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(late)
	}
	return f
}
