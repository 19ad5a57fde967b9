package enricher

import (
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/telemetry"
)

// delivery is one message as received this time, and what became of it.
type delivery struct {
	events.SQSMessage
	id           string // of the item, or "" when the message is malformed
	fault        string // why it is malformed
	receiveCount int    // 1 the first time
	sent         time.Time
	verdict
}

// batch is the messages of one invocation. Several messages may hold one key: the
// item is read and written once for all of them.
type batch struct {
	deliveries []*delivery // in the order of the event
	malformed  []*delivery
	byID       map[string][]*delivery
	model      *model.Model // for all of them
	metrics    *telemetry.Metrics
}

func newBatch(event events.SQSEvent, m *model.Model, metrics *telemetry.Metrics) *batch {
	b := &batch{byID: make(map[string][]*delivery, len(event.Records)), model: m, metrics: metrics}
	now := time.Now()
	for _, message := range event.Records {
		d := &delivery{SQSMessage: message, receiveCount: 1, sent: now, verdict: verdict{fate: retry}}
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

// reconcile sees to a message that is in the batch twice, as received this time and the
// time before, because the batch is late: when either is settled, the message is.
func (b *batch) reconcile() {
	settled := make(map[string]bool, len(b.deliveries))
	for _, d := range b.deliveries {
		if d.fate != retry && d.MessageId != "" {
			settled[d.MessageId] = true
		}
	}
	for _, d := range b.deliveries {
		if settled[d.MessageId] && d.fate == retry {
			d.verdict = verdict{fate: done}
		}
	}
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

// measure counts what became of the messages.
func (b *batch) measure() {
	b.metrics.Count(telemetry.BatchSize, len(b.deliveries))
	for _, d := range b.deliveries {
		switch d.fate {
		case deadLetter:
			b.metrics.CountKind(telemetry.ItemsFailed, d.code)
		case drop:
			b.metrics.Count(telemetry.OrphanMessages, 1)
		case retry:
			b.metrics.Count(telemetry.Retries, 1)
		}
	}
}
