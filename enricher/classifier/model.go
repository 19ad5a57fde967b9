// Package classifier predicts the class of an item from its measurements: by multinomial logistic
// regression, or by an ensemble of decision trees. The parameters come from a JSON file, the artifact: a
// small one is embedded, and another one, in a file or in S3, can take its place while the enricher runs.
//
// A [Model] is one artifact's parameters, and predicts; regression.go and ensemble.go have the kinds. A
// [Classifier] has the model that serves, and looks for newer ones. The package does not fit the parameters
// (tools/train does, and tools/export takes them from scikit-learn), and does not judge measurements: callers
// pass validated ones.
package classifier

import (
	_ "embed"
	"fmt"
	"slices"

	"simple-sam-demo/shared/item"
)

//go:embed model.json
var embedded []byte

// Model is an immutable classifier, safe for concurrent use. Parse and Embedded make one.
type Model struct {
	version string
	classes []string
	family  family
}

// family predicts with the parameters of one kind of model. Classes are indices.
type family interface {
	predict(item.Measurements) (class int, probability float64)
	probabilities(item.Measurements) []float64
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
func (m *Model) Predict(measurements item.Measurements) (class string, probability float64) {
	best, probability := m.family.predict(measurements)
	return m.classes[best], probability
}

// Probabilities returns the probability of each class, in the artifact's order; they sum to 1. The
// measurements are those of Predict.
func (m *Model) Probabilities(measurements item.Measurements) []float64 {
	return m.family.probabilities(measurements)
}
