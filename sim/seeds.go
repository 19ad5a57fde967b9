package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// totals adds up outcomes.
type totals struct {
	runs, items, refused int
	elapsed              time.Duration
	faults               map[fault]int
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
	if len(o.violations) > 0 {
		all.failed = append(all.failed, failure{s, o.violations})
	}
}

// simulateAll runs scenarios, as many at once as there are processors, and stops after
// the first one with a violation. It hands out each outcome.
func simulateAll(t *testing.T, scenarios []scenario, each func(n int, o outcome)) totals {
	all := totals{faults: map[fault]int{}}
	var mu sync.Mutex
	next := 0
	take := func() (n int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(scenarios) || len(all.failed) > 0 {
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

// runSeeds runs one scenario a seed and prints what came of them.
func runSeeds(t *testing.T, o options, out io.Writer) int {
	var scenarios []scenario
	for n := range o.seeds {
		scenarios = append(scenarios, scenario{seed: seed(o.first + uint64(n)), items: o.items})
	}
	start := time.Now()
	show := bar("seeds", len(scenarios))
	all := simulateAll(t, scenarios, func(int, outcome) { show() })
	all.print(out, time.Since(start))
	if len(all.failed) == 0 {
		return 0
	}
	first := all.failed[0]
	fmt.Fprintf(out, "\nseed %d violates what must always hold; run it again with:\n  go run ./sim -seed %[1]d -seeds 1 -items %d\n", first.scenario.seed, first.scenario.items)
	printViolations(out, first.violations)
	if o.explain {
		explain(t, first, out)
	}
	return 1
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

// bar returns what shows one step more, when somebody is looking.
func bar(what string, total int) func() {
	if info, err := os.Stderr.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func() {}
	}
	const width = 40
	done := 0
	return func() {
		done++
		fmt.Fprintf(os.Stderr, "\r[%-*s] %d of %d %s", width, strings.Repeat("=", done*width/total), done, total, what)
		if done == total {
			fmt.Fprintln(os.Stderr)
		}
	}
}
