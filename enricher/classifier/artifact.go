package classifier

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// MaxArtifactBytes is the longest artifact that Parse reads: 1 MiB, some thousand times the
// embedded one. A file of another kind, given by mistake, is refused before it is decoded.
const MaxArtifactBytes = 1 << 20

// maxParameter is far beyond any fitted parameter, yet so far below the largest float64 that no
// score, and no difference of two scores, can overflow with measurements up to 1e6 cm.
const maxParameter = 1e300

var features = []string{"sepal_length", "sepal_width", "petal_length", "petal_width"}

// artifact is the file as it stands. Numbers are pointers because encoding/json reads null into a
// float64 as 0, which would be a wrong parameter rather than an error.
type artifact struct {
	version      string
	features     []string
	classes      []string
	coefficients [][]*float64
	intercepts   []*float64
	trained      json.RawMessage
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
//	  "features": ["sepal_length", …],        the four, in this order
//	  "classes": ["setosa", …],               at least 2
//	  "coefficients": [[n, n, n, n], …],      one row a class, one column a feature
//	  "intercepts": [n, …],                   one a class
//	  "trained": {"source": "…", "objective": "…", "rows": n, "train_accuracy": n, "test_accuracy": n}
//	}
//
// Every field must be there once, and no other. The error says which field is wrong, and how.
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
		{"version", &a.version},
		{"features", &a.features},
		{"classes", &a.classes},
		{"coefficients", &a.coefficients},
		{"intercepts", &a.intercepts},
		{"trained", &a.trained},
	})
	if err != nil {
		return artifact{}, err
	}
	var t trained
	err = decodeObject(a.trained, []field{
		{"source", &t.source},
		{"objective", &t.objective},
		{"rows", &t.rows},
		{"train_accuracy", &t.trainAccuracy},
		{"test_accuracy", &t.testAccuracy},
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
	if !slices.Equal(a.features, features) {
		return nil, fmt.Errorf("features are %q, want %q", a.features, features)
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
		coefficients: make([][4]float64, len(a.classes)),
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
	return m, nil
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
