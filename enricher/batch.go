package enricher

import (
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/queue"
)

// delivery is one message as received this time, and what became of it.
type delivery struct {
	events.SQSMessage
	id           string // of the item, or "" when the message is malformed
	fault        string // why it is malformed
	receiveCount int    // 1 the first time
	sent         time.Time
	fate         fate
}

// batch is the messages of one invocation. Several messages may hold one key: the
// item is read and written once for all of them.
type batch struct {
	deliveries []*delivery // in the order of the event
	malformed  []*delivery
	byID       map[string][]*delivery
}

func newBatch(event events.SQSEvent) *batch {
	b := &batch{byID: make(map[string][]*delivery, len(event.Records))}
	now := time.Now()
	for _, message := range event.Records {
		d := &delivery{SQSMessage: message, receiveCount: 1, sent: now, fate: retry}
		if n, err := strconv.Atoi(message.Attributes["ApproximateReceiveCount"]); err == nil && n > 1 {
			d.receiveCount = n
		}
		if ms, err := strconv.ParseInt(message.Attributes["SentTimestamp"], 10, 64); err == nil && time.UnixMilli(ms).Before(now) {
			d.sent = time.UnixMilli(ms)
		}
		b.deliveries = append(b.deliveries, d)
		id, err := queue.ParseBody(message.Body)
		if err != nil {
			d.fault = err.Error()
			b.malformed = append(b.malformed, d)
			continue
		}
		d.id = id
		b.byID[id] = append(b.byID[id], d)
	}
	return b
}

// response lists the messages that SQS is to deliver again.
func (b *batch) response() events.SQSEventResponse {
	failures := []events.SQSBatchItemFailure{}
	for _, d := range b.deliveries {
		if d.fate == retry {
			failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: d.MessageId})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failures}
}

func (b *batch) count(f fate) int {
	n := 0
	for _, d := range b.deliveries {
		if d.fate == f {
			n++
		}
	}
	return n
}

// forEach calls do for all elements, as many at once as there are connections.
func forEach[T any](elements []T, do func(T)) {
	var running sync.WaitGroup
	slots := make(chan struct{}, awsclient.MaxConnections)
	for _, element := range elements {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			do(element)
		})
	}
	running.Wait()
}
