package main

import (
	"fmt"
	"io"
	"maps"
	"testing"
	"time"
)

// pairs are the scenarios in which so many flowers are posted at once and one fault
// strikes, or two: the second at any site that is reached after the first.
type pairs struct{ singles, couples totals }

// runPairs runs all of them for one flower, at the defaults and at the corners of the template's
// parameters, and for a batch of three at the defaults: its pairs are six times as many. It
// returns the exit status.
func runPairs(t *testing.T, out io.Writer) int {
	for _, items := range []int{1, 3} {
		for _, c := range corners {
			if items > 1 && c.extreme {
				continue
			}
			start := time.Now()
			p := findPairs(t, items, c, 1)
			fmt.Fprintf(out, "%d in a batch, %s: %d single faults and %d ordered pairs of faults in %.0f s\n",
				items, c, p.singles.runs, p.couples.runs, time.Since(start).Seconds())
			for _, f := range append(p.singles.failed, p.couples.failed...) {
				printViolations(out, f.violations)
				explain(t, f, out)
				return 1
			}
		}
	}
	return 0
}

// findPairs runs every single fault, and of the pairs every nth.
func findPairs(t *testing.T, items int, c corner, nth int) pairs {
	base := scenario{seed: 1, items: items, plain: true, corner: c, only: map[string]fault{}}
	for n := range items {
		base.only[fmt.Sprint("flower ", n)] = happening
	}
	singles, at := base.after("", simulate(t, base))
	var all []scenario
	show := bar("single faults", len(singles))
	p := pairs{}
	p.singles = simulateAll(t, singles, func(n int, o outcome) {
		more, _ := singles[n].after(at[n], o)
		all = append(all, more...)
		show()
	})
	if len(p.singles.failed) > 0 {
		return p
	}
	var couples []scenario
	for n := 0; n < len(all); n += nth {
		couples = append(couples, all[n])
	}
	show = bar("pairs of faults", len(couples))
	p.couples = simulateAll(t, couples, func(int, outcome) { show() })
	return p
}

// after lists the scenarios that have one fault more than s, at a site that o reached
// after the last one, and says at which.
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
