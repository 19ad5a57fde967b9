package sqs_test

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"pgregory.net/rapid"
)

// actions returns the actions of a sequence by name. An action draws an operation and does it. What
// it draws depends only on the state of the reference.
func (c *comparison) actions() map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){"fail": c.fail, "be slow": c.beSlow}
	for name, draw := range map[string]func(*rapid.T, *reference) operation{
		"send": func(t *rapid.T, r *reference) operation {
			queue := drawQueue(t)
			room(t, r, 1)
			return send{queue, drawSent(t, r, queue)}
		},
		"send batch":        drawSendBatch,
		"receive":           drawReceive,
		"receive again":     drawReceive, // a second entry, so that it is drawn more often
		"delete":            func(t *rapid.T, r *reference) operation { of := drawReceipt(t, r); return remove{of, r.kind(of)} },
		"delete batch":      drawRemoveBatch,
		"change visibility": drawChangeVisibility,
		"change it again":   drawChangeVisibility,
		"purge":             drawPurge,
		"set attribute":     drawSetAttribute,
		"redrive": func(t *rapid.T, _ *reference) operation {
			return redriveAfter{rapid.SampledFrom([]int{1, 1, 2, 3, 0}).Draw(t, "receives")}
		},
		"create again": drawCreateAgain,
		"list": func(t *rapid.T, _ *reference) operation {
			return list{rapid.SampledFrom([]string{"", "O", "None"}).Draw(t, "prefix")}
		},
		"move": func(t *rapid.T, r *reference) operation { return drawMove(t, r, c.needsDestination) },
		"be refused": func(t *rapid.T, _ *reference) operation {
			return refusedCalls[rapid.IntRange(0, len(refusedCalls)-1).Draw(t, "which")]
		},
	} {
		all[name] = func(t *rapid.T) { c.do(draw(t, c.reference)) }
	}
	return all
}

// fail receives messages until they move to the dead-letter queue. Single operations seldom get that far.
func (c *comparison) fail(t *rapid.T) {
	once := receive{queue: orders, portion: mostMessages, visibility: long, attributes: []string{"All"}, system: []types.MessageSystemAttributeName{"All"}}
	if len(c.reference.queues[orders].receivable()) == 0 {
		t.Skip("there is no message to receive")
	}
	before := c.reference
	c.do(redriveAfter{1})
	c.do(once)
	for _, m := range slices.Clone(c.reference.queues[orders].messages) {
		if m.inFlight && c.reference == before { // after a difference, c has a new reference
			c.do(changeVisibility{m.newest(), c.reference.kind(m.newest()), 0, false})
		}
	}
	c.do(once)
}

// beSlow uses an old receipt, as a slow consumer does: the message was received again later.
func (c *comparison) beSlow(t *rapid.T) {
	before := c.reference
	i := slices.IndexFunc(before.queues[orders].messages, func(m *referenceMessage) bool { return m.inFlight })
	if i < 0 {
		t.Skip("no message is in flight")
	}
	old, seconds := before.queues[orders].messages[i].newest(), rapid.SampledFrom([]int32{-1, 0, long}).Draw(t, "delete, or seconds")
	c.do(changeVisibility{old, before.kind(old), 0, false})
	if c.reference == before { // after a difference, c has a new reference
		c.do(receive{queue: orders, portion: mostMessages, visibility: long})
	}
	switch {
	case c.reference != before:
	case seconds < 0:
		c.do(remove{old, before.kind(old)})
	default:
		c.do(changeVisibility{old, before.kind(old), seconds, false})
	}
}

func drawSendBatch(t *rapid.T, r *reference) operation {
	queue := drawQueue(t)
	n := rapid.IntRange(1, 4).Draw(t, "entries")
	room(t, r, n)
	bad := rapid.SampledFrom([][]sent{nil, nil, badEntries[:1], badEntries[1:2], badEntries[2:], badEntries}).Draw(t, "bad entries")
	entries := slices.Clone(bad)
	for range n {
		entries = append(entries, drawSent(t, r, queue))
	}
	return sendBatch{queue, entries}
}

func drawChangeVisibility(t *rapid.T, r *reference) operation {
	of := drawReceipt(t, r)
	seconds := rapid.SampledFrom([]int32{0, 0, 0, long, 40000, 43201, -1}).Draw(t, "seconds")
	return changeVisibility{of, r.kind(of), seconds, rapid.Bool().Draw(t, "in a batch")}
}

func drawPurge(t *rapid.T, r *reference) operation {
	o := purge{drawQueue(t)}
	if !r.queues[o.queue].purged && rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
		t.Skip("there are few messages as it is")
	}
	return o
}

func drawSetAttribute(t *rapid.T, _ *reference) operation {
	o := rapid.SampledFrom(attributeValues).Draw(t, "attribute")
	o.queue = drawQueue(t)
	return o
}

// drawCreateAgain draws a CreateQueue of an existing queue with no attribute, or with one that was
// set before. The reference does not know the default values of other attributes.
func drawCreateAgain(t *rapid.T, r *reference) operation {
	o, queue := rapid.SampledFrom(attributeValues).Draw(t, "attribute"), drawQueue(t)
	if _, ok := r.queues[queue].attributes[o.name]; !ok || rapid.Bool().Draw(t, "without") {
		o.name = ""
	}
	return createAgain{queue, o.name, o.value}
}

func drawQueue(t *rapid.T) int {
	return rapid.SampledFrom([]int{orders, orders, orders, deadLetters}).Draw(t, "queue")
}

// room skips the operation if, with n more messages, one receive could no longer return all of them.
func room(t *rapid.T, r *reference, n int) {
	if r.held()+n > mostMessages {
		t.Skip("a receive could not return all messages")
	}
}

func drawReceive(t *rapid.T, r *reference) operation {
	o := receive{
		queue: rapid.IntRange(orders, deadLetters).Draw(t, "queue"), portion: mostMessages,
		visibility: rapid.SampledFrom([]int32{0, 0, long, 43200}).Draw(t, "visibility"),
		attributes: rapid.SampledFrom([][]string{{"All"}, {".*"}, {"colour", "none"}, {"failure.*", "Z"}, nil}).Draw(t, "attributes"),
		system: rapid.SampledFrom([][]types.MessageSystemAttributeName{
			{"All"}, {"All"}, {"ApproximateReceiveCount"}, {"SentTimestamp", "AWSTraceHeader"}, nil,
		}).Draw(t, "system attributes"),
	}
	if o.visibility > 0 || r.queues[o.queue].set("VisibilityTimeout", long) > 0 {
		o.portion = rapid.SampledFrom([]int32{mostMessages, 1, 3}).Draw(t, "portion")
	}
	return o
}

func drawReceipt(t *rapid.T, r *reference) receipt {
	if len(r.receipts) == 0 {
		t.Skip("nothing is received yet")
	}
	// The newest receipts are mostly still valid.
	back := rapid.IntRange(0, len(r.receipts)-1).Draw(t, "receipt, from the last")
	return r.receipts[len(r.receipts)-1-back]
}

func drawRemoveBatch(t *rapid.T, r *reference) operation {
	first := drawReceipt(t, r)
	o := removeBatch{queue: first.queue, of: []receipt{first}}
	if second := drawReceipt(t, r); second.queue == first.queue && second != first {
		o.of = append(o.of, second)
	}
	for _, of := range o.of {
		o.kinds = append(o.kinds, r.kind(of))
	}
	return o
}

// drawMove draws a move task whose result the documentation of SQS describes. The documentation does
// not say what happens when the destination has a delay. It does not say in which order messages
// move before one without a source ends the task.
func drawMove(t *rapid.T, r *reference, needsDestination bool) operation {
	if r.moved {
		t.Skip("to list one task")
	}
	o := move{needsDestination || rapid.Bool().Draw(t, "destination")}
	for _, m := range r.queues[deadLetters].receivable() {
		if !m.redriven && !o.destination {
			t.Skip("a message has no source")
		}
	}
	if r.queues[orders].set("DelaySeconds", 0) > 0 {
		t.Skip("the destination has a delay")
	}
	return o
}
