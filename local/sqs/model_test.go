package sqs_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The test makes random calls and lets time pass. A message must be received only while it is
// visible. Every receive must add one to the receive count. Until a message is deleted, it must be
// in exactly one of the two queues.
func TestRandomCallsLoseNoMessageAndReceiveNoneTooSoon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			client := newClient()
			m := &model{t: t, messages: map[string]*known{}}
			m.queue, m.deadLetters = newQueue(t, client, "Orders", nil), newQueue(t, client, "DeadLetters", nil)
			m.queue.redrivesTo(m.deadLetters, strconv.Itoa(modelMaxReceives))
			t.Repeat(map[string]func(*rapid.T){
				"send":              m.send,
				"receive":           m.receive,
				"delete":            m.delete,
				"change visibility": m.changeVisibility,
				"wait":              func(t *rapid.T) { wait(m.seconds("wait", 1)) },
				"count":             m.check,
			})
			m.drain()
		})
	})
}

const modelMaxReceives = 2

// model knows what the queues should hold.
type model struct {
	t                  *rapid.T
	queue, deadLetters *queue
	messages           map[string]*known // the messages that are not deleted, by id
	received           []types.Message   // every receive so far; its receipt handle may be an old one
}

type known struct {
	visibleAt time.Time
	receives  int
	handle    string // the receipt handle of the last receive
}

func (k *known) visible() bool { return !time.Now().Before(k.visibleAt) }

func (m *model) seconds(label string, least int) time.Duration {
	return time.Duration(rapid.IntRange(least, 60).Draw(m.t, label+" seconds")) * time.Second
}

func (m *model) send(*rapid.T) {
	delay := m.seconds("delay", 0)
	id := m.queue.send("hello", delayed(int32(delay/time.Second)))
	m.messages[id] = &known{visibleAt: time.Now().Add(delay)}
}

func (m *model) receive(t *rapid.T) {
	n, visibility := rapid.Int32Range(1, 10).Draw(t, "n"), m.seconds("visibility", 1)
	receivable := 0
	for _, k := range m.messages {
		if k.visible() && k.receives < modelMaxReceives {
			receivable++
		}
	}
	got := m.queue.receive(func(in *sqs.ReceiveMessageInput) {
		in.MaxNumberOfMessages, in.VisibilityTimeout = n, int32(visibility/time.Second)
	})
	if want := min(int(n), receivable); len(got) != want {
		t.Fatalf("received %d messages, want %d", len(got), want)
	}
	for _, message := range got {
		k := m.messages[*message.MessageId]
		if k == nil || !k.visible() {
			t.Fatalf("received message %s, which is deleted or hidden", *message.MessageId)
		}
		k.receives++
		k.visibleAt, k.handle = time.Now().Add(visibility), *message.ReceiptHandle
		if got, want := message.Attributes["ApproximateReceiveCount"], strconv.Itoa(k.receives); got != want {
			t.Fatalf("receive count %s, want %s", got, want)
		}
	}
	m.received = append(m.received, got...)
}

// choose returns one of the received messages and its entry in the model. The entry is nil if the
// message is deleted.
func (m *model) choose(t *rapid.T) (types.Message, *known) {
	if len(m.received) == 0 {
		t.Skip("nothing is received yet")
	}
	message := rapid.SampledFrom(m.received).Draw(t, "message")
	k := m.messages[*message.MessageId]
	if k != nil && k.visible() && k.receives == modelMaxReceives {
		t.Skip("it may have moved, and only the queue knows")
	}
	return message, k
}

// delete calls DeleteMessage. The message goes only if the receipt handle is its newest one.
func (m *model) delete(t *rapid.T) {
	message, k := m.choose(t)
	m.queue.delete(message)
	if k != nil && k.handle == *message.ReceiptHandle {
		delete(m.messages, *message.MessageId)
	}
}

// changeVisibility calls ChangeMessageVisibility with any receipt handle of the message.
func (m *model) changeVisibility(t *rapid.T) {
	message, k := m.choose(t)
	timeout := m.seconds("timeout", 0)
	err := m.queue.tryChangeVisibility(message, timeout)
	if ok := err == nil; ok != (k != nil) {
		t.Fatalf("changing the visibility gives %v; the message is there: %v", err, k != nil)
	}
	if k != nil && !k.visible() {
		k.visibleAt = time.Now().Add(timeout)
	}
}

// check compares the numbers of messages. A message that is due to move to the dead-letter queue may
// be visible in either queue.
func (m *model) check(t *rapid.T) {
	visible, inFlight, late := 0, 0, 0
	for _, k := range m.messages {
		switch {
		case k.visible():
			visible++
		case k.receives > 0:
			inFlight++
		default:
			late++
		}
	}
	q, deadLetters := m.queue.counts(), m.deadLetters.counts()
	dead, err := strconv.Atoi(deadLetters.visible)
	if err != nil {
		t.Fatal(err)
	}
	want := counts{strconv.Itoa(visible - dead), strconv.Itoa(inFlight), strconv.Itoa(late)}
	if q != want || deadLetters.inFlight != "0" || deadLetters.delayed != "0" {
		t.Fatalf("the queue counts %+v, want %+v; the dead-letter queue %+v", q, want, deadLetters)
	}
}

// drain deletes all messages. Each message of the model must be there exactly once.
func (m *model) drain() {
	wait(time.Hour)
	left := map[string]int{}
	for _, q := range []*queue{m.queue, m.deadLetters} {
		for messages := q.receive(); len(messages) > 0; messages = q.receive() {
			for _, message := range messages {
				left[aws.ToString(message.MessageId)]++
				q.delete(message)
			}
		}
	}
	want := map[string]int{}
	for id := range m.messages {
		want[id] = 1
	}
	if diff := cmp.Diff(want, left); diff != "" {
		m.t.Fatalf("messages that are left (-want +got):\n%s", diff)
	}
}
