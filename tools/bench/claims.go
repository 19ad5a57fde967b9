package main

import (
	"fmt"
	"time"
)

// claim is a figure, and what it may be at most.
type claim struct {
	What       string
	Is, AtMost float64
	Unit       string
}

// Holds tells whether the figure is no more than it may be.
func (c claim) Holds() bool { return c.Is <= c.AtMost }

// Measured is the figure with its unit. Messages are counted in whole numbers.
func (c claim) Measured() string {
	if c.AtMost == 0 {
		return thousand(c.Is) + c.Unit
	}
	return fmt.Sprintf("%.2f%s", c.Is, c.Unit)
}

// Claims are what the document begins with. They need the results of all its parts.
func (r results) Claims() []claim {
	var starts, sizes []claim
	for _, p := range r.Programs {
		if p.Most > 0 {
			starts = append(starts, claim{p.Name + "'s start ÷ start of a program that only makes the SDK's clients", r.Started(p), p.Most, "×"})
			sizes = append(sizes, claim{"size of the " + p.Name + "'s program", float64(p.Bytes) / 1e6, 10, " MB"})
		}
	}
	hundred := r.batch(100, callTime)
	all := append(append(starts, sizes...),
		claim{"enricher's time for a batch of 100 ÷ time of the bare SDK calls, 5 ms a call", ratioOf(hundred.Enricher.Batch, hundred.Bare.Batch), 1.25, "×"},
		claim{"enricher's CPU for an item ÷ CPU of the bare SDK calls, median of all batches of 10 and more", r.medianCPU(), 1.3, "×"})
	if r.ShareLeftOut == "" {
		all = append(all, claim{"messages that the enricher gives back of its first batches, with 128 MB", float64(r.givenBack(128)), 0, ""})
	}
	all = append(all, r.Worker.claims()...)
	one, stream := r.Cost[0], r.Cost[2]
	return append(all,
		claim{"dollars one by one ÷ (dollars of simple_sam_demo's design + dollars of our queue's requests)", one.Total() / (stream.Total() + one.Of(queueRequests)), 1, "×"},
		claim{"dollars for a million items by batch", r.Cost[1].Total(), 1.60, ""},
		claim{fmt.Sprintf("time of the local stack for %s items by batch", thousand(float64(r.Local.Items))), r.Local.Took.Seconds(), 60, " s"},
	)
}

// claims are about the worker with the small model, and about the large model.
func (w workerResults) claims() []claim {
	if w.Models == nil {
		return nil
	}
	small := w.Models[0]
	return []claim{
		{"worker's CPU for an item ÷ function's, batches of 10", small.of(workerCase{10, 1}).Ratio, 1.1, "×"},
		{"worker's CPU for an item ÷ function's, batches of 100", small.of(workerCase{100, 1}).Ratio, 1.1, "×"},
		{"memory of an idle worker", small.Idle, 20, " MB"},
		{"CPU of an item in a forest of " + thousand(forestTrees) + " trees", float64(w.Forest) / float64(time.Microsecond), 30, " µs"},
	}
}

// Started is how long a program takes to start ÷ how long the one that only makes the SDK's clients does.
func (r results) Started(p program) float64 { return ratioOf(p.Start, r.Programs[1].Start) }

// CPU is the enricher's processor time for an item ÷ that of the bare calls.
func (b batchSpeed) CPU() float64 { return ratioOf(b.Enricher.CPU, b.Bare.CPU) }

func (r results) medianCPU() float64 {
	var all []float64
	for _, b := range r.Batches {
		if b.Items >= 10 {
			all = append(all, b.CPU())
		}
	}
	return median(all)
}

// batch returns the measurement with a size of the batch and a duration of each call.
func (r results) batch(items int, delay time.Duration) batchSpeed {
	for _, b := range r.Batches {
		if b.Items == items && b.Delay == delay {
			return b
		}
	}
	panic("not measured") // both are in the lists of what is measured
}
