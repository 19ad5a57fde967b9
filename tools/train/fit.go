package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// C is the inverse of the regularisation's strength, under scikit-learn's name and at its default.
const C = 1.0

// columns is the length of a class's parameters: four coefficients, then the intercept.
const columns = 5

// example is a flower as the fit sees it.
type example struct {
	inputs [columns]float64 // the four measurements, cm, then a 1 that the intercept multiplies
	class  int              // index of its species
}

// objective is what the fit minimises, scikit-learn's default for LogisticRegression:
//
//	C * sum(cross-entropy) + 0.5*||coefficients||² + 0.5*(sum of intercepts)²
//
// The last term is ours. Adding one number to all the intercepts changes no probability, so the
// optimum is a line; the term picks the point of it where they sum to zero, which is where a descent
// from zeros ends anyway, and makes the Hessian positive definite. At that point it is zero, so the
// intercepts are not penalised.
//
// Parameters are one vector: parameter j of class k at k*columns+j.
//
// Source: C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4; its
// equations 4.108 to 4.110 are the value, gradient and Hessian without the penalties.
type objective struct {
	examples []example
	classes  int
}

// fit returns the optimum, one row a class: four coefficients (per cm), then the intercept. The error
// says that it was not found.
//
// Newton's method, because its last step leaves an error of some 1e-12: then all that differs
// between machines (fused multiply-add, another exp) is lost in the artifact's rounding. The steps
// are not damped; on this convex objective they converge from zeros, and if they did not, fit would
// say so. Hence no gonum/optimize, which would add a dependency (golang.org/x/tools) to replace the
// loop below.
func fit(examples []example, classes int) ([][columns]float64, error) {
	const (
		tolerance     = 1e-11 // of the largest component of the gradient
		maxIterations = 50    // it takes about 10
	)
	o := objective{examples, classes}
	x := mat.NewVecDense(classes*columns, nil)
	gradient := mat.NewVecDense(x.Len(), nil)
	for range maxIterations {
		o.gradient(gradient.RawVector().Data, x.RawVector().Data)
		if mat.Norm(gradient, math.Inf(1)) < tolerance {
			return rowsOf(x.RawVector().Data), nil
		}
		step, err := o.newtonStep(gradient, x.RawVector().Data)
		if err != nil {
			return nil, fmt.Errorf("fit: %w", err)
		}
		x.SubVec(x, step)
	}
	return nil, fmt.Errorf("fit: no optimum after %d iterations", maxIterations)
}

// newtonStep returns the step that leads from the quadratic approximation's point x to its minimum,
// to be subtracted.
func (o objective) newtonStep(gradient *mat.VecDense, x []float64) (*mat.VecDense, error) {
	hessian := mat.NewSymDense(len(x), nil)
	o.hessian(hessian, x)
	var cholesky mat.Cholesky
	if !cholesky.Factorize(hessian) {
		return nil, errors.New("the Hessian is not positive definite")
	}
	step := mat.NewVecDense(len(x), nil)
	if err := cholesky.SolveVecTo(step, gradient); err != nil {
		return nil, fmt.Errorf("solve Newton step: %w", err)
	}
	return step, nil
}

// rowsOf splits the vector of all parameters into one row a class.
func rowsOf(x []float64) [][columns]float64 {
	var rows [][columns]float64
	for row := range slices.Chunk(x, columns) {
		rows = append(rows, [columns]float64(row))
	}
	return rows
}

func (o objective) gradient(grad, x []float64) {
	var intercepts float64
	for k := range o.classes {
		intercepts += x[k*columns+columns-1]
	}
	for i := range grad {
		if isIntercept(i) {
			grad[i] = intercepts
		} else {
			grad[i] = x[i]
		}
	}
	for _, e := range o.examples {
		p := o.probabilities(x, e.inputs)
		p[e.class]-- // predicted minus observed
		for i := range grad {
			grad[i] += C * p[i/columns] * e.inputs[i%columns]
		}
	}
}

func (o objective) hessian(hess *mat.SymDense, x []float64) {
	for i := range x {
		for j := i; j < len(x); j++ {
			h := 0.0
			if isIntercept(i) && isIntercept(j) || i == j {
				h = 1
			}
			hess.SetSym(i, j, h)
		}
	}
	for _, e := range o.examples {
		p := o.probabilities(x, e.inputs)
		for i := range x {
			for j := i; j < len(x); j++ {
				k, l := i/columns, j/columns
				slope := -p[k] * p[l] // of class k's probability by class l's score
				if k == l {
					slope += p[k]
				}
				hess.SetSym(i, j, hess.At(i, j)+C*slope*e.inputs[i%columns]*e.inputs[j%columns])
			}
		}
	}
}

// probabilities returns each class's probability under the parameters x: the softmax of the scores.
func (o objective) probabilities(x []float64, inputs [columns]float64) []float64 {
	p := make([]float64, o.classes)
	top := math.Inf(-1)
	for k := range p {
		for j, v := range inputs {
			p[k] += x[k*columns+j] * v
		}
		top = max(top, p[k])
	}
	var total float64
	for k := range p {
		p[k] = math.Exp(p[k] - top)
		total += p[k]
	}
	for k := range p {
		p[k] /= total
	}
	return p
}

func isIntercept(parameter int) bool { return parameter%columns == columns-1 }
