package enricher

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"simple-sam-demo/shared/iris"
	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// classification is an item that is being classified.
type classification struct {
	item iris.Item
	read time.Time
	iris.Prediction
	written time.Time // when its write had ended
	err     error     // of the prediction, or of writing it
}

// classify classifies items, and puts into the findings what became of them. New items are
// written 25 a call. One whose message comes again is written alone: if it is what makes a call
// fail, the others don't suffer from it twice.
func (h *Handler) classify(ctx context.Context, b *batch, findings map[string]finding) {
	var all, together []*classification
	var alone [][]*classification
	for _, id := range slices.Sorted(maps.Keys(findings)) {
		c := &classification{item: findings[id].item, read: findings[id].read}
		all = append(all, c)
		switch {
		case h.predict(ctx, b.model, c) != nil:
		case c.item.Status() == iris.Pending && !comesAgain(b.byID[id]):
			together = append(together, c)
		default:
			alone = append(alone, []*classification{c})
		}
	}
	// New items are the first, as those that come again may hang again.
	groups := slices.Concat(slices.Collect(slices.Chunk(together, table.MaxStatements)), alone)
	refused := table.Write(groups, func(cs []*classification) { h.write(ctx, cs) }, func(c *classification) error { return c.err })
	b.metrics.RefusedInBatch(ctx, refused)
	for _, c := range all {
		findings[c.item.ID] = h.outcome(ctx, b, c)
	}
}

// predict predicts the species, and returns the error that a panic was.
func (h *Handler) predict(ctx context.Context, m *model.Model, c *classification) error {
	c.err = telemetry.Try(ctx, h.log, func() error {
		target, probability := m.Classify(c.item.Measurements)
		c.Prediction = iris.Prediction{
			Target:       target,
			Probability:  probability,
			ModelVersion: m.Version(),
			ClassifiedAt: iris.FormatTime(time.Now()),
		}
		return nil
	})
	return c.err
}

// comesAgain tells whether one of the messages was received before.
func comesAgain(deliveries []*delivery) bool {
	return slices.ContainsFunc(deliveries, func(d *delivery) bool { return d.receiveCount > 1 })
}

// write writes predictions by one call, and notes the error of each.
func (h *Handler) write(ctx context.Context, cs []*classification) {
	defer func() {
		now := time.Now()
		for _, c := range cs {
			c.written = now
		}
	}()
	if ctx.Err() != nil {
		for _, c := range cs {
			c.err = ctx.Err()
		}
		return
	}
	if len(cs) == 1 {
		cs[0].err = telemetry.Try(ctx, h.log, func() error { return h.table.Classify(ctx, cs[0].item.ID, cs[0].Prediction) })
		return
	}
	batch := make([]table.Classification, len(cs))
	for i, c := range cs {
		batch[i] = table.Classification{ID: c.item.ID, Prediction: c.Prediction}
	}
	var errs []error
	panicked := telemetry.Try(ctx, h.log, func() error {
		errs = h.table.ClassifyBatch(ctx, batch)
		return nil
	})
	for i, c := range cs {
		if panicked != nil { // over one of them, perhaps
			c.err = table.ErrUndecided
		} else {
			c.err = errs[i]
		}
	}
}

// outcome is what became of an item that was to be classified.
func (h *Handler) outcome(ctx context.Context, b *batch, c *classification) finding {
	switch {
	case c.err == nil:
		b.metrics.CountKind(telemetry.ItemsClassified, c.Target)
		if c.item.Prediction == nil { // otherwise it was done long ago, by an older model
			measureLatency(b.metrics, c)
		}
		return finding{kind: upToDate}
	case errors.Is(c.err, table.ErrSuperseded):
		return finding{kind: upToDate}
	case errors.Is(c.err, table.ErrNotFound): // deleted since it was read
		return finding{kind: missing, cause: "item not found", read: c.read}
	default:
		return h.failed(ctx, c.err)
	}
}

// measureLatency counts how long an item waited for its first classification.
func measureLatency(metrics *telemetry.Metrics, c *classification) {
	if created, err := time.Parse(iris.TimeFormat, c.item.CreatedAt); err == nil {
		metrics.Observe(telemetry.Latency, max(c.written.Sub(created), 0)) // the writer's clock may be ahead
	}
}
