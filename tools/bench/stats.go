package main

import (
	"slices"
	"time"
)

// median sorts the values.
func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

func ratioOf(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }
