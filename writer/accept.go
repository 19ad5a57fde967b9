package writer

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// AnswerMargin is how long before its deadline an invocation gives up those calls that hang: time
// enough to answer what became of the other items.
const AnswerMargin = time.Second

// submission is an item that a client posts.
type submission struct {
	item item.Item
	err  error // nil when it is enqueued and stored
}

func newSubmission(m item.Measurements, now time.Time) *submission {
	return &submission{item: item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(now)}}
}

// status is what a POST of this item alone answers.
func (s *submission) status() int {
	switch {
	case s.err == nil:
		return http.StatusCreated
	case errors.Is(s.err, table.ErrExists):
		return http.StatusOK
	default:
		return http.StatusServiceUnavailable
	}
}

// accept enqueues the items' keys, ten a call, and then stores those items whose key was sent, 25 a
// call. In this order, a crash in between leaves a message without an item, which the enricher drops.
// In the other order, it would leave an item that nobody ever classifies. See docs/design.md.
func (h *Handler) accept(ctx context.Context, metrics *telemetry.Metrics, submissions []*submission) {
	ctx, cancel := awsclient.BeforeDeadline(ctx, AnswerMargin)
	defer cancel()
	parallel.ForEach(slices.Collect(slices.Chunk(submissions, queue.MaxBatch)), func(some []*submission) { h.enqueue(ctx, some) })
	var enqueued []*submission
	for _, s := range submissions {
		if s.err == nil {
			enqueued = append(enqueued, s)
		}
	}
	groups := slices.Collect(slices.Chunk(enqueued, table.MaxStatements))
	refused := table.Write(groups, func(some []*submission) { h.store(ctx, some) }, func(s *submission) error { return s.err })
	metrics.RefusedInBatch(ctx, refused)
	for _, s := range submissions {
		if s.status() == http.StatusServiceUnavailable {
			h.log.ErrorContext(ctx, "item not accepted", "id", s.item.ID, "cause", awsclient.Cause(s.err), "error", s.err)
		}
	}
}

// enqueue sends the items' keys by one call, and notes the error of each.
func (h *Handler) enqueue(ctx context.Context, some []*submission) {
	if len(some) == 1 {
		some[0].err = telemetry.Try(ctx, h.log, func() error { return h.queue.Enqueue(ctx, some[0].item.ID) })
		return
	}
	ids := make([]string, len(some))
	for i, s := range some {
		ids[i] = s.item.ID
	}
	var failed map[string]error
	panicked := telemetry.Try(ctx, h.log, func() error {
		failed = h.queue.EnqueueBatch(ctx, ids)
		return nil
	})
	for _, s := range some {
		s.err = cmp.Or(panicked, failed[s.item.ID])
	}
}

// store stores items by one call, and notes the error of each.
func (h *Handler) store(ctx context.Context, some []*submission) {
	items := make([]item.Item, len(some))
	for i, s := range some {
		items[i] = s.item
	}
	var errs []error
	panicked := telemetry.Try(ctx, h.log, func() error {
		errs = h.table.CreateBatch(ctx, items)
		return nil
	})
	if panicked != nil {
		errs = table.Panicked(panicked, len(some))
	}
	for i, s := range some {
		s.err = errs[i]
	}
}
