// Package classifier predicts the class of an item from its measurements, by multinomial logistic
// regression. The parameters come from a small JSON file, the artifact: one is embedded, and another
// one, in a file or in S3, can take its place while the enricher runs.
//
// A [Model] is one artifact's parameters, and predicts. A [Classifier] has the model that serves, and
// looks for newer ones. The package does not fit the parameters (tools/train does), and does not
// judge measurements: callers pass validated ones.
package classifier

import (
	_ "embed"
	"fmt"
	"math"
	"slices"

	"simple-sam-demo/shared/item"
)

//go:embed model.json
var embedded []byte

// Model is an immutable classifier, safe for concurrent use. Parse and Embedded make one.
type Model struct {
	version      string
	classes      []string
	coefficients []item.Measurements // one row a class, one column a feature; not scaled
	intercepts   []float64           // one a class
}

// Embedded returns the model that was compiled in. An error means that the repository's own
// model.json is broken.
func Embedded() (*Model, error) {
	m, err := Parse(embedded)
	if err != nil {
		return nil, fmt.Errorf("embedded model: %w (go run ./tools/train makes model.json anew from the data set)", err)
	}
	return m, nil
}

// Version returns the model's version, of the form that CheckVersion describes.
func (m *Model) Version() string { return m.version }

// Classes returns the classes that the model tells apart, in the artifact's order. The slice is the
// caller's own.
func (m *Model) Classes() []string { return slices.Clone(m.classes) }

// Predict returns the most probable class of an item and that class's probability, between
// 1/len(classes) and 1. The measurements are finite, in the units of item.Features. Of equally probable
// classes, the artifact's first wins. It does not allocate.
//
// Source: C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4.
func (m *Model) Predict(measurements item.Measurements) (class string, probability float64) {
	best, top := m.best(measurements)
	// The best class's own share of the sum is exp(top-top) = 1.
	return m.classes[best], 1 / m.total(measurements, top)
}

// Probabilities returns the probability of each class, in the artifact's order; they sum to 1. The
// measurements are those of Predict.
func (m *Model) Probabilities(measurements item.Measurements) []float64 {
	_, top := m.best(measurements)
	total := m.total(measurements, top)
	probabilities := make([]float64, len(m.classes))
	for class := range probabilities {
		probabilities[class] = math.Exp(m.score(class, measurements)-top) / total
	}
	return probabilities
}

// best returns the index of the class with the highest score, and that score.
func (m *Model) best(measurements item.Measurements) (best int, top float64) {
	top = m.score(0, measurements)
	for class := 1; class < len(m.classes); class++ {
		if score := m.score(class, measurements); score > top {
			best, top = class, score
		}
	}
	return best, top
}

// total returns the softmax's denominator, scaled by exp(-top). With the highest score subtracted
// no exponential overflows, and the sum is at least 1. The scores are computed anew rather than
// kept, because a slice of them would have to be allocated.
func (m *Model) total(measurements item.Measurements, top float64) float64 {
	var total float64
	for class := range m.classes {
		total += math.Exp(m.score(class, measurements) - top)
	}
	return total
}

// score returns a class's unnormalised log-probability.
func (m *Model) score(class int, measurements item.Measurements) float64 {
	score := m.intercepts[class]
	for i, coefficient := range m.coefficients[class] {
		score += coefficient * measurements[i]
	}
	return score
}
