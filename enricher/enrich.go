package enricher

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/iris"
	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/panics"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// rereadDelays are the waits before an item that is not there yet is read again:
// the writer enqueues first, so a message can overtake its item.
var rereadDelays = []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 120 * time.Millisecond}

// enrich classifies the items of a batch. It takes up nothing after work has ended,
// and settles the messages within ctx.
func (h *Handler) enrich(ctx, work context.Context, b *batch) {
	ids := slices.Sorted(maps.Keys(b.byID))
	for attempt := 0; len(ids) > 0; attempt++ {
		findings := h.read(work, b.model, ids)
		last := attempt == len(rereadDelays) || work.Err() != nil
		if !last {
			// Leave out what is worth reading again; the next round takes it up.
			again := takeOut(findings, func(id string, f finding) bool {
				return f.kind == unprocessed || f.kind == missing && !h.orphaned(b.byID[id], f)
			})
			ids = slices.Sorted(maps.Keys(again))
		}
		h.dealWith(ctx, work, b, findings)
		if last {
			return
		}
		if len(ids) > 0 {
			_ = smithytime.SleepWithContext(work, rereadDelays[attempt]) // when work ends, so does the loop
		}
	}
}

// dealWith classifies the items that are to be, and settles all messages. What needs no
// classification does not wait for it: writes may hang.
func (h *Handler) dealWith(ctx, work context.Context, b *batch, findings map[string]finding) {
	toClassify := takeOut(findings, func(_ string, f finding) bool { return f.kind == unclassified })
	settleAll := func(findings map[string]finding) {
		parallel.ForEach(h.decideAll(b, findings), func(id string) { h.settle(ctx, b, b.byID[id], findings[id]) })
	}
	parallel.Do(
		func() { settleAll(findings) },
		func() { h.classify(work, b, toClassify); settleAll(toClassify) },
	)
}

// decideAll decides about all messages whose items were looked at. It returns the ids of those
// with whom something is to be done.
func (h *Handler) decideAll(b *batch, findings map[string]finding) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(findings)) {
		toDo := false
		for _, d := range b.byID[id] {
			d.verdict = h.decide(d, findings[id])
			toDo = toDo || d.fate != done
		}
		if toDo {
			ids = append(ids, id)
		}
	}
	return ids
}

// read looks up items, 100 a call.
func (h *Handler) read(ctx context.Context, m *model.Model, ids []string) map[string]finding {
	var mu sync.Mutex
	findings := make(map[string]finding, len(ids))
	parallel.ForEach(slices.Collect(slices.Chunk(ids, table.MaxBatchKeys)), func(ids []string) {
		found := h.lookUp(ctx, m, ids)
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(findings, found)
	})
	return findings
}

// lookUp makes one call, or, when that panics, one for each item: the others are not to
// suffer from the one that nobody can read.
func (h *Handler) lookUp(ctx context.Context, m *model.Model, ids []string) map[string]finding {
	findings, read := make(map[string]finding, len(ids)), time.Now()
	err := telemetry.Try(ctx, h.log, func() error {
		found, left, err := h.table.GetBatch(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if item, ok := found[id]; ok {
				findings[id] = examine(m, item, read)
			} else {
				findings[id] = finding{kind: missing, cause: "item not found", read: read}
			}
		}
		for _, id := range left {
			findings[id] = finding{kind: unprocessed, cause: "table left keys unprocessed"}
		}
		return nil
	})
	switch {
	case err == nil:
	case isPanic(err) && len(ids) > 1:
		for _, id := range ids {
			findings[id] = h.lookUp(ctx, m, []string{id})[id]
		}
	default:
		for _, id := range ids {
			findings[id] = h.failed(ctx, err)
		}
	}
	return findings
}

// examine tells what is to be done with an item as stored.
func examine(m *model.Model, item iris.Item, read time.Time) finding {
	if item.Prediction != nil && item.Prediction.ModelVersion >= m.Version() {
		return finding{kind: upToDate}
	}
	if err := item.Measurements.Validate(); err != nil {
		return finding{kind: unusable, cause: err.Error()}
	}
	return finding{kind: unclassified, item: item, read: read}
}

// failed tells a call that failed from one that the deadline cut short, and from a panic.
func (h *Handler) failed(ctx context.Context, err error) finding {
	switch {
	case isPanic(err):
		return finding{kind: callFailed, cause: "the enricher panicked", err: err}
	case ctx.Err() != nil:
		return finding{kind: outOfTime, cause: "deadline near", err: err}
	default:
		return finding{kind: callFailed, cause: awsclient.Cause(err), err: err}
	}
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*panics.Error](err)
	return ok
}

// orphaned tells whether every one of the messages of a missing item is an orphan.
func (h *Handler) orphaned(deliveries []*delivery, f finding) bool {
	return !slices.ContainsFunc(deliveries, func(d *delivery) bool { return !h.isOrphan(d, f) })
}

// takeOut moves the findings that match out into a map of their own.
func takeOut(findings map[string]finding, match func(string, finding) bool) map[string]finding {
	taken := map[string]finding{}
	for id, f := range findings {
		if match(id, f) {
			taken[id] = f
			delete(findings, id)
		}
	}
	return taken
}
