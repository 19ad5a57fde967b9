package classifier

import (
	"encoding/json"
	"fmt"
	"math"

	"simple-sam-demo/shared/item"
)

// regressionParameters are those of a logistic regression, as they stand in the artifact. Numbers are
// pointers because encoding/json reads null into a float64 as 0, which would be a wrong parameter rather
// than an error.
type regressionParameters struct {
	coefficients [][]*float64
	intercepts   []*float64
	scaling      json.RawMessage // nil if there is none
}

// scaling says how each measurement is scaled before it is multiplied by its coefficient: the mean is
// subtracted, and the rest is divided by the deviation.
type scaling struct {
	means, deviations []*float64
}

func (p *regressionParameters) fields() []field {
	return []field{
		{name: "scaling", target: &p.scaling, optional: true},
		{name: "coefficients", target: &p.coefficients},
		{name: "intercepts", target: &p.intercepts},
	}
}

func (p *regressionParameters) family(classes []string) (family, error) {
	if len(p.coefficients) != len(classes) {
		return nil, fmt.Errorf("%d rows of coefficients for %d classes", len(p.coefficients), len(classes))
	}
	r := &regression{coefficients: make([]item.Measurements, len(classes)), intercepts: make([]float64, len(classes))}
	for class, row := range p.coefficients {
		if err := copyNumbers(r.coefficients[class][:], row); err != nil {
			return nil, fmt.Errorf("coefficients of %s: %w", classes[class], err)
		}
	}
	if err := copyNumbers(r.intercepts, p.intercepts); err != nil {
		return nil, fmt.Errorf("intercepts: %w", err)
	}
	if p.scaling != nil {
		if err := r.scale(p.scaling, classes); err != nil {
			return nil, fmt.Errorf("scaling: %w", err)
		}
	}
	return r, nil
}

// scale changes the coefficients and intercepts from those of scaled measurements to those of the
// measurements themselves, so that Predict need not scale anything:
//
//	c*(x-mean)/deviation = (c/deviation)*x - c*mean/deviation
func (r *regression) scale(data json.RawMessage, classes []string) error {
	var s scaling
	err := decodeObject(data, []field{{name: "means", target: &s.means}, {name: "deviations", target: &s.deviations}})
	if err != nil {
		return err
	}
	var means, deviations item.Measurements
	if err := copyNumbers(means[:], s.means); err != nil {
		return fmt.Errorf("means: %w", err)
	}
	if err := copyNumbers(deviations[:], s.deviations); err != nil {
		return fmt.Errorf("deviations: %w", err)
	}
	for i, deviation := range deviations {
		if deviation <= 0 {
			return fmt.Errorf("deviations: number %d is %g, want over 0", i, deviation)
		}
	}
	for class := range r.coefficients {
		for i := range r.coefficients[class] {
			c := r.coefficients[class][i] / deviations[i]
			r.coefficients[class][i] = c
			r.intercepts[class] -= c * means[i]
			if !(math.Abs(c) <= maxParameter && math.Abs(r.intercepts[class]) <= maxParameter) { // also not for NaN
				return fmt.Errorf("the mean %g and the deviation %g of %s take the parameters of %s beyond ±%g",
					means[i], deviations[i], item.Features[i].Name, classes[class], maxParameter)
			}
		}
	}
	return nil
}

// regression is a multinomial logistic regression.
//
// Source: C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4.
type regression struct {
	coefficients []item.Measurements // one row a class, one column a feature; not scaled
	intercepts   []float64           // one a class
}

func (r *regression) predict(measurements item.Measurements) (class int, probability float64) {
	best, top := r.best(measurements)
	// The best class's own share of the sum is exp(top-top) = 1.
	return best, 1 / r.total(measurements, top)
}

func (r *regression) probabilities(measurements item.Measurements) []float64 {
	_, top := r.best(measurements)
	total := r.total(measurements, top)
	probabilities := make([]float64, len(r.intercepts))
	for class := range probabilities {
		probabilities[class] = math.Exp(r.score(class, measurements)-top) / total
	}
	return probabilities
}

// best returns the index of the class with the highest score, and that score.
func (r *regression) best(measurements item.Measurements) (best int, top float64) {
	top = r.score(0, measurements)
	for class := 1; class < len(r.intercepts); class++ {
		if score := r.score(class, measurements); score > top {
			best, top = class, score
		}
	}
	return best, top
}

// total returns the softmax's denominator, scaled by exp(-top). With the highest score subtracted
// no exponential overflows, and the sum is at least 1. The scores are computed anew rather than
// kept, because a slice of them would have to be allocated.
func (r *regression) total(measurements item.Measurements, top float64) float64 {
	var total float64
	for class := range r.intercepts {
		total += math.Exp(r.score(class, measurements) - top)
	}
	return total
}

// score returns a class's unnormalised log-probability.
func (r *regression) score(class int, measurements item.Measurements) float64 {
	score := r.intercepts[class]
	for i, coefficient := range r.coefficients[class] {
		score += coefficient * measurements[i]
	}
	return score
}
