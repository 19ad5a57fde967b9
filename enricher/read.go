package enricher

import (
	"context"
	"errors"
	"slices"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/panics"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// read reads the tasks' items, 100 a call, and notes what it finds.
func (h *Handler) read(ctx context.Context, m *classifier.Model, tasks []*task) {
	parallel.ForEach(slices.Collect(slices.Chunk(tasks, table.MaxBatchKeys)), func(some []*task) { h.readOnce(ctx, m, some) })
}

// readOnce makes one call. When that panics, it makes one call for each item: one item that nobody
// can read does not harm the others.
func (h *Handler) readOnce(ctx context.Context, m *classifier.Model, tasks []*task) {
	now := time.Now()
	err := telemetry.Try(ctx, h.log, func() error { return h.getBatch(ctx, m, tasks) })
	switch {
	case err == nil:
	case isPanic(err) && len(tasks) > 1:
		parallel.ForEach(tasks, func(t *task) { h.readOnce(ctx, m, []*task{t}) })
	default:
		f := failed(ctx, now, err)
		for _, t := range tasks {
			if f.kind != outOfTime || t.cause == "" { // else what an earlier read found still holds
				t.finding = f
			}
		}
	}
}

func (h *Handler) getBatch(ctx context.Context, m *classifier.Model, tasks []*task) error {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.id
	}
	now := time.Now()
	found, left, err := h.table.GetBatch(ctx, ids)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		stored, ok := found[t.id]
		switch {
		case ok:
			t.item = stored
			t.finding = t.examine(m)
		case slices.Contains(left, t.id):
			t.finding = finding{kind: unprocessed, cause: "table left keys unprocessed"}
		default:
			t.finding = finding{kind: missing, cause: notFound}
		}
		t.at = now
	}
	return nil
}

// notFound is the cause of the finding missing.
const notFound = "item not found"

// examine tells what is to be done with the item as stored.
func (t *task) examine(m *classifier.Model) finding {
	switch p := t.item.Prediction; {
	case p == nil || p.ModelVersion < m.Version():
	case t.item.Failure == nil:
		return finding{kind: upToDate}
	default: // a write removes the failure, and nobody marks what a newer version has written
		return finding{kind: failedByNewer, cause: "a newer model could not classify the item"}
	}
	if err := t.item.Measurements.Validate(); err != nil {
		return finding{kind: unusable, cause: err.Error()}
	}
	return finding{kind: unclassified}
}

// examineAgain tells what is to be done with the item as a write has found it.
func (t *task) examineAgain(m *classifier.Model, stored item.Item) finding {
	t.item = stored
	f := t.examine(m)
	f.at = t.at
	return f
}

// failed tells a call that failed from one that the deadline cut short, and from a panic. An answer of AWS counts as
// such, also if the deadline kept the call from being repeated.
func failed(ctx context.Context, at time.Time, err error) finding {
	switch {
	case isPanic(err):
		return finding{kind: callFailed, at: at, cause: "the enricher panicked", err: err}
	case ctx.Err() != nil && !awsclient.IsAnswer(err):
		return finding{kind: outOfTime, at: at, cause: "deadline near", err: err}
	default:
		return finding{kind: callFailed, at: at, cause: awsclient.Cause(err), err: err}
	}
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*panics.Error](err)
	return ok
}
