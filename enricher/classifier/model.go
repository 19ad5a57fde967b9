// Package classifier predicts the species of an iris flower from its four measurements, by
// multinomial logistic regression. The parameters come from a small JSON file, the artifact: one is
// embedded, and another one, in a file or in S3, can take its place while the enricher runs.
//
// A [Model] is one artifact's parameters, and predicts. A [Classifier] has the model that serves, and
// looks for newer ones. The package does not fit the parameters (tools/train does), and does not
// judge measurements: callers pass validated ones.
package classifier

import (
	_ "embed"
	"fmt"
	"math"
)

//go:embed iris.json
var embedded []byte

// Model is an immutable classifier, safe for concurrent use. Parse and Embedded make one.
type Model struct {
	version      string
	classes      []string
	coefficients [][4]float64 // one row a class, one column a feature
	intercepts   []float64    // one a class
}

// Embedded returns the model that was compiled in. An error means that the repository's own
// iris.json is broken.
func Embedded() (*Model, error) {
	m, err := Parse(embedded)
	if err != nil {
		return nil, fmt.Errorf("embedded model: %w", err)
	}
	return m, nil
}

// Version returns the model's version, of the form that CheckVersion describes.
func (m *Model) Version() string { return m.version }

// Predict returns the most probable class of a flower and that class's probability, between
// 1/len(classes) and 1. The features are finite numbers in cm: sepal length, sepal width, petal
// length, petal width. Of equally probable classes, the artifact's first wins. It does not allocate.
//
// Source: C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4.
func (m *Model) Predict(features [4]float64) (class string, probability float64) {
	best, top := m.best(features)
	// The best class's own share of the sum is exp(top-top) = 1.
	return m.classes[best], 1 / m.total(features, top)
}

// Probabilities returns the probability of each class, in the artifact's order; they sum to 1. The
// features are those of Predict.
func (m *Model) Probabilities(features [4]float64) []float64 {
	_, top := m.best(features)
	total := m.total(features, top)
	probabilities := make([]float64, len(m.classes))
	for class := range probabilities {
		probabilities[class] = math.Exp(m.score(class, features)-top) / total
	}
	return probabilities
}

// best returns the index of the class with the highest score, and that score.
func (m *Model) best(features [4]float64) (best int, top float64) {
	top = m.score(0, features)
	for class := 1; class < len(m.classes); class++ {
		if score := m.score(class, features); score > top {
			best, top = class, score
		}
	}
	return best, top
}

// total returns the softmax's denominator, scaled by exp(-top). With the highest score subtracted
// no exponential overflows, and the sum is at least 1. The scores are computed anew rather than
// kept, because a slice of them would have to be allocated.
func (m *Model) total(features [4]float64, top float64) float64 {
	var total float64
	for class := range m.classes {
		total += math.Exp(m.score(class, features) - top)
	}
	return total
}

// score returns a class's unnormalised log-probability.
func (m *Model) score(class int, features [4]float64) float64 {
	score := m.intercepts[class]
	for i, coefficient := range m.coefficients[class] {
		score += coefficient * features[i]
	}
	return score
}
