package sqs_test

import (
	"slices"
	"strconv"
)

// The queues of a sequence. A message that is received too often moves from orders to deadLetters.
const (
	orders = iota
	deadLetters
)

var queueNames = []string{"Orders", "DeadLetters"}

// mostMessages is the largest number of messages that a sequence has at once. One receive can return
// them all. So its answer does not depend on the order of messages, which SQS does not promise.
const mostMessages = 10

// reference is a simple model of SQS. It has no clock, so a hidden message stays hidden. It has no
// order of messages, and only what the operations of the sequences need.
type reference struct {
	queues   [2]referenceQueue
	redrive  int       // the maxReceiveCount; 0 means no redrive policy
	receipts []receipt // one for every receive so far
	receives map[string]int
	sent     int
	moved    bool // true if a move task sent it
}

type referenceQueue struct {
	attributes settings // only those that a call has set
	messages   []*referenceMessage
	purged     bool
}

type referenceMessage struct {
	name, body string
	attributes []string // the names
	inFlight   bool
	late       bool // true if it is delayed; the delay does not end
	redriven   bool
	receives   int
	receipts   []receipt // the newest is last
}

// receipt names one receive of a message, on every server.
type receipt struct {
	queue   int
	message string
	nth     int // the number of the receive of this message, counted over all queues
}

func newReference() *reference { return &reference{receives: map[string]int{}} }

// held returns the number of messages in all queues.
func (r *reference) held() int {
	return len(r.queues[orders].messages) + len(r.queues[deadLetters].messages)
}

// set returns the number that an attribute was set to, or standard if it was not set.
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

// receive receives all visible messages. A message that was received maxReceiveCount times already
// moves instead.
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

// of returns the message that a receipt belongs to, or nil when the message is deleted or has moved.
func (r *reference) of(of receipt) *referenceMessage {
	for _, m := range r.queues[of.queue].messages {
		if slices.Contains(m.receipts, of) {
			return m
		}
	}
	return nil
}

func (m *referenceMessage) newest() receipt { return m.receipts[len(m.receipts)-1] }

// delete deletes the message if the receipt is its newest one.
func (r *reference) delete(of receipt) {
	if m := r.of(of); m != nil && m.newest() == of {
		r.queues[of.queue].remove(m)
	}
}

// move sends each visible message of the dead-letter queue on as a new message.
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

// counts returns the three numbers of messages that each queue shows.
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
