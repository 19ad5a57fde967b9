package main

import "math/big"

// scaling says how each feature is scaled: its mean is subtracted, and the rest is divided by its deviation.
type scaling struct {
	means, deviations []float64
}

// standardize returns the scaling that gives each feature of the examples the mean 0 and the deviation 1, as
// scikit-learn's StandardScaler does. The deviation is the population's: its square is the mean of the
// squared differences. A feature that is always the same has the deviation 1.
// https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html
//
// It computes exactly, and rounds once. So the numbers are the same on every machine, to the last bit.
func standardize(examples []example) scaling {
	features := len(examples[0].inputs)
	s := scaling{make([]float64, features), make([]float64, features)}
	count := exact(float64(len(examples)))
	for j := range features {
		mean, variance := exact(0), exact(0)
		for _, e := range examples {
			mean.Add(mean, exact(e.inputs[j]))
		}
		mean.Quo(mean, count)
		for _, e := range examples {
			difference := exact(e.inputs[j])
			difference.Sub(difference, mean)
			variance.Add(variance, difference.Mul(difference, difference))
		}
		variance.Quo(variance, count)
		s.means[j], _ = mean.Float64()
		s.deviations[j], _ = variance.Sqrt(variance).Float64()
		if s.deviations[j] == 0 {
			s.deviations[j] = 1
		}
	}
	return s
}

// exact returns the number with so many bits that the sums of all numbers up to 1e100, and of their
// squares, lose none. shared/item allows no larger numbers.
func exact(number float64) *big.Float { return new(big.Float).SetPrec(4096).SetFloat64(number) }

// apply scales one row.
func (s scaling) apply(row []float64) []float64 {
	scaled := make([]float64, len(row))
	for j, number := range row {
		scaled[j] = (number - s.means[j]) / s.deviations[j]
	}
	return scaled
}

// undo changes the parameters of a class from those of scaled measurements to those of the measurements.
func (s scaling) undo(parameters []float64) {
	intercept := &parameters[len(s.means)]
	for j, deviation := range s.deviations {
		parameters[j] /= deviation
		*intercept -= parameters[j] * s.means[j]
	}
}
