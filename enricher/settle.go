package enricher

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// settle decides the fates of the tasks' messages, and carries them out. After a panic, the messages
// that are not settled come back.
func (h *Handler) settle(ctx context.Context, b *batch, tasks []*task) {
	var later []settlement
	for _, t := range tasks {
		if t.kind == upToDate { // which takes no calls
			for _, d := range t.deliveries {
				h.settleDelivery(ctx, t.id, d, t.finding)
			}
			continue
		}
		marked := h.marking(ctx, b, t)
		for _, d := range t.deliveries {
			later = append(later, settlement{t, d, marked})
		}
	}
	// If the time ends before all are settled, the rest comes back by itself. For a message at its last receive there is no
	// other time, so these go first. Those that are given up for another reason go next: their mark is that of all of a task.
	last, others := split(later, func(s settlement) bool {
		return h.isLast(s.delivery, s.task.finding, h.delay(s.delivery, s.task.finding))
	})
	givenUp, rest := split(others, func(s settlement) bool { return h.isGivenUp(s.delivery, s.task.finding) })
	parallel.ForEach(slices.Concat(last, givenUp, rest), func(s settlement) {
		_ = telemetry.Try(ctx, h.log, func() error {
			f := s.task.finding
			if s.marked != nil {
				if marked := s.marked(); marked.kind == upToDate || h.isGivenUp(s.delivery, f) {
					f = marked
				}
			}
			h.settleDelivery(ctx, s.task.id, s.delivery, f)
			return nil
		})
	})
}

// settlement is a message that is to be settled. If one of the task's messages is to be given up, marked marks the item as
// failed, once for all of them. What comes of that concerns the messages that are to be given up. If the item is classified
// meanwhile, that concerns all.
type settlement struct {
	task     *task
	delivery *delivery
	marked   func() finding // or nil
}

// marking returns a function that marks the task's item as failed and returns what is known then. It marks once: whoever calls
// it meanwhile waits. (The wait of a sync.Once stops the clock of synctest.) If no message of the task is to be given up,
// marking returns nil.
func (h *Handler) marking(ctx context.Context, b *batch, t *task) func() finding {
	if !h.isAnyGivenUp(t, t.finding) {
		return nil
	}
	begun, ended, f := atomic.Bool{}, make(chan struct{}), t.finding
	return func() finding {
		if begun.CompareAndSwap(false, true) {
			defer close(ended)
			f = h.mark(ctx, b, t)
		} else {
			<-ended
		}
		return f
	}
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
	err := telemetry.Try(ctx, h.log, func() error {
		if h.Release != nil { // from then on, another receive may have the message
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, h.Release(ctx, d.ReceiptHandle))
			defer cancel()
		}
		return h.queue.ChangeVisibility(ctx, d.ReceiptHandle, delay)
	})
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
