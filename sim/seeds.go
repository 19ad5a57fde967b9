package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"simple-sam-demo/internal/commandline"
)

// totals are the sums of the outcomes of several scenarios.
type totals struct {
	runs, items, refused int
	elapsed              time.Duration
	faults               map[fault]int
	covered              coverage
	failed               []failure
}

// failure is a scenario in which something was violated.
type failure struct {
	scenario   scenario
	violations []violation
}

func (all *totals) add(s scenario, o outcome) {
	all.runs++
	all.items += o.posted
	all.refused += o.refused
	all.elapsed += o.elapsed
	for _, f := range o.happened {
		if f != happening {
			all.faults[f]++
		}
	}
	all.covered.add(o.covered)
	if len(o.violations) > 0 {
		all.failed = append(all.failed, failure{s, o.violations})
	}
}

// simulateAll runs scenarios, as many at once as there are processors, and hands out each outcome.
// It begins no more of them when one has a violation, or when ctx ends.
func simulateAll(ctx context.Context, t *testing.T, scenarios []scenario, each func(n int, o outcome)) totals {
	all := totals{faults: map[fault]int{}, covered: coverage{}}
	debug.SetGCPercent(800) // nothing here lives long, and collecting takes a quarter of the time otherwise
	debug.SetMemoryLimit(2 << 30)
	var mu sync.Mutex
	next := 0
	take := func() (n int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(scenarios) || len(all.failed) > 0 || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	t.Run("scenarios", func(t *testing.T) {
		for n := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				for i, ok := take(); ok; i, ok = take() {
					o := simulate(t, scenarios[i])
					mu.Lock()
					all.add(scenarios[i], o)
					each(i, o)
					mu.Unlock()
				}
			})
		}
	})
	return all
}

// simulateShown is simulateAll with a progress bar.
func (o options) simulateShown(ctx context.Context, t *testing.T, what string, scenarios []scenario, each func(n int, o outcome)) totals {
	bar := commandline.NewBar(o.stderr, len(scenarios), what)
	defer bar.Finish()
	return simulateAll(ctx, t, scenarios, func(n int, o outcome) {
		each(n, o)
		_ = bar.Add(1)
	})
}

// runSeeds runs one scenario a seed, and prints what came of them: when it is interrupted, of those
// that were done. It returns the exit status.
func (o options) runSeeds(ctx context.Context, t *testing.T) int {
	var scenarios []scenario
	for n := range o.seeds {
		scenarios = append(scenarios, scenario{seed: seed(o.first + uint64(n)), items: o.items, consumer: o.consumer, lean: o.lean})
	}
	start := time.Now()
	all := o.simulateShown(ctx, t, "seeds", scenarios, func(int, outcome) {})
	all.print(o.stdout, time.Since(start))
	if len(all.failed) > 0 {
		return o.report(ctx, t, all)
	}
	return o.finish(all, len(scenarios))
}

// report prints what was violated and how to see it again. It returns the exit status.
func (o options) report(ctx context.Context, t *testing.T, all totals) int {
	s := all.failed[0].scenario
	fmt.Fprintf(o.stdout, "\nseed %d violates what must always hold; run it again with:\n  go run ./sim -seed %[1]d -seeds 1 -items %d -consumer %s", s.seed, s.items, s.consumerOf())
	if s.lean.String() != "" {
		fmt.Fprintf(o.stdout, " -lean '%s'", &s.lean)
	}
	fmt.Fprintln(o.stdout)
	o.show(ctx, t, all.failed[0])
	return commandline.Failed
}

// finish prints what was reached, and whether all runs were made. It returns the exit status.
func (o options) finish(all totals, wanted int) int {
	if o.coverage {
		fmt.Fprintln(o.stdout)
		all.covered.print(o.stdout)
	}
	if all.runs < wanted {
		fmt.Fprintf(o.stdout, "interrupted: %d of %d runs are done\n", all.runs, wanted)
		return commandline.Interrupted
	}
	return commandline.OK
}

// show prints what was violated and, if it is wanted, how.
func (o options) show(ctx context.Context, t *testing.T, f failure) {
	printViolations(o.stdout, f.violations)
	if o.explain {
		explain(ctx, t, f, o.stdout)
	}
}

func (all totals) print(out io.Writer, took time.Duration) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "runs\t%d\n", all.runs)
	fmt.Fprintf(w, "simulated hours\t%.1f\n", all.elapsed.Hours())
	fmt.Fprintf(w, "seconds\t%.1f\n", took.Seconds())
	fmt.Fprintf(w, "items acknowledged\t%d\n", all.items)
	sum := all.refused
	for _, f := range slices.Sorted(maps.Keys(all.faults)) {
		fmt.Fprintf(w, "  %s\t%d\n", f, all.faults[f])
		sum += all.faults[f]
	}
	fmt.Fprintf(w, "  call during an outage\t%d\n", all.refused)
	fmt.Fprintf(w, "faults\t%d\n", sum)
	missing, reached := all.covered.missing()
	fmt.Fprintf(w, "combinations reached\t%d of %d\n", reached, reached+len(missing))
	fmt.Fprintf(w, "runs with a violation\t%d\n", len(all.failed))
	w.Flush()
}

func printViolations(out io.Writer, violations []violation) {
	const most = 10
	for i, v := range violations {
		if i == most {
			fmt.Fprintf(out, "  … and %d more\n", len(violations)-most)
			break
		}
		fmt.Fprintf(out, "  %s: %s\n", v.invariant, v.what)
	}
}
