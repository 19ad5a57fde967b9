package main

import (
	"context"
	"fmt"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// share is the part of a processor that the functions have in this run: a whole one, or as little as
// Lambda gives for 256 MB and for 128 MB, or half of the latter.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func (w *world) share() float64 {
	if w.plain || !w.includes("slow function") {
		return 1
	}
	shares := []float64{1, 1, 256. / 1769, 128. / 1769, 64. / 1769}
	return shares[w.seed.below(len(shares), "share")]
}

// These are the times that a function computes on a whole processor.
const (
	perCall    = 250 * time.Microsecond
	perSubject = 20 * time.Microsecond // an item or a message, in a call or in an event
)

// compute lets time pass for what a function computes. Other goroutines of the invocation use the
// processor at the same time. A part of their time is added: it is drawn, as their order could not be
// repeated.
func (w *world) compute(ctx context.Context, site string, calls, subjects int) error {
	if w.slowness == 1 {
		return nil
	}
	own := time.Duration(calls)*perCall + time.Duration(subjects)*perSubject
	others := time.Duration(0)
	if i, ok := ctx.Value(invocationKey{}).(*invocation); ok {
		others = time.Duration(i.messages) * perSubject
	}
	stretched := float64(own) + w.seed.number("others", site, fmt.Sprint(subjects))*float64(others)
	return smithytime.SleepWithContext(ctx, time.Duration(w.slowness*stretched))
}
