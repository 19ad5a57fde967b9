package main

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawExamples makes up rows of a few features, whose sizes differ by up to 12 places, in a few classes
// that may overlap, or may lie far apart.
func drawExamples(t *rapid.T) (examples []example, classes int) {
	classes = rapid.IntRange(2, 4).Draw(t, "classes")
	features := rapid.IntRange(1, 5).Draw(t, "features")
	apart := rapid.SampledFrom([]float64{0, 1, 100}).Draw(t, "how far apart the classes are")
	var sizes, offsets []float64
	for range features {
		size := math.Pow(10, float64(rapid.IntRange(-6, 6).Draw(t, "exponent of a feature's size")))
		sizes, offsets = append(sizes, size), append(offsets, size*float64(rapid.IntRange(-100, 100).Draw(t, "offset")))
	}
	for i := range rapid.IntRange(classes, 40).Draw(t, "rows") {
		e := example{class: i % classes}
		for j := range features {
			number := rapid.Float64Range(-1, 1).Draw(t, "number") + apart*float64(e.class*(j+1)%classes)
			e.inputs = append(e.inputs, offsets[j]+sizes[j]*number)
		}
		examples = append(examples, e)
	}
	return examples, classes
}

// penalised is the objective as the artifact names it, written down once more, by the definition of the
// cross-entropy. It takes a row of parameters for each class.
func penalised(examples []example, parameters [][]float64) float64 {
	var sum float64
	for _, row := range parameters {
		for _, coefficient := range row[:len(row)-1] {
			sum += coefficient * coefficient / 2
		}
	}
	for _, e := range examples {
		var scores []float64
		for _, row := range parameters {
			score := row[len(row)-1]
			for j, input := range e.inputs {
				score += row[j] * input
			}
			scores = append(scores, score)
		}
		top, total := slices.Max(scores), 0.0
		for _, score := range scores {
			total += math.Exp(score - top)
		}
		sum += top + math.Log(total) - scores[e.class]
	}
	return sum
}

// slope returns the derivative of the objective by a parameter, as the difference of two of its values.
// The parameter is moved so far that some score changes by 0.0001.
func slope(examples []example, parameters [][]float64, class, j int) float64 {
	const step = 1e-4
	size := 0.001 // at least, because the penalty of a larger step would swallow all else
	for _, e := range examples {
		size = max(size, math.Abs(append(slices.Clip(e.inputs), 1)[j])) // 1 is what the intercept is multiplied by
	}
	at := func(change float64) float64 {
		moved := slices.Clone(parameters)
		moved[class] = slices.Clone(moved[class])
		moved[class][j] += change / size
		return penalised(examples, moved)
	}
	return (at(step) - at(-step)) / (2 * step)
}

// checkIsOptimum checks that the objective rises from there in all directions. It moves the origin to the
// centre of the examples, where differences are exact: then a score is c*(x-centre) + (intercept+c*centre).
func checkIsOptimum(t rapid.TB, examples []example, parameters [][]float64, centre []float64) {
	t.Helper()
	var centred []example
	for _, e := range examples {
		moved := example{class: e.class}
		for j, input := range e.inputs {
			moved.inputs = append(moved.inputs, input-centre[j])
		}
		centred = append(centred, moved)
	}
	intercepts, size := 0.0, 1.0
	for k := range parameters {
		intercepts += parameters[k][len(centre)]
		size = max(size, math.Abs(parameters[k][len(centre)]))
		parameters[k] = slices.Clone(parameters[k])
		for j, middle := range centre {
			parameters[k][len(centre)] += parameters[k][j] * middle
		}
	}
	if !(math.Abs(intercepts) <= 1e-6*size) {
		t.Errorf("the intercepts sum to %g, want 0", intercepts)
	}
	for k, row := range parameters {
		for j := range row {
			if s := slope(centred, parameters, k, j); !(math.Abs(s) <= 1e-5) {
				t.Errorf("class %d, parameter %d is %g: there the objective's slope is %g, want 0", k, j, row[j], s)
			}
		}
	}
}

// The slope is computed from the objective's own definition, and not from the derivatives of the fit.
func TestScaledFitIsAlwaysTheOptimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		examples, classes := drawExamples(t)
		s := standardize(examples)
		parameters, err := fit(examples, classes, s, true)
		if err != nil {
			t.Fatal(err)
		}
		for i := range examples {
			examples[i].inputs = s.apply(examples[i].inputs)
		}
		checkIsOptimum(t, examples, parameters, make([]float64, len(s.means)))
	})
}

func TestFitOfFeaturesOfAnySizeIsTheOptimumOrAnError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		examples, classes := drawExamples(t)
		s := standardize(examples)
		parameters, err := fit(examples, classes, s, false)
		if errors.Is(err, errNoOptimum) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		checkIsOptimum(t, examples, parameters, s.means)
	})
}

// In each case, Newton's whole steps lead nowhere, or a probability rounds to 1.
func TestFitReachesADistantOptimum(t *testing.T) {
	for name, examples := range map[string][]example{
		"two classes far apart":      {{[]float64{-1e6}, 0}, {[]float64{1e6}, 1}},
		"classes apart by a little":  {{[]float64{1e6}, 0}, {[]float64{1e6 + 1}, 1}, {[]float64{1e6 + 2}, 2}},
		"sizes of 0.001, 1 and 1000": {{[]float64{1e-3, 1, 1e3}, 0}, {[]float64{2e-3, 3, 1e3}, 1}, {[]float64{1e-3, 2, 5e3}, 1}},
		"a feature that is constant": {{[]float64{0.1, 1}, 0}, {[]float64{0.1, 2}, 1}, {[]float64{0.1, 3}, 1}},
		"whole steps that lead away": {
			{[]float64{0, 0, 3}, 0}, {[]float64{30, -269, 334}, 1}, {[]float64{0, 0, 2351}, 2},
			{[]float64{-350, -2, 0}, 3}, {[]float64{-1, -29, 0}, 0}, {[]float64{1, 0, 2}, 1},
		},
		"one row far from all": {{[]float64{0}, 0}, {[]float64{1}, 1}, {[]float64{0.5}, 1}, {[]float64{1e5}, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := standardize(examples)
			classes := 1 + slices.MaxFunc(examples, func(a, b example) int { return a.class - b.class }).class
			parameters, err := fit(examples, classes, s, false)
			if err != nil {
				t.Fatal(err)
			}
			checkIsOptimum(t, examples, parameters, s.means)
		})
	}
}

func TestFitSaysWhenItFindsNoOptimum(t *testing.T) {
	numbers := []example{{[]float64{1}, 0}, {[]float64{2}, 1}}
	for name, s := range map[string]scaling{
		"numbers that are none":                 {[]float64{math.NaN()}, []float64{1}},
		"a penalty too small for any optimum":   {[]float64{1.5}, []float64{1e200}},
		"a penalty that swallows all the terms": {[]float64{1.5}, []float64{math.SmallestNonzeroFloat64}},
	} {
		if parameters, err := fit(numbers, 2, s, false); !errors.Is(err, errNoOptimum) {
			t.Errorf("%s: parameters %v, error %v, want %v", name, parameters, err, errNoOptimum)
		}
	}
}

// Three features, of sizes and offsets that are too much for float64s: the results of two orders of the rows
// differ in the sixth place. Whether such a fit is refused depends on the numbers. It must never give
// parameters that another order, or another machine, would not give.
func TestFitNeverDependsOnTheOrderOfRows(t *testing.T) {
	random, refused := rand.New(rand.NewPCG(1, 2)), 0
	for range 30 {
		var examples []example
		for i := range 60 {
			e := example{class: i % 3}
			for j := range 3 {
				e.inputs = append(e.inputs, 1e8+1e6*(random.Float64()*2+float64(e.class*(j+1)%3)))
			}
			examples = append(examples, e)
		}
		s := standardize(examples)
		parameters, err := fit(examples, 3, s, false)
		if err != nil {
			refused++
			continue
		}
		reordered := slices.Concat(examples[25:], examples[:25])
		others, err := fit(reordered, 3, s, false)
		if err != nil {
			continue
		}
		for k, row := range parameters {
			for j, deviation := range s.deviations {
				if difference := (row[j] - others[k][j]) * deviation; !(math.Abs(difference) < 1e-9) {
					t.Errorf("class %d, parameter %d: another order changes scores by %.1g", k, j, difference)
				}
			}
		}
	}
	t.Logf("%d of 30 refused", refused)
}
