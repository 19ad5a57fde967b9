package enricher

import (
	"context"
	"errors"
	"strings"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/iris"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// settle carries out what was decided about the messages that hold one item's key, or about one
// in which no id was found. Their verdicts then say what has been carried out.
func (h *Handler) settle(ctx context.Context, b *batch, deliveries []*delivery, f finding) {
	err := telemetry.Try(ctx, h.log, func() error {
		h.carryOut(ctx, b, deliveries, f)
		return nil
	})
	if err != nil { // not all may be carried out: they come back by themselves
		for _, d := range deliveries {
			d.verdict = verdict{fate: retry}
		}
	}
}

func (h *Handler) carryOut(ctx context.Context, b *batch, deliveries []*delivery, f finding) {
	var givenUp []*delivery
	for _, d := range deliveries {
		if d.fate == deadLetter {
			givenUp = append(givenUp, d)
		}
	}
	if len(givenUp) > 0 {
		h.giveUp(ctx, b, givenUp, f)
	}
	parallel.ForEach(deliveries, func(d *delivery) { h.conclude(ctx, d, f) })
}

// conclude logs a message's fate, and gives the message back when it is to be retried.
func (h *Handler) conclude(ctx context.Context, d *delivery, f finding) {
	if d.fate == done {
		return
	}
	log := h.log.With("message_id", d.MessageId, "receive_count", d.receiveCount, "cause", f.cause)
	if d.id != "" {
		log = log.With("id", d.id)
	}
	if f.err != nil {
		log = log.With("error", f.err)
	}
	switch d.fate {
	case drop:
		log.WarnContext(ctx, "orphan message dropped")
	case deadLetter:
		log.ErrorContext(ctx, "message dead-lettered", "code", d.code)
	case retry:
		if ctx.Err() != nil {
			return // there is no time left for thousands of calls and lines: it comes back by itself
		}
		log.WarnContext(ctx, "message to be retried", "delay_seconds", d.delay.Seconds())
		err := telemetry.Try(ctx, h.log, func() error { return h.queue.ChangeVisibility(ctx, d.ReceiptHandle, d.delay) })
		if err != nil {
			// It comes back all the same, when its visibility timeout ends.
			h.log.WarnContext(ctx, "message not given back early", "message_id", d.MessageId, "error", err)
		}
	}
}

// giveUp marks the item as failed, once for all of its messages, and then sends these to
// the dead-letter queue. One that another consumer has settled meanwhile is done, and
// one that could not be given up is retried, so that nothing is lost.
func (h *Handler) giveUp(ctx context.Context, b *batch, deliveries []*delivery, f finding) {
	failure := iris.Failure{Code: deliveries[0].code, Reason: f.cause, FailedAt: iris.FormatTime(time.Now())}
	var marked error
	if id := deliveries[0].id; id != "" {
		marked = h.mark(ctx, b, id, failure)
	}
	parallel.ForEach(deliveries, func(d *delivery) {
		switch {
		case errors.Is(marked, table.ErrSuperseded):
			d.verdict = verdict{fate: done}
		case marked != nil && !h.isLast(d, backoff(d)):
			d.verdict = verdict{fate: retry, delay: backoff(d)}
		default: // also when it is not marked: a reason on the message is better than none
			h.sendDeadLetter(ctx, d, failure)
		}
	})
}

// mark marks an item as failed. Once no answer came to that, the other items of the batch are
// not marked: thousands of calls that hang would leave no time to send the dead letters.
func (h *Handler) mark(ctx context.Context, b *batch, id string, failure iris.Failure) error {
	if b.marksHang.Load() {
		return errMarksHang
	}
	err := telemetry.Try(ctx, h.log, func() error { return h.table.MarkFailed(ctx, id, b.model.Version(), failure) })
	switch {
	case errors.Is(err, table.ErrNotFound):
		return nil // there is nothing to mark
	case err != nil && !errors.Is(err, table.ErrSuperseded):
		h.log.ErrorContext(ctx, "item not marked as failed", "id", id, "error", err)
	}
	if awsclient.TimedOut(err) {
		b.marksHang.Store(true)
	}
	return err
}

var errMarksHang = errors.New("no answer came when another item was to be marked")

func (h *Handler) sendDeadLetter(ctx context.Context, d *delivery, failure iris.Failure) {
	leftOut := 0
	err := telemetry.Try(ctx, h.log, func() (err error) {
		attributes := queue.ReceivedAttributes(d.SQSMessage)
		leftOut, err = h.deadLetters.SendDeadLetter(ctx, queue.DeadLetter{
			Body:              d.Body,
			TraceHeader:       d.Attributes["AWSTraceHeader"],
			OriginalMessageID: d.MessageId,
			OriginalSender:    h.senderOf(d, attributes),
			Attributes:        attributes,
			ReceiveCount:      d.receiveCount,
			RequestID:         telemetry.RequestID(ctx),
			Failure:           failure,
		})
		return err
	})
	if err != nil {
		h.log.ErrorContext(ctx, "message not dead-lettered", "message_id", d.MessageId, "error", err)
		d.verdict = verdict{fate: retry, delay: backoff(d)}
	}
	if leftOut > 0 {
		h.log.WarnContext(ctx, "message attributes left out of the dead letter", "message_id", d.MessageId, "attributes", leftOut)
	}
}

// senderOf returns who sent a message first. The one that SQS names is this function where it
// has dead-lettered the message before and the message was moved back; its dead letter says
// who it was then, and says it no longer in the attributes. From anybody else such an
// attribute proves nothing.
func (h *Handler) senderOf(d *delivery, attributes queue.Attributes) queue.Sender {
	sender := queue.Sender{ID: d.Attributes["SenderId"]}
	if sent, ok := sentAt(d.SQSMessage); ok {
		sender.SentAt = iris.FormatTime(sent)
	}
	// The session of a function's role is called like the function.
	if h.name != "" && strings.HasSuffix(sender.ID, ":"+h.name) {
		if first := attributes.TakeReason(); first.ID != "" {
			return first
		}
	}
	return sender
}
