package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// C is the inverse of the regularisation's strength. The name and the value are scikit-learn's default.
const C = 1.0

// example is one row, as numbers for the fit.
type example struct {
	inputs []float64 // one for each feature
	class  int       // index of its class
}

// errNoOptimum says that rounding errors keep the fit from the optimum.
var errNoOptimum = errors.New("the fit does not find the optimum")

// fit returns the optimum of the objective, one row for each class: the coefficients, then the intercept. With
// scaled, it is that of measurements that are scaled as s says. Without, it is that of the measurements.
//
// The fit itself always takes scaled measurements, because rounding errors are least with them. A
// coefficient c of scaled measurements is c/deviation of the measurements. So where these are not to
// be scaled, the penalty is that of c/deviation.
//
// Rounding errors depend on the order of sums, and on the machine. The fit is made in two orders. If the
// results differ by more than the artifact's rounding hides, the error is errNoOptimum.
func fit(examples []example, classes int, s scaling, scaled bool) ([][]float64, error) {
	const tolerance = 1e-11 // for a difference of two scores, and a hundredth of what the rounding hides
	o := objective{classes: classes, penalties: make([]float64, len(s.means)+1)}
	for j, deviation := range s.deviations {
		o.penalties[j] = 1
		if !scaled {
			o.penalties[j] = 1 / (deviation * deviation)
		}
	}
	for _, e := range examples {
		o.examples = append(o.examples, example{append(s.apply(e.inputs), 1), e.class})
	}
	x, err := o.minimize()
	if err != nil {
		return nil, err
	}
	slices.Reverse(o.examples)
	again, err := o.minimize()
	if err != nil {
		return nil, err
	}
	if difference := floats.Distance(x, again, math.Inf(1)); !(difference < tolerance) {
		return nil, fmt.Errorf("%w: rounding errors change its results by %.1g", errNoOptimum, difference)
	}
	rows := o.all(x)
	if !scaled {
		for _, row := range rows {
			s.undo(row)
		}
	}
	return rows, nil
}

// minimize returns the parameters with the least value.
//
// It uses Newton's method, because the last step of that leaves an error of only some 1e-12. Far from the
// optimum a whole step can lead too far, so it is halved until the objective falls. gonum/optimize could
// replace the loop below, but it needs one more dependency (golang.org/x/tools).
func (o objective) minimize() ([]float64, error) {
	const (
		tolerance     = 1e-7 // for a step: the error after it is about the square of that
		maxIterations = 200  // about 10 are enough, unless the classes are very far apart
	)
	x := make([]float64, (o.classes-1)*o.columns())
	for range maxIterations {
		step, err := o.newtonStep(x)
		if err != nil {
			return nil, err
		}
		if x, err = o.descend(x, step); err != nil {
			return nil, err
		}
		if floats.Norm(step, math.Inf(1)) < tolerance {
			return x, nil
		}
	}
	return nil, fmt.Errorf("%w within %d steps", errNoOptimum, maxIterations)
}

// newtonStep returns Newton's step at x. Subtracted from x, it leads to the minimum of the quadratic
// approximation there.
func (o objective) newtonStep(x []float64) ([]float64, error) {
	gradient, hessian := o.derive(x)
	var cholesky mat.Cholesky
	if !cholesky.Factorize(hessian) {
		return nil, fmt.Errorf("%w: the Hessian is not positive definite", errNoOptimum)
	}
	step := mat.NewVecDense(len(x), nil)
	if err := cholesky.SolveVecTo(step, gradient); err != nil {
		return nil, fmt.Errorf("%w: Newton's step: %w", errNoOptimum, err)
	}
	return step.RawVector().Data, nil
}

// descend goes from x by the step, or by the longest half, quarter, … of it that does not lead upwards.
func (o objective) descend(x, step []float64) ([]float64, error) {
	limit := o.value(x) * (1 + 1e-12) // at the optimum, only rounding errors are left
	for share := 1.0; share > 1e-12; share /= 2 {
		next := slices.Clone(x)
		floats.AddScaled(next, -share, step)
		if o.value(next) <= limit {
			return next, nil
		}
	}
	return nil, fmt.Errorf("%w: no step leads down", errNoOptimum)
}
