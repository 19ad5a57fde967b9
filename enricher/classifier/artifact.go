package classifier

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/jsonobject"
)

// MaxArtifactBytes is the longest artifact that Parse reads: 4 MiB, or more than ten forests of 1,000 trees
// for the iris. A file of another kind, given by mistake, is refused before it is decoded.
const MaxArtifactBytes = 4 << 20

// maxCommas limits how many values an artifact has, for memory: 2 million zeros for trees, in 4 MiB, took
// 143 MiB beside a large forest that serves, more than the smallest function has. With this limit it is
// 111 MiB at most. The numbers that scikit-learn fits are long: a forest of 10,000 trees for the iris has half
// a million commas.
const maxCommas = 1_000_000

// maxClassName is how many bytes the name of a class may have. It is stored with each item and is in the log line of each
// invocation. With one of half a million bytes, every write would be refused, and every item given up.
const maxClassName = 256

// maxParameter is far beyond any fitted parameter, yet so far below the largest float64 that no
// score, and no difference of two scores, can overflow with measurements up to 1e100. The test of
// item.Features allows no more.
const maxParameter = 1e150

// The kinds of model that an artifact can hold.
const (
	LogisticRegression = "logistic_regression" // also where an artifact names no kind
	RandomForest       = "random_forest"
	GradientBoosting   = "gradient_boosting"
)

// artifact is the file as it stands, without the fields that only one kind has.
type artifact struct {
	kind     string
	version  string
	features []string
	classes  []string
	trained  json.RawMessage
}

// trained says how the parameters came about. It is for people: nothing computes with it.
type trained struct {
	source, objective           string
	rows                        int
	trainAccuracy, testAccuracy float64 // shares of rows, 0 to 1
}

// parameters are the fields of one kind of artifact.
type parameters interface {
	fields() []field
	// family checks the parameters, and returns what predicts with them.
	family(classes []string) (family, error)
}

// Parse reads an artifact, a JSON object:
//
//	{
//	  "version": "2026-11-23.01",             as CheckVersion wants it
//	  "kind": "random_forest",                or another kind; without it, logistic_regression
//	  "features": ["…", …],                   the names of item.Features, in their order
//	  "classes": ["…", …],                    at least 2, all different, of 1 to 256 bytes
//	  …                                       the parameters of the kind, see below
//	  "trained": {"source": "…", "objective": "…", "rows": n, "train_accuracy": n, "test_accuracy": n}
//	}
//
// A logistic_regression has:
//
//	"scaling": {"means": [n, …], "deviations": [n, …]},   one each a feature; may be left out
//	"coefficients": [[n, …], …],            one row a class, one column a feature
//	"intercepts": [n, …],                   one a class
//
// With a scaling, the coefficients are those of (measurement - mean) / deviation, and each deviation is
// over 0. The ensembles of trees have:
//
//	"trees": [{"features": [n, …], "thresholds": [n, …], "leaves": […]}, …]
//	"initial": [n, …],                      only gradient_boosting: the scores before the first tree
//
// The nodes of a tree stand in its list of features in preorder: a node, then the nodes to its left, then
// those to its right. The number is the index of the feature that the node splits by, or -1 for a leaf.
// Left is where the feature is at most the threshold. There is one threshold for each split and one leaf for
// each -1, in the same order. A leaf of a forest is the list of the classes' probabilities, and a leaf of
// gradient boosting is what it adds to a score. In gradient boosting, each stage has one tree for each
// class, in their order. With two classes it has one tree only, for the score of the second class, and
// the first one's is 0.
//
// Every field must be there once, and no more. The error says which field is wrong, and how.
func Parse(data []byte) (*Model, error) {
	if len(data) > MaxArtifactBytes {
		return nil, fmt.Errorf("model artifact: longer than %d bytes", MaxArtifactBytes)
	}
	if n := bytes.Count(data, []byte{','}); n > maxCommas {
		return nil, fmt.Errorf("model artifact: %d commas, want at most %d: it has too many values", n, maxCommas)
	}
	m, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("model artifact: %w", err)
	}
	return m, nil
}

func decode(data []byte) (*Model, error) {
	found, err := jsonobject.Fields(data)
	if err != nil {
		return nil, err
	}
	var a artifact
	p, err := a.parameters(found)
	if err != nil {
		return nil, err
	}
	err = decodeFields(found, append(p.fields(),
		field{name: "version", target: &a.version},
		field{name: "kind", target: &a.kind, optional: true},
		field{name: "features", target: &a.features},
		field{name: "classes", target: &a.classes},
		field{name: "trained", target: &a.trained},
	))
	if err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	predicts, err := p.family(a.classes)
	if err != nil {
		return nil, err
	}
	return &Model{version: a.version, classes: a.classes, family: predicts}, nil
}

// parameters returns those of the artifact's kind, to be decoded.
func (a *artifact) parameters(found []jsonobject.Field) (parameters, error) {
	for _, f := range found {
		if f.Name == "kind" {
			if err := decodeField(f, []field{{name: "kind", target: &a.kind}}); err != nil {
				return nil, err
			}
		}
	}
	switch a.kind {
	case "", LogisticRegression:
		return &regressionParameters{}, nil
	case RandomForest:
		return &ensembleParameters{}, nil
	case GradientBoosting:
		return &ensembleParameters{boosted: true}, nil
	default:
		return nil, fmt.Errorf("kind is %q, want %s, %s or %s", a.kind, LogisticRegression, RandomForest, GradientBoosting)
	}
}

// check checks what the types cannot say of the fields that every kind has.
func (a *artifact) check() error {
	var t trained
	err := decodeObject(a.trained, []field{
		{name: "source", target: &t.source},
		{name: "objective", target: &t.objective},
		{name: "rows", target: &t.rows},
		{name: "train_accuracy", target: &t.trainAccuracy},
		{name: "test_accuracy", target: &t.testAccuracy},
	})
	if err != nil {
		return fmt.Errorf("trained: %w", err)
	}
	if err := CheckVersion(a.version); err != nil {
		return err
	}
	if err := checkFeatures(a.features); err != nil {
		return err
	}
	return checkClasses(a.classes)
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

func checkClasses(classes []string) error {
	if len(classes) < 2 {
		return fmt.Errorf("%d classes, want at least 2", len(classes))
	}
	seen := make(map[string]bool, len(classes)) // an artifact may hold 100,000
	for i, class := range classes {
		if class == "" {
			return fmt.Errorf("class %d is empty", i)
		}
		if len(class) > maxClassName {
			return fmt.Errorf("class %d has %d bytes, want at most %d", i, len(class), maxClassName)
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
