package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
)

// worker scans the segments of the table and enqueues the keys that it finds.
type worker struct {
	scanner    *scanner
	queue      *queue.Queue
	checkpoint *checkpoint
	progress   *progress
	dryRun     bool
}

// backfill does the search that o describes, and reports to stdout. Its error says how to go on.
func backfill(ctx context.Context, cfg aws.Config, o options, stdout, stderr io.Writer) error {
	start := time.Now()
	s := &scanner{client: dynamodb.NewFromConfig(cfg), pacer: &pacer{rate: o.rate}, search: o.search}
	items, identity, err := s.lookUp(ctx)
	if err != nil {
		return err
	}
	if err := checkQueue(ctx, cfg, o.Queue); err != nil {
		return err
	}
	s.pacer.price = firstPrice(o, items)
	c, err := openCheckpoint(o, identity)
	if err != nil {
		return err
	}
	s.before = c.Before
	earlier := c.total()
	announce(stderr, c)
	w := &worker{s, queue.New(cfg, o.Queue), c, newProgress(stderr, items, verb(o.dryRun)), o.dryRun}
	err = w.work(ctx)
	w.progress.end()
	total := c.total()
	switch {
	case err != nil && !o.dryRun:
		return fmt.Errorf("%w\n%d of about %d items are scanned and %d keys enqueued. The same command goes on from there; %s says where",
			err, total.Scanned, items, total.Enqueued, o.checkpoint)
	case err != nil:
		return err
	}
	report(stdout, total, earlier, o.dryRun, fmt.Sprintf("%.1f read capacity units, %s", s.pacer.spent, time.Since(start).Round(100*time.Millisecond)))
	switch {
	case o.dryRun:
	case c.takenUp:
		fmt.Fprintln(stderr, "This went on with an earlier run, so newer items are not among these. Run it again when the queue is empty")
	case total.Enqueued > 0:
		fmt.Fprintln(stderr, "When the queue is empty, run it again. All is done when it enqueues 0 keys, once the enricher has this model version")
	}
	return c.remove()
}

// firstPrice is what the first page of a segment is taken to cost, in read capacity units. A table that is younger
// than some hours may say that it has no items.
func firstPrice(o options, items int) float64 {
	page := pageItems(o.rate)
	if items > 0 {
		page = min(page, items/o.Segments)
	}
	return float64(page) / itemsPerUnit
}

func announce(w io.Writer, c *checkpoint) {
	state := "pending"
	if c.Search.Failed {
		state = "pending or failed"
	}
	fmt.Fprintf(w, "Looking in %s for items that are %s and were created before %s", c.Search.Table, state, c.Before)
	if c.Search.ModelVersion != "" {
		fmt.Fprintf(w, ", and for items that a model older than %s has classified", c.Search.ModelVersion)
	}
	fmt.Fprintf(w, ". Their keys go to %s\n", c.Search.Queue)
	if total := c.total(); c.takenUp {
		fmt.Fprintf(w, "Going on after %d items scanned and %d keys enqueued, as %s says. Delete that file to start anew\n", total.Scanned, total.Enqueued, c.path)
	}
}

// work scans all segments at the same time. If one fails, it stops the others.
func (w *worker) work(whole context.Context) error {
	ctx, stop := context.WithCancelCause(whole)
	defer stop(nil)
	var running sync.WaitGroup
	for i := range w.checkpoint.Segments {
		running.Go(func() {
			if err := w.segment(ctx, i); err != nil {
				stop(err)
			}
		})
	}
	running.Wait()
	switch {
	case w.checkpoint.done():
		return nil
	case whole.Err() != nil:
		return errors.New("stopped")
	default:
		return context.Cause(ctx)
	}
}

// segment scans one segment, from where the checkpoint says to its end.
func (w *worker) segment(ctx context.Context, i int) error {
	for s := w.checkpoint.segment(i); !s.Done; {
		p, err := w.scanner.scan(ctx, i, s.Last)
		if err != nil {
			return err
		}
		found := len(p.ids)
		ids := slices.DeleteFunc(p.ids, func(id string) bool { return !item.ValidID(id) })
		if err := w.enqueue(ctx, ids); err != nil {
			return err
		}
		s.Last, s.Done = p.last, p.last == ""
		s.Scanned += p.scanned
		s.Enqueued += len(ids)
		s.LeftOut += found - len(ids)
		total, err := w.checkpoint.record(i, s)
		if err != nil {
			return err
		}
		w.progress.show(total)
	}
	return nil
}

// enqueue sends the keys, ten in one call. If a call fails, the SDK has repeated it already, and enqueue returns the
// error. SQS may also take a call and refuse some of its keys, and EnqueueBatch has sent these again within a second.
// enqueue goes on with them up to four times, for 15 s.
func (w *worker) enqueue(ctx context.Context, ids []string) error {
	if w.dryRun {
		return nil
	}
	for ten := range slices.Chunk(ids, queue.MaxBatch) {
		if err := w.enqueueTen(ctx, ten); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) enqueueTen(ctx context.Context, ids []string) error {
	for pause := time.Second; ; pause *= 2 {
		failed := w.queue.EnqueueBatch(ctx, ids)
		if len(failed) == 0 {
			return nil
		}
		ids = slices.Collect(maps.Keys(failed))
		err := failed[ids[0]]
		if _, isOfCall := errors.AsType[*smithy.OperationError](err); isOfCall || pause > 8*time.Second {
			return err
		}
		if err := smithytime.SleepWithContext(ctx, pause); err != nil {
			return err
		}
	}
}

func verb(dryRun bool) string {
	if dryRun {
		return "to enqueue"
	}
	return "enqueued"
}

// report prints what was done in all runs together. effort is what this run has taken.
func report(w io.Writer, total, earlier count, dryRun bool, effort string) {
	fmt.Fprintf(w, "%d items scanned, %d keys %s", total.Scanned, total.Enqueued, verb(dryRun))
	if earlier.Scanned > 0 {
		fmt.Fprintf(w, "; of these, earlier runs scanned %d items and enqueued %d keys", earlier.Scanned, earlier.Enqueued)
	}
	fmt.Fprintf(w, " (%s)\n", effort)
	if total.LeftOut > 0 {
		fmt.Fprintf(w, "%d items were left out, because their id is not valid: the writer did not store them\n", total.LeftOut)
	}
}
