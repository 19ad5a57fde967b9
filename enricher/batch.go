package enricher

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/telemetry"
)

// delivery is one message as received this time, and what became of it.
type delivery struct {
	events.SQSMessage
	id           string  // of the item, or "" when no id was found
	unread       finding // why none was
	receiveCount int     // 1 the first time
	sent         time.Time
	verdict
}

// batch is the messages of one invocation. Several messages may hold one key: the
// item is read and written once for all of them.
type batch struct {
	deliveries []*delivery // in the order of the event
	unreadable []*delivery
	byID       map[string][]*delivery
	model      *model.Model // for all of them
	metrics    *telemetry.Metrics
	marksHang  atomic.Bool // an item could not be marked as failed, as no answer came
}

// receive reads the messages into the batch.
func (h *Handler) receive(ctx context.Context, b *batch, messages []events.SQSMessage) {
	b.byID = make(map[string][]*delivery, len(messages))
	for _, message := range messages {
		d := newDelivery(message)
		b.deliveries = append(b.deliveries, d)
		err := telemetry.Try(ctx, h.log, func() (err error) {
			d.id, err = queue.ParseBody(message.Body)
			return err
		})
		switch {
		case err == nil:
			b.byID[d.id] = append(b.byID[d.id], d)
			continue
		case isPanic(err):
			d.unread = h.failed(ctx, err)
		default:
			d.unread = finding{kind: malformed, cause: err.Error()}
		}
		b.unreadable = append(b.unreadable, d)
	}
}

func newDelivery(message events.SQSMessage) *delivery {
	now := time.Now()
	d := &delivery{SQSMessage: message, receiveCount: 1, sent: now, verdict: verdict{fate: retry}}
	if n, err := strconv.Atoi(message.Attributes["ApproximateReceiveCount"]); err == nil && n > 1 {
		d.receiveCount = n
	}
	if sent, ok := sentAt(message); ok && sent.Before(now) {
		d.sent = sent
	}
	return d
}

// sentAt returns when SQS says that a message was sent.
func sentAt(message events.SQSMessage) (sent time.Time, ok bool) {
	ms, err := strconv.ParseInt(message.Attributes["SentTimestamp"], 10, 64)
	return time.UnixMilli(ms), err == nil
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

// response lists the messages of the event that SQS is to deliver again: those that are to be
// retried, and those that were not looked at.
func (b *batch) response(event events.SQSEvent) events.SQSEventResponse {
	failures := []events.SQSBatchItemFailure{}
	for i, message := range event.Records {
		if i >= len(b.deliveries) || b.deliveries[i].fate == retry {
			failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failures}
}

// measure counts what became of the messages, and names the item if there is one only.
func (b *batch) measure() {
	if len(b.deliveries) != 1 {
		b.metrics.Set(telemetry.BatchSize, len(b.deliveries))
	}
	if len(b.byID) == 1 && len(b.unreadable) == 0 {
		b.metrics.Set(telemetry.ItemID, b.deliveries[0].id)
	}
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
