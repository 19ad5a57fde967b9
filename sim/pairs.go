package main

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"simple-sam-demo/internal/commandline"
)

// pairs are the scenarios in which so many items are posted at once and one fault strikes, or two.
// The second strikes at a site that is reached after the first.
type pairs struct {
	items  int
	corner corner
	nth    int // of the pairs only each nth is run
}

// allPairs are those of one item at the defaults and at the corners of the template's parameters,
// and those of three items in a batch at the defaults. These are six times as many.
func allPairs() (all []pairs) {
	for _, c := range corners {
		all = append(all, pairs{1, c, 1})
	}
	return append(all, pairs{3, corner{}, 1})
}

// runPairs runs all of them, and returns the exit status.
func (o options) runPairs(ctx context.Context, t *testing.T) int {
	for _, p := range allPairs() {
		start := time.Now()
		singles, couples := o.findPairs(ctx, t, p)
		fmt.Fprintf(o.stdout, "%d in a batch, %s: %d single faults and %d ordered pairs of faults in %.0f s\n",
			p.items, p.corner, singles.runs, couples.runs, time.Since(start).Seconds())
		if failed := append(singles.failed, couples.failed...); len(failed) > 0 {
			o.show(ctx, t, failed[0])
			return commandline.Failed
		}
		if ctx.Err() != nil {
			fmt.Fprintln(o.stdout, "interrupted: the last line is not complete, and what would have followed it was not run")
			return commandline.Interrupted
		}
	}
	return commandline.OK
}

// findPairs finds what faults can strike where, and runs every single one and then the pairs.
func (o options) findPairs(ctx context.Context, t *testing.T, p pairs) (singles, couples totals) {
	base := scenario{seed: 1, items: p.items, plain: true, corner: p.corner, consumer: o.consumer, only: map[string]fault{}}
	for n := range p.items {
		base.only[fmt.Sprint("item ", n)] = happening
	}
	first, at := base.after("", simulate(t, base))
	var all []scenario
	singles = o.simulateShown(ctx, t, "single faults", first, func(n int, o outcome) {
		more, _ := first[n].after(at[n], o)
		all = append(all, more...)
	})
	if len(singles.failed) > 0 {
		return singles, totals{}
	}
	var second []scenario
	for n := 0; n < len(all); n += p.nth {
		second = append(second, all[n])
	}
	return singles, o.simulateShown(ctx, t, "pairs of faults", second, func(int, outcome) {})
}

// after lists the scenarios that have one fault more than s. The fault strikes at a site that o reached
// after the site last, or at any site if last is "". It returns these sites, too.
func (s scenario) after(last string, o outcome) (more []scenario, sites []string) {
	reached := last == ""
	for _, place := range o.sites {
		if reached {
			for _, p := range place.all {
				more = append(more, s.with(place.name, p.fault))
				sites = append(sites, place.name)
			}
		}
		reached = reached || place.name == last
	}
	return more, sites
}

// with returns the scenario with one more fault.
func (s scenario) with(site string, f fault) scenario {
	s.only = maps.Clone(s.only)
	s.only[site] = f
	return s
}
