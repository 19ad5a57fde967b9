package enricher

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// classification is a task whose item is being classified.
type classification struct {
	*task
	first     bool      // the item had no prediction before
	last      bool      // a message is given up if the item is not classified now
	predicted bool      // the item has its new prediction
	written   time.Time // when the write of the prediction had ended
	err       error     // of the prediction, or of its write
}

// classify classifies the tasks' items, and notes as findings what became of them.
func (h *Handler) classify(ctx context.Context, b *batch, tasks []*task) {
	all := make([]*classification, len(tasks))
	for i, t := range tasks {
		all[i] = &classification{
			task: t, first: t.item.Prediction == nil, last: h.isAnyGivenUp(t, finding{kind: callFailed, at: t.at}),
		}
	}
	h.predictAndWrite(ctx, b, all)
	for _, c := range all {
		c.finding = c.outcome(b)
	}
}

// predictAndWrite predicts and writes group by group. While a group is written, the next one is predicted. So what the
// time allows is done, however long a prediction takes: after as many receives as it takes, all is. New items are
// written 25 a call. An item whose message comes again may have made such a call fail, so it is written alone. So is one
// that would be given up if another made its call fail.
func (h *Handler) predictAndWrite(ctx context.Context, b *batch, all []*classification) {
	together, alone := split(all, func(c *classification) bool { return c.isNew() && c.urgency() == 1 })
	refused := table.Write(inTurns(together, alone), func(some []*classification) {
		h.write(ctx, h.predictAll(ctx, b.model, some))
	}, func(c *classification) error { return c.err })
	b.metrics.RefusedInBatch(ctx, refused)
}

// inTurns returns the groups in their order: 25 items together, then as many alone, and so on. If the time does not
// suffice for all, both make headway. Those that are written together begin, because the others may hang again. Of the
// others, those go first whose messages have the fewest receives left.
func inTurns(together, alone []*classification) (groups [][]*classification) {
	slices.SortStableFunc(alone, func(a, b *classification) int { return cmp.Compare(b.urgency(), a.urgency()) })
	first, second := slices.Collect(slices.Chunk(together, table.MaxStatements)), slices.Collect(slices.Chunk(alone, table.MaxStatements))
	for turn := range max(len(first), len(second)) {
		if turn < len(first) {
			groups = append(groups, first[turn])
		}
		if turn < len(second) {
			groups = slices.AppendSeq(groups, slices.Chunk(second[turn], 1))
		}
	}
	return groups
}

// isNew tells whether the item can be written together with others: it has neither a prediction nor a failure.
func (c *classification) isNew() bool { return c.first && c.item.Failure == nil }

// urgency returns how often the item's message was received, or that of its messages that was received most often. It is
// the largest number if a message is at its last receive, by its count or by its age.
func (c *classification) urgency() int {
	if c.last {
		return math.MaxInt
	}
	return slices.MaxFunc(c.deliveries, func(a, b *delivery) int { return cmp.Compare(a.receiveCount, b.receiveCount) }).receiveCount
}

// predictAll predicts what has not been predicted yet, and begins no more when ctx has ended. It returns what is to
// be written. A worker has several batches at once. If all of them predicted at the same time, all would end late, and the
// answers to AWS calls, also those of the heartbeat, would wait for the processor. So predictions take turns.
func (h *Handler) predictAll(ctx context.Context, m *classifier.Model, some []*classification) (predicted []*classification) {
	predicted, others := split(some, func(c *classification) bool { return c.predicted })
	if len(others) == 0 { // a write that is made again needs no turn
		return predicted
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done(): // which predict finds too
	}
	for _, c := range others {
		if h.predict(ctx, m, c); c.predicted {
			predicted = append(predicted, c)
		}
	}
	return predicted
}

// predict predicts the class. Its only errors are that of ctx and a panic.
func (h *Handler) predict(ctx context.Context, m *classifier.Model, c *classification) {
	if err := ctx.Err(); err != nil {
		c.note(ctx, err)
		return
	}
	err := telemetry.Try(ctx, h.log, func() error {
		target, probability := m.Predict(c.item.Measurements)
		c.item.Prediction = &item.Prediction{
			Target:       target,
			Probability:  probability,
			ModelVersion: m.Version(),
			ClassifiedAt: item.FormatTime(time.Now()),
		}
		return nil
	})
	c.predicted = err == nil
	c.note(ctx, err)
}

// note notes an error and what it means. It cannot be told later: then the time may be over because of other items.
func (c *classification) note(ctx context.Context, err error) {
	if c.err = err; err != nil {
		c.finding = failed(ctx, c.at, err)
	}
}

// write writes predictions by one call, and notes the error of each.
func (h *Handler) write(ctx context.Context, some []*classification) {
	if len(some) == 0 {
		return
	}
	items := make([]item.Item, len(some))
	for i, c := range some {
		items[i] = c.item
	}
	err := ctx.Err() // looked at once: it may end at any moment
	errs := slices.Repeat([]error{err}, len(some))
	if err == nil {
		panicked := telemetry.Try(ctx, h.log, func() error {
			errs = h.table.WritePredictions(ctx, items)
			return nil
		})
		if panicked != nil {
			errs = table.Panicked(panicked, len(some))
		}
	}
	now := time.Now()
	for i, c := range some {
		c.written = now
		c.note(ctx, errs[i])
	}
}

// outcome tells what became of an item that was to be classified.
func (c *classification) outcome(b *batch) finding {
	superseded, isSuperseded := errors.AsType[*table.SupersededError](c.err)
	switch {
	case c.err == nil:
		b.metrics.CountKind(telemetry.ItemsClassified, c.item.Prediction.Target)
		if c.first { // otherwise an older model classified it long ago
			c.measureLatency(b.metrics)
		}
		return finding{kind: upToDate}
	case isSuperseded:
		return c.examineAgain(b.model, superseded.Item)
	case errors.Is(c.err, table.ErrNotFound): // deleted since it was read
		return finding{kind: missing, at: c.at, cause: notFound}
	default:
		return c.finding
	}
}

// measureLatency counts how long an item waited for its first classification.
func (c *classification) measureLatency(metrics *telemetry.Metrics) {
	if created, err := time.Parse(item.TimeFormat, c.item.CreatedAt); err == nil {
		metrics.Observe(telemetry.Latency, max(c.written.Sub(created), 0)) // the writer's clock may be ahead
	}
}

// split parts elements in two, and keeps their order.
func split[T any](elements []T, match func(T) bool) (matching, others []T) {
	for _, e := range elements {
		if match(e) {
			matching = append(matching, e)
		} else {
			others = append(others, e)
		}
	}
	return matching, others
}
