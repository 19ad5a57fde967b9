package enricher

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// settle decides the fates of the tasks' messages, and carries them out. After a panic, the messages
// of that task that are not settled come back.
func (h *Handler) settle(ctx context.Context, b *batch, tasks []*task) {
	done, others := split(tasks, func(t *task) bool { return t.kind == upToDate })
	for _, t := range done { // which takes no calls
		h.settleTask(ctx, b, t)
	}
	// If the time ends before all are settled, the rest comes back by itself. For a message that is to be
	// given up there is no other time, so these go first.
	now, later := split(others, func(t *task) bool {
		return h.isAnyGivenUp(t, t.finding)
	})
	parallel.ForEach(append(now, later...), func(t *task) {
		_ = telemetry.Try(ctx, h.log, func() error {
			h.settleTask(ctx, b, t)
			return nil
		})
	})
}

// settleTask marks the item as failed if one of its messages is to be given up. What comes of that
// concerns the messages that are to be given up. If the item is classified meanwhile, that concerns all.
func (h *Handler) settleTask(ctx context.Context, b *batch, t *task) {
	marked := t.finding
	if h.isAnyGivenUp(t, t.finding) {
		marked = h.mark(ctx, b, t)
	}
	settle := func(d *delivery) {
		f := t.finding
		if marked.kind == upToDate || h.isGivenUp(d, f) {
			f = marked
		}
		h.settleDelivery(ctx, t.id, d, f)
	}
	if len(t.deliveries) == 1 {
		settle(t.deliveries[0])
		return
	}
	now, later := split(t.deliveries, func(d *delivery) bool { return h.isGivenUp(d, t.finding) }) // as in settle
	parallel.ForEach(append(now, later...), settle)
}

// isAnyGivenUp tells whether one of the task's messages is given up, if the finding holds.
func (h *Handler) isAnyGivenUp(t *task, f finding) bool {
	return slices.ContainsFunc(t.deliveries, func(d *delivery) bool { return h.isGivenUp(d, f) })
}

func (h *Handler) isGivenUp(d *delivery, f finding) bool {
	fate, _ := h.decide(d, f)
	return fate == deadLetter
}

// settleDelivery decides the fate of one message and carries it out.
func (h *Handler) settleDelivery(ctx context.Context, id string, d *delivery, f finding) {
	fate, delay := h.decide(d, f)
	if fate == deadLetter {
		f.notSent = ctx.Err() != nil || h.sendDeadLetter(ctx, d, f.failure()) != nil
		fate, delay = h.decide(d, f)
	}
	d.fate, d.code = fate, f.code()
	if fate == done || fate == retry && ctx.Err() != nil { // no time is left for a call and a line: it comes back by itself
		return
	}
	log := h.log.With("message_id", d.MessageId, "receive_count", d.receiveCount, "cause", f.cause)
	if id != "" {
		log = log.With("id", id)
	}
	if f.err != nil {
		log = log.With("error", f.err)
	}
	switch fate {
	case drop:
		log.WarnContext(ctx, "orphan message dropped")
	case deadLetter:
		log.ErrorContext(ctx, "message dead-lettered", "code", f.code())
	case retry:
		log.WarnContext(ctx, "message to be retried", "delay_seconds", delay.Seconds())
		h.giveBack(ctx, d, delay)
	}
}

// giveBack lets a message come back after the delay. If it can't, the message comes back all the
// same, when its visibility timeout ends.
func (h *Handler) giveBack(ctx context.Context, d *delivery, delay time.Duration) {
	if h.Release != nil {
		h.Release(ctx, d.ReceiptHandle)
	}
	err := telemetry.Try(ctx, h.log, func() error { return h.queue.ChangeVisibility(ctx, d.ReceiptHandle, delay) })
	if err != nil {
		h.log.WarnContext(ctx, "message not given back early", "message_id", d.MessageId, "error", err)
	}
}

// mark marks a task's item as failed, and returns what is known then. Once no answer came to such a
// call, or half of GiveUpTime is over, the other items of the batch are not marked: more calls would leave no time to
// send the dead letters.
func (h *Handler) mark(ctx context.Context, b *batch, t *task) finding {
	f := t.finding
	f.failedAt = item.FormatTime(time.Now())
	if t.id == "" || f.kind == failedByNewer { // which is marked
		return f
	}
	if b.marksHang.Load() {
		f.notMarked = true
		return f
	}
	markCtx, cancel := awsclient.BeforeDeadline(ctx, awsclient.CallTimeout) // the rest is for the dead letters
	defer cancel()
	err := telemetry.Try(ctx, h.log, func() error {
		return h.table.MarkFailed(markCtx, t.id, b.model.Version(), f.failure())
	})
	superseded, isSuperseded := errors.AsType[*table.SupersededError](err)
	switch {
	case err == nil, errors.Is(err, table.ErrNotFound): // there is nothing to mark
	case isSuperseded: // another consumer has classified the item meanwhile
		failedAt := f.failedAt
		f = t.examineAgain(b.model, superseded.Item)
		f.failedAt = failedAt
	default:
		f.notMarked = true
		h.log.ErrorContext(ctx, "item not marked as failed", "id", t.id, "error", err)
	}
	if awsclient.TimedOut(err) {
		b.marksHang.Store(true)
	}
	return f
}

// sendDeadLetter sends a message, with the reason on it, to the dead-letter queue.
func (h *Handler) sendDeadLetter(ctx context.Context, d *delivery, failure item.Failure) error {
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
	}
	if leftOut > 0 {
		h.log.WarnContext(ctx, "message attributes left out of the dead letter", "message_id", d.MessageId, "attributes", leftOut)
	}
	return err
}

// senderOf returns who sent a message first. When an enricher has dead-lettered the message before and
// somebody has moved it back, SQS names the enricher's role as the sender. The first sender is then in
// the attributes of the dead letter, and senderOf takes it out of them. It believes these attributes
// from nobody else.
func (h *Handler) senderOf(d *delivery, attributes queue.Attributes) queue.Sender {
	sender := queue.Sender{ID: d.Attributes["SenderId"]}
	if sent, ok := sentAt(d.SQSMessage); ok {
		sender.SentAt = item.FormatTime(sent)
	}
	if strings.HasPrefix(sender.ID, h.roleID+":") { // a session follows
		if first := attributes.TakeReason(); first.ID != "" {
			return first
		}
	}
	return sender
}
