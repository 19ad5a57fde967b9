package enricher

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/telemetry"
)

// delivery is one message as it was received this time, and its fate.
type delivery struct {
	events.SQSMessage
	receiveCount int // 1 the first time
	sent         time.Time
	fate         fate   // once it is carried out
	code         string // of its failure, if it is given up
}

// task is one item, the messages of the batch that name it, and what is known about it. The item is
// read and written once for all of these messages. A message without a usable id is a task of its
// own.
type task struct {
	id         string // or ""
	deliveries []*delivery
	item       item.Item // as stored; later with its new prediction
	finding
}

// batch is the messages of one invocation.
type batch struct {
	// deliveries has one for each message of the event, in that order. A message that was received
	// again while it waited to be handled is in the event twice, and is one delivery.
	deliveries []*delivery
	tasks      []*task // that have an id
	unreadable []*task // that have none
	model      *classifier.Model
	metrics    *telemetry.Metrics
	marksHang  atomic.Bool // an item could not be marked as failed, because no answer came
}

// receive sorts the messages by the items that they name.
func (h *Handler) receive(ctx context.Context, b *batch, messages []events.SQSMessage) {
	byID := make(map[string]*task, len(messages))
	byMessage := make(map[string]*delivery, len(messages))
	for _, message := range messages {
		d := newDelivery(message)
		if earlier := byMessage[d.MessageId]; earlier != nil {
			if d.receiveCount >= earlier.receiveCount { // SQS may count two receives as one
				*earlier = *d // only its receipt handle is still valid
			}
			b.deliveries = append(b.deliveries, earlier)
			continue
		}
		if d.MessageId != "" {
			byMessage[d.MessageId] = d
		}
		b.deliveries = append(b.deliveries, d)
		id, f := h.readBody(ctx, message)
		switch t := byID[id]; {
		case id == "":
			b.unreadable = append(b.unreadable, &task{deliveries: []*delivery{d}, finding: f})
		case t == nil:
			byID[id] = &task{id: id, deliveries: []*delivery{d}}
			b.tasks = append(b.tasks, byID[id])
		default:
			t.deliveries = append(t.deliveries, d)
		}
	}
}

// readBody returns the id of the item that a message names, or why there is none.
func (h *Handler) readBody(ctx context.Context, message events.SQSMessage) (id string, f finding) {
	now := time.Now()
	err := telemetry.Try(ctx, h.log, func() (err error) {
		id, err = queue.ParseBody(message.Body)
		return err
	})
	switch {
	case err == nil:
		return id, finding{}
	case isPanic(err):
		return "", failed(ctx, now, err)
	default:
		return "", finding{kind: malformed, cause: err.Error()}
	}
}

func newDelivery(message events.SQSMessage) *delivery {
	now := time.Now()
	d := &delivery{SQSMessage: message, receiveCount: 1, sent: now}
	if n, err := strconv.Atoi(message.Attributes["ApproximateReceiveCount"]); err == nil {
		d.receiveCount = max(n, 1)
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

// lateReceive is the receive from which on a message that is given back counts as late, too. Before it, four to nine
// minutes were waited. Until the message is given up, nothing else may tell that it fails: SQS leaves one that was received
// three times out of the age of the oldest message. With the least MaxReceiveCount it is the last receive.
const lateReceive = 5

// measure counts what became of the messages. If they name only one item, it tells which.
func (b *batch) measure() {
	if len(b.deliveries) != 1 {
		b.metrics.Set(telemetry.BatchSize, len(b.deliveries))
	}
	if len(b.tasks) == 1 && len(b.unreadable) == 0 {
		b.metrics.Set(telemetry.ItemID, b.tasks[0].id)
	}
	for _, d := range b.deliveries { // a message that is there twice is given back twice
		if d.fate == retry {
			b.metrics.Count(telemetry.Retries, 1)
		}
	}
	for _, t := range slices.Concat(b.tasks, b.unreadable) {
		for _, d := range t.deliveries {
			switch d.fate {
			case retry:
				if d.receiveCount >= lateReceive && t.kind != missing { // which is waited for some seconds only
					b.metrics.Count(telemetry.LateRetries, 1)
				}
			case deadLetter:
				b.metrics.CountKind(telemetry.ItemsFailed, d.code)
			case drop:
				b.metrics.Count(telemetry.OrphanMessages, 1)
			}
		}
	}
}
