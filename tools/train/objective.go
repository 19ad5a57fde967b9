package main

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// objective is the function that the fit minimises. It is scikit-learn's default for LogisticRegression:
//
//	C * sum(cross-entropy) + 0.5 * sum(penalty * coefficient²)
//
// If the same number is added to a parameter of all classes, no probability changes. So the penalty makes
// the coefficients of a feature sum to zero at the optimum. The intercepts have no penalty. They are made to
// sum to zero, because a descent that starts at zeros ends there. So the last class's parameters are minus
// the sum of the others', and only the others are free.
//
// The free parameters are one vector. Parameter j of class k is at k*columns+j.
//
// Source: C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4. The equations
// 4.108 to 4.110 there give the value, the gradient and the Hessian without the penalty, all classes free.
type objective struct {
	examples  []example
	classes   int
	penalties []float64 // for each parameter of a class: the coefficients', and 0 for the intercept
}

// columns is how many parameters a class has: a coefficient for each feature, and then the intercept.
func (o objective) columns() int { return len(o.penalties) }

// all returns the parameters of all classes, one row for each.
func (o objective) all(x []float64) [][]float64 {
	rows := make([][]float64, o.classes)
	for k := range rows {
		rows[k] = make([]float64, o.columns())
	}
	for i, parameter := range x {
		rows[i/o.columns()][i%o.columns()] = parameter
		rows[o.classes-1][i%o.columns()] -= parameter
	}
	return rows
}

// value returns the objective at x.
func (o objective) value(x []float64) float64 {
	var penalty, losses float64
	for _, row := range o.all(x) {
		for j, parameter := range row {
			penalty += o.penalties[j] * parameter * parameter
		}
	}
	for _, e := range o.examples {
		s := o.softmax(x, e.inputs)
		losses += s.top - s.scores[e.class] + math.Log1p(s.others)
	}
	return C*losses + 0.5*penalty
}

// derive returns the gradient and the Hessian at x.
func (o objective) derive(x []float64) (*mat.VecDense, *mat.SymDense) {
	gradient, hessian := mat.NewVecDense(len(x), nil), mat.NewSymDense(len(x), nil)
	last := o.all(x)[o.classes-1]
	for i, parameter := range x {
		j := i % o.columns()
		gradient.SetVec(i, o.penalties[j]*(parameter-last[j]))
		hessian.SetSym(i, i, 2*o.penalties[j])
		for other := i + o.columns(); other < len(x); other += o.columns() { // the same feature of the next classes
			hessian.SetSym(i, other, o.penalties[j])
		}
	}
	for _, e := range o.examples {
		s := o.softmax(x, e.inputs)
		addGradient(gradient, e, s)
		addHessian(hessian, e, s)
	}
	return gradient, hessian
}

func addGradient(gradient *mat.VecDense, e example, s softmax) {
	last := len(s.scores) - 1
	for i := range gradient.Len() {
		k, j := i/len(e.inputs), i%len(e.inputs)
		difference := s.residual(k, e.class) - s.residual(last, e.class)
		gradient.SetVec(i, gradient.AtVec(i)+C*difference*e.inputs[j])
	}
}

func addHessian(hessian *mat.SymDense, e example, s softmax) {
	last, columns := len(s.scores)-1, len(e.inputs)
	for k := range last {
		for l := k; l < last; l++ {
			slope := C * (s.slope(k, l) - s.slope(k, last) - s.slope(last, l) + s.slope(last, last))
			for a, input := range e.inputs {
				for b, other := range e.inputs {
					if i, j := k*columns+a, l*columns+b; i <= j {
						hessian.SetSym(i, j, hessian.At(i, j)+slope*input*other)
					}
				}
			}
		}
	}
}

// softmax has what the probabilities of the classes are computed from. Where classes are far apart, a
// probability is so near to 1 that a float64 cannot tell how near. So the rest is kept, too.
type softmax struct {
	scores []float64
	powers []float64 // exp(score - top)
	top    float64   // the highest score
	best   int       // index of the class with the highest score
	others float64   // sum of the powers without that of the best class, which is 1
}

func (o objective) softmax(x, inputs []float64) softmax {
	s := softmax{scores: make([]float64, o.classes), powers: make([]float64, o.classes)}
	last := o.classes - 1
	for k := range last {
		for j, input := range inputs {
			s.scores[k] += x[k*len(inputs)+j] * input
		}
		s.scores[last] -= s.scores[k]
	}
	s.top = s.scores[0]
	for k, score := range s.scores {
		if score > s.top {
			s.best, s.top = k, score
		}
	}
	for k, score := range s.scores {
		s.powers[k] = math.Exp(score - s.top)
		if k != s.best {
			s.others += s.powers[k]
		}
	}
	return s
}

// probability returns the probability of class k.
func (s softmax) probability(k int) float64 { return s.powers[k] / (1 + s.others) }

// rest returns 1 minus the probability of class k.
func (s softmax) rest(k int) float64 {
	if k == s.best {
		return s.others / (1 + s.others)
	}
	return 1 - s.probability(k)
}

// residual returns the probability of class k, minus 1 if it is the true class: predicted minus observed.
func (s softmax) residual(k, class int) float64 {
	if k == class {
		return -s.rest(k)
	}
	return s.probability(k)
}

// slope returns the derivative of class k's probability with respect to class l's score.
func (s softmax) slope(k, l int) float64 {
	if k == l {
		return s.probability(k) * s.rest(k)
	}
	return -s.probability(k) * s.probability(l)
}
