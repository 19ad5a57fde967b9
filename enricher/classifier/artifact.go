package classifier

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"simple-sam-demo/shared/item"
)

// MaxArtifactBytes is the longest artifact that Parse reads: 1 MiB, some thousand times the
// embedded one. A file of another kind, given by mistake, is refused before it is decoded.
const MaxArtifactBytes = 1 << 20

// maxParameter is far beyond any fitted parameter, yet so far below the largest float64 that no
// score, and no difference of two scores, can overflow with measurements up to 1e100. The test of
// item.Features allows no more.
const maxParameter = 1e150

// artifact is the file as it stands. Numbers are pointers because encoding/json reads null into a
// float64 as 0, which would be a wrong parameter rather than an error.
type artifact struct {
	version      string
	features     []string
	classes      []string
	coefficients [][]*float64
	intercepts   []*float64
	scaling      json.RawMessage // nil if there is none
	trained      json.RawMessage
}

// scaling says how each measurement is scaled before it is multiplied by its coefficient: the mean is
// subtracted, and the rest is divided by the deviation.
type scaling struct {
	means, deviations []*float64
}

// trained says how the parameters came about. It is for people: nothing computes with it.
type trained struct {
	source, objective           string
	rows                        int
	trainAccuracy, testAccuracy float64 // shares of rows, 0 to 1
}

// Parse reads an artifact, a JSON object:
//
//	{
//	  "version": "2026-11-23.01",             as CheckVersion wants it
//	  "features": ["…", …],                   the names of item.Features, in their order
//	  "classes": ["…", …],                    at least 2, and all different
//	  "scaling": {"means": [n, …], "deviations": [n, …]},   one each a feature; may be left out
//	  "coefficients": [[n, …], …],            one row a class, one column a feature
//	  "intercepts": [n, …],                   one a class
//	  "trained": {"source": "…", "objective": "…", "rows": n, "train_accuracy": n, "test_accuracy": n}
//	}
//
// With a scaling, the coefficients are those of (measurement - mean) / deviation, and each deviation is
// over 0. Every other field must be there once, and no more. The error says which field is wrong, and how.
func Parse(data []byte) (*Model, error) {
	if len(data) > MaxArtifactBytes {
		return nil, fmt.Errorf("model artifact: longer than %d bytes", MaxArtifactBytes)
	}
	a, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("model artifact: %w", err)
	}
	m, err := a.model()
	if err != nil {
		return nil, fmt.Errorf("model artifact: %w", err)
	}
	return m, nil
}

func decode(data []byte) (artifact, error) {
	var a artifact
	err := decodeObject(data, []field{
		{name: "version", target: &a.version},
		{name: "features", target: &a.features},
		{name: "classes", target: &a.classes},
		{name: "scaling", target: &a.scaling, optional: true},
		{name: "coefficients", target: &a.coefficients},
		{name: "intercepts", target: &a.intercepts},
		{name: "trained", target: &a.trained},
	})
	if err != nil {
		return artifact{}, err
	}
	var t trained
	err = decodeObject(a.trained, []field{
		{name: "source", target: &t.source},
		{name: "objective", target: &t.objective},
		{name: "rows", target: &t.rows},
		{name: "train_accuracy", target: &t.trainAccuracy},
		{name: "test_accuracy", target: &t.testAccuracy},
	})
	if err != nil {
		return artifact{}, fmt.Errorf("trained: %w", err)
	}
	return a, nil
}

// model checks what the types cannot say, and builds the Model.
func (a artifact) model() (*Model, error) {
	if err := CheckVersion(a.version); err != nil {
		return nil, err
	}
	if err := checkFeatures(a.features); err != nil {
		return nil, err
	}
	if err := checkClasses(a.classes); err != nil {
		return nil, err
	}
	if len(a.coefficients) != len(a.classes) {
		return nil, fmt.Errorf("%d rows of coefficients for %d classes", len(a.coefficients), len(a.classes))
	}
	m := &Model{
		version:      a.version,
		classes:      a.classes,
		coefficients: make([]item.Measurements, len(a.classes)),
		intercepts:   make([]float64, len(a.classes)),
	}
	for class, row := range a.coefficients {
		if err := copyNumbers(m.coefficients[class][:], row); err != nil {
			return nil, fmt.Errorf("coefficients of %s: %w", a.classes[class], err)
		}
	}
	if err := copyNumbers(m.intercepts, a.intercepts); err != nil {
		return nil, fmt.Errorf("intercepts: %w", err)
	}
	if a.scaling != nil {
		if err := m.scale(a.scaling); err != nil {
			return nil, fmt.Errorf("scaling: %w", err)
		}
	}
	return m, nil
}

func checkFeatures(names []string) error {
	var want []string
	for _, feature := range item.Features {
		want = append(want, feature.Name)
	}
	if !slices.Equal(names, want) {
		return fmt.Errorf("features are %q, want %q", names, want)
	}
	return nil
}

// scale changes the coefficients and intercepts from those of scaled measurements to those of the
// measurements themselves, so that Predict need not scale anything:
//
//	c*(x-mean)/deviation = (c/deviation)*x - c*mean/deviation
func (m *Model) scale(data json.RawMessage) error {
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
	for class := range m.coefficients {
		for i := range m.coefficients[class] {
			c := m.coefficients[class][i] / deviations[i]
			m.coefficients[class][i] = c
			m.intercepts[class] -= c * means[i]
			if !(math.Abs(c) <= maxParameter && math.Abs(m.intercepts[class]) <= maxParameter) { // also not for NaN
				return fmt.Errorf("the mean %g and the deviation %g of %s take the parameters of %s beyond ±%g",
					means[i], deviations[i], item.Features[i].Name, m.classes[class], maxParameter)
			}
		}
	}
	return nil
}

func checkClasses(classes []string) error {
	if len(classes) < 2 {
		return fmt.Errorf("%d classes, want at least 2", len(classes))
	}
	seen := make(map[string]bool, len(classes)) // an artifact may hold 100,000
	for i, class := range classes {
		if class == "" {
			return fmt.Errorf("class %d is empty", i)
		}
		if seen[class] {
			return fmt.Errorf("class %q appears twice", class)
		}
		seen[class] = true
	}
	return nil
}

// copyNumbers fills dst from src, which must be as long, with usable numbers. JSON has no NaN and
// no infinity, and encoding/json refuses 1e999, so what is left to refuse is null and the absurd.
func copyNumbers(dst []float64, src []*float64) error {
	if len(src) != len(dst) {
		return fmt.Errorf("%d numbers, want %d", len(src), len(dst))
	}
	for i, number := range src {
		if number == nil {
			return fmt.Errorf("number %d is null", i)
		}
		if math.Abs(*number) > maxParameter {
			return fmt.Errorf("number %d is %g, beyond ±%g", i, *number, maxParameter)
		}
		dst[i] = *number
	}
	return nil
}
