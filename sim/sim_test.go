package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	_ "simple-sam-demo/internal/testgc"
)

// wantNothingFound fails the test when something was violated.
func wantNothingFound(t *testing.T, all totals) {
	t.Helper()
	for _, f := range all.failed {
		t.Errorf("seed %d, %d items, with %v:", f.scenario.seed, f.scenario.items, f.scenario.only)
		for _, v := range f.violations {
			t.Errorf("  %s: %s", v.invariant, v.what)
		}
	}
}

// withoutFlood are seeds without a flood of items, as seeds 8 and 10 have one. It takes as long as all of these. `go run ./sim`
// has floods.
var withoutFlood = []seed{1, 2, 3, 4, 5, 6, 7, 9}

func TestNothingIsLostWhateverGoesWrong(t *testing.T) {
	var scenarios []scenario
	for _, n := range withoutFlood {
		scenarios = append(scenarios, scenario{seed: n, items: 15, consumer: byFunction})
	}
	all := simulateAll(t.Context(), t, scenarios, func(int, outcome) {})
	wantNothingFound(t, all)
	wantFaults(t, all, atBatchCall, crashes, atInvocation, atReceive, atRequest)
}

func TestNothingIsLostWhenWorkersConsume(t *testing.T) {
	scenarios := []scenario{{seed: 1, items: 12, consumer: byBoth}, {seed: 2, items: 12, consumer: byBoth}}
	for _, n := range withoutFlood {
		scenarios = append(scenarios, scenario{seed: n, items: 12, consumer: byWorker})
	}
	all := simulateAll(t.Context(), t, scenarios, func(int, outcome) {})
	wantNothingFound(t, all)
	wantFaults(t, all, atBatchCall, ends, atBatch, atWorkerReceive, atWorkerPoller)
}

// wantFaults fails the test when a fault did not strike, or when little happened.
func wantFaults(t *testing.T, all totals, kinds ...possible) {
	t.Helper()
	for _, p := range slices.Concat(kinds...) {
		if all.faults[p.fault] == 0 {
			t.Errorf("no %s in %d runs", p.fault, all.runs)
		}
	}
	if all.refused == 0 || all.items < 10*30/2 {
		t.Errorf("%d calls during an outage, %d items acknowledged", all.refused, all.items)
	}
}

func TestASeedIsRepeatedExactly(t *testing.T) {
	for _, s := range []scenario{{seed: 101, items: 5, consumer: byFunction}, {seed: 102, items: 5, consumer: byWorker}, {seed: 103, items: 5, consumer: byBoth}} {
		first, second := simulate(t, s), simulate(t, s)
		if first.trace != second.trace || first.elapsed != second.elapsed {
			t.Errorf("seed %d: traces %x and %x, %s and %s", s.seed, first.trace, second.trace, first.elapsed, second.elapsed)
		}
		if diff := cmp.Diff(first.happened, second.happened); diff != "" {
			t.Errorf("seed %d: what happened (-first +second):\n%s", s.seed, diff)
		}
		s.only = first.happened
		if third := simulate(t, s); !maps.Equal(third.happened, first.happened) {
			t.Errorf("seed %d: faults that are given are not those that were drawn: %s", s.seed, cmp.Diff(first.happened, third.happened))
		}
	}
}

// All pairs take minutes: `go run ./sim -pairs`.
func TestEverySingleFaultAndSomePairs(t *testing.T) {
	for _, test := range []struct {
		items, nth int
		corners    []corner
	}{{1, 300, corners[3:4]}, {2, 400, corners[:1]}} {
		for _, c := range test.corners {
			singles, couples := options{stderr: io.Discard}.findPairs(t.Context(), t, pairs{test.items, c, test.nth})
			wantNothingFound(t, singles)
			wantNothingFound(t, couples)
			if singles.runs < 70*test.items || couples.runs < 10 {
				t.Errorf("%d in a batch, %s: only %d single faults and %d pairs were run", test.items, c, singles.runs, couples.runs)
			}
		}
	}
}

func TestTheShortestTraceHasOnlyTheFaultsThatTheFailureNeeds(t *testing.T) {
	all := map[string]fault{}
	for n := range 100 {
		all[fmt.Sprint(n)] = happening
	}
	needed := map[string]fault{"7": happening, "42": happening, "99": happening}
	got := least(t.Context(), all, func(only map[string]fault) bool {
		for name := range needed {
			if only[name] == none {
				return false
			}
		}
		return true
	})
	if diff := cmp.Diff(needed, got); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func TestEveryMistakeCanBeMade(t *testing.T) {
	for _, m := range slices.Concat(mistakes, workerMistakes) {
		if _, err := m.overlay(t.TempDir()); err != nil {
			t.Error(err)
		}
	}
}
