package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"simple-sam-demo/shared/item"

	"gonum.org/v1/gonum/mat"
)

// C is the inverse of the regularisation's strength. The name and the value are scikit-learn's default.
const C = 1.0

// columns is how many parameters a class has: a coefficient for each feature, and then the intercept.
const columns = len(item.Features) + 1

// example is one row, as numbers for the fit.
type example struct {
	inputs [columns]float64 // the measurements, and then 1, which is multiplied by the intercept
	class  int              // index of its class
}

// objective is the function that the fit minimises. It is scikit-learn's default for LogisticRegression,
// with one more term:
//
//	C * sum(cross-entropy) + 0.5*||coefficients||² + 0.5*(sum of intercepts)²
//
// The last term is ours. If the same number is added to all intercepts, no probability changes. So
// without this term there is a whole line of optima. The term selects the one whose intercepts sum to
// zero. A descent that starts at zeros ends there anyway. The term also makes the Hessian positive
// definite. At the optimum the term itself is zero, so the intercepts are not penalised.
//
// The parameters are one vector. Parameter j of class k is at k*columns+j.
//
// Source: C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4. The equations
// 4.108 to 4.110 there give the value, the gradient and the Hessian without the penalties.
type objective struct {
	examples []example
	classes  int
}

// fit returns the optimum, one row for each class: the coefficients, then the intercept. It
// returns an error if it does not find the optimum.
//
// It uses Newton's method, because the last step of that leaves an error of only some 1e-12. Machines
// compute slightly differently (fused multiply-add, another exp), and the artifact's rounding then hides
// the difference. The steps are not damped: the objective is convex, and from zeros they converge. If they
// did not, fit would return the error. gonum/optimize could replace the loop below, but it needs one
// more dependency (golang.org/x/tools).
func fit(examples []example, classes int) ([][columns]float64, error) {
	const (
		tolerance     = 1e-11 // for the largest component of the gradient
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

// newtonStep returns Newton's step at x. Subtracted from x, it leads to the minimum of the quadratic
// approximation there.
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
				slope := -p[k] * p[l] // derivative of class k's probability with respect to class l's score
				if k == l {
					slope += p[k]
				}
				hess.SetSym(i, j, hess.At(i, j)+C*slope*e.inputs[i%columns]*e.inputs[j%columns])
			}
		}
	}
}

// probabilities returns the probability of each class for the parameters x. It is the softmax of the classes'
// scores.
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
