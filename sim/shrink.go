package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"
)

// shrinkFor is how long a shorter trace is looked for.
const shrinkFor = time.Minute

// explain looks for the least that still violates the same invariant, and prints its
// trace.
func explain(t *testing.T, f failure, out io.Writer) {
	fmt.Fprintln(out, "\nlooking for the shortest trace …")
	s := shrink(t, f)
	var trace bytes.Buffer
	s.log = &trace
	o := simulate(t, s)
	fmt.Fprintln(out, "\nit takes no more than:")
	for _, name := range slices.Sorted(maps.Keys(s.only)) {
		fmt.Fprintf(out, "  %s: %s\n", name, s.only[name])
	}
	fmt.Fprintln(out)
	_, _ = out.Write(trace.Bytes())
	printViolations(out, o.violations)
}

// shrink leaves out what is not needed for the first violation of a failure, by delta
// debugging. A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
// Input", IEEE TSE 28(2), 2002.
func shrink(t *testing.T, f failure) scenario {
	until := time.Now().Add(shrinkFor)
	invariant := f.violations[0].invariant
	s := f.scenario
	fails := func(only map[string]fault) bool {
		s.only = only
		return slices.ContainsFunc(simulate(t, s).violations, func(v violation) bool { return v.invariant == invariant })
	}
	s.only = nil
	least := simulate(t, s).happened
	for parts := 2; len(least) > 1 && time.Now().Before(until); {
		names := slices.Sorted(maps.Keys(least))
		size := (len(names) + parts - 1) / parts
		shorter := false
		for chunk := range slices.Chunk(names, size) {
			if time.Now().After(until) {
				break
			}
			without := maps.Clone(least)
			for _, name := range chunk {
				delete(without, name)
			}
			if len(without) < len(least) && fails(without) {
				least, shorter = without, true
			}
		}
		switch {
		case shorter:
			parts = max(parts-1, 2)
		case size == 1:
			until = time.Time{} // nothing more can be left out
		default:
			parts *= 2
		}
	}
	s.only = least
	return s
}
