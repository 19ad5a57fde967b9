package main

import (
	"context"
	"fmt"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// share is the part of a processor that the functions have in this run: a whole one, or the
// little that Lambda gives 256 MB, 128 MB, and a half of that.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func (w *world) share() float64 {
	if w.plain || !w.includes("slow function") {
		return 1
	}
	shares := []float64{1, 1, 256. / 1769, 128. / 1769, 64. / 1769}
	return shares[w.seed.below(len(shares), "share")]
}

// What a function does takes so long on a whole processor.
const (
	perCall    = 250 * time.Microsecond
	perSubject = 20 * time.Microsecond // an item or a message, in a call or in an event
)

// compute lets a function's work take its time. Work that others of the invocation do at the
// same time is in its way: a part of it, drawn, as an order of theirs could not be replayed.
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
