// Package latency sums up how long things took. It does not measure them.
package latency

import (
	"slices"
	"time"
)

// Percentile returns the smallest value that at least p percent of all values do not exceed: the
// nearest-rank method. p is from 1 to 100. It sorts the values, and there must be at least one.
func Percentile(values []time.Duration, p int) time.Duration {
	slices.Sort(values)
	return values[(len(values)*p+99)/100-1]
}
