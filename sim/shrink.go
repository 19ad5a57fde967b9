package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"
)

// shrinkFor is how long a shorter trace is looked for.
const shrinkFor = time.Minute

// explain looks for the least that still violates the same invariant, and prints its trace. When
// ctx ends, it takes the least that it has found so far.
func explain(ctx context.Context, t *testing.T, f failure, out io.Writer) {
	fmt.Fprintln(out, "\nlooking for the shortest trace …")
	s := shrink(ctx, t, f)
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

// shrink leaves out what is not needed for the first violation of a failure.
func shrink(ctx context.Context, t *testing.T, f failure) scenario {
	ctx, cancel := context.WithTimeout(ctx, shrinkFor)
	defer cancel()
	invariant := f.violations[0].invariant
	s := f.scenario
	all := simulate(t, s).happened
	s.only = least(ctx, all, func(only map[string]fault) bool {
		s.only = only
		return slices.ContainsFunc(simulate(t, s).violations, func(v violation) bool { return v.invariant == invariant })
	})
	return s
}

// least leaves out as much of all as it can, so that the rest still fails. When ctx ends, it returns
// what it has then. This is delta debugging: A. Zeller and R. Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", IEEE TSE 28(2), 2002.
func least(ctx context.Context, all map[string]fault, fails func(map[string]fault) bool) map[string]fault {
	for parts := 2; ; {
		names := slices.Sorted(maps.Keys(all))
		size := (len(names) + parts - 1) / parts
		shorter := false
		for chunk := range slices.Chunk(names, size) {
			if ctx.Err() != nil {
				return all
			}
			without := maps.Clone(all)
			for _, name := range chunk {
				delete(without, name)
			}
			if fails(without) {
				all, shorter = without, true
			}
		}
		switch {
		case shorter:
			parts = max(parts-1, 2)
		case size <= 1:
			return all
		default:
			parts *= 2
		}
	}
}
