package main

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStandardize(t *testing.T) {
	for name, tc := range map[string]struct {
		numbers         []float64
		mean, deviation float64
	}{
		"four numbers":                  {[]float64{1, 2, 3, 4}, 2.5, math.Sqrt(1.25)},
		"two numbers":                   {[]float64{-1, 1}, 0, 1},
		"one number":                    {[]float64{7}, 7, 1},
		"a constant":                    {[]float64{0.1, 0.1, 0.1}, 0.1, 1},
		"zeros":                         {[]float64{0, 0}, 0, 1},
		"differences in the last bit":   {[]float64{1, 1 + 0x1p-52}, 1, 0x1p-53},
		"large and small":               {[]float64{1e100, 1, -1e100}, 1. / 3, 1e100 * math.Sqrt(2./3)},
		"small numbers":                 {[]float64{1e-130, 3e-130}, 2e-130, 1e-130},
		"a mean that float64 sums lose": {[]float64{1e16, 1, 1, -1e16}, 0.5, 1e16 / math.Sqrt2},
	} {
		t.Run(name, func(t *testing.T) {
			var examples []example
			for _, number := range tc.numbers {
				examples = append(examples, example{inputs: []float64{number, 5}})
			}
			want := scaling{means: []float64{tc.mean, 5}, deviations: []float64{tc.deviation, 1}}
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-15*math.Abs(a) })
			if diff := cmp.Diff(want, standardize(examples), cmp.AllowUnexported(scaling{}), near); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrderOfRowsDoesNotChangeTheScaling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		examples, _ := drawExamples(t)
		want := standardize(examples)
		slices.Reverse(examples)
		if diff := cmp.Diff(want, standardize(examples), cmp.AllowUnexported(scaling{})); diff != "" {
			t.Errorf("(-order +reversed):\n%s", diff)
		}
	})
}

func TestScaledFeaturesHaveMean0AndDeviation1(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		examples, _ := drawExamples(t)
		s := standardize(examples)
		n := float64(len(examples))
		for j := range s.means {
			var mean, square float64
			for _, e := range examples {
				number := s.apply(e.inputs)[j]
				mean, square = mean+number/n, square+number*number/n
			}
			constant := !slices.ContainsFunc(examples, func(e example) bool { return e.inputs[j] != examples[0].inputs[j] })
			if constant && square == 0 {
				continue
			}
			// A mean is rounded to a float64, which shows if all numbers lie within a few of its last bits.
			slack := 1e-9 + 0x1p-52*math.Abs(s.means[j])/s.deviations[j]
			if !(math.Abs(mean) <= slack && math.Abs(square-mean*mean-1) <= slack) {
				t.Errorf("feature %d has the mean %g and the deviation %g", j, mean, math.Sqrt(square-mean*mean))
			}
		}
	})
}
