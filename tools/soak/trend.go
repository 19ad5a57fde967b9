package main

import (
	"math"
	"slices"
	"time"
)

const (
	// windows is how many medians a trend is looked for in. A median hides the spikes of a window, and
	// one window has little to do with the next.
	windows = 30

	// fewestSamples is how many samples a window must have.
	fewestSamples = 5

	// significance is how often noise alone would look like growth.
	significance = 0.001
)

// trend says how a measure changed over time.
type trend struct {
	first, last float64 // medians of the first and of the last fifth
	perHour     float64 // Theil-Sen slope
	p           float64 // how likely noise alone would grow as much, by Mann and Kendall
	step        bool    // one step explains the values better than a line does
}

// growthLimit says how much growth is none.
type growthLimit struct {
	perDay float64 // part of the level, in 24 hours
	atAll  float64 // in the time that was looked at, in the measure's unit
}

// trendOf looks for a trend in values that were taken at equal distances over a time. ok is false if there
// are too few of them.
//
// The slope is the median of the slopes of all pairs, so that a third of the values may be wild (P. K. Sen,
// "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63, 1968). That it is not chance is
// tested by the number of pairs that grow (H. B. Mann, "Nonparametric Tests Against Trend", Econometrica 13,
// 1945; with Kendall's correction for equal values).
func trendOf(values []float64, over time.Duration) (t trend, ok bool) {
	if len(values) < windows*fewestSamples {
		return t, false
	}
	medians := make([]float64, windows)
	for i := range medians {
		medians[i] = medianOf(values[i*len(values)/windows : (i+1)*len(values)/windows])
	}
	step := over.Hours() / windows
	fifth := windows / 5
	return trend{
		first: medianOf(medians[:fifth]), last: medianOf(medians[windows-fifth:]),
		perHour: theilSen(medians) / step, p: mannKendall(medians), step: isStep(medians),
	}, true
}

// grows tells whether the trend is growth that will not end by itself. It is one if chance does not explain
// it, if it is larger than the limit, and if it is no step. A step comes about when one more connection
// stays open, say.
func (t trend) grows(limit growthLimit, over time.Duration) bool {
	level := max(t.first, t.last)
	return t.p < significance && !t.step &&
		t.perHour*24 > limit.perDay*level && t.perHour*over.Hours() > limit.atAll
}

// theilSen returns the slope, in units a step.
func theilSen(values []float64) float64 {
	var slopes []float64
	for i := range values {
		for j := i + 1; j < len(values); j++ {
			slopes = append(slopes, (values[j]-values[i])/float64(j-i))
		}
	}
	return medianOf(slopes)
}

// isStep tells whether two levels, one after the other, are nearer to the values than the Theil-Sen line is.
func isStep(values []float64) bool {
	slope := theilSen(values)
	flat := make([]float64, len(values)) // without the slope
	for i, value := range values {
		flat[i] = value - slope*float64(i)
	}
	line, steps := deviation(flat), math.Inf(1)
	for at := 1; at < len(values); at++ {
		steps = min(steps, deviation(values[:at])+deviation(values[at:]))
	}
	return steps < 0.9*line // a step has one more number to choose, and so is always a little nearer
}

// deviation sums up how far values are from their median.
func deviation(values []float64) (sum float64) {
	median := medianOf(values)
	for _, value := range values {
		sum += math.Abs(value - median)
	}
	return sum
}

// mannKendall returns the one-sided p for growth.
func mannKendall(values []float64) float64 {
	pairs, equal := 0, map[float64]float64{}
	for i, value := range values {
		equal[value]++
		for _, later := range values[i+1:] {
			switch {
			case later > value:
				pairs++
			case later < value:
				pairs--
			}
		}
	}
	spread := func(n float64) float64 { return n * (n - 1) * (2*n + 5) / 18 }
	variance := spread(float64(len(values)))
	for _, n := range equal {
		variance -= spread(n)
	}
	if pairs <= 0 || variance <= 0 {
		return 1
	}
	z := float64(pairs-1) / math.Sqrt(variance) // less 1 because pairs is a whole number
	return math.Erfc(z/math.Sqrt2) / 2
}

// medianOf leaves the values in their order.
func medianOf(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
