package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
)

// reference is testdata/reference_model.json, the model that scikit-learn 1.2.1 fitted to the same flowers.
// scikit-learn stopped shortly before the optimum: up to 2e-4 away in a coefficient and 7e-4 in an intercept.
type reference struct {
	Classes       []string     `json:"classes"`
	Coefficients  [][4]float64 `json:"coef"`
	Intercepts    []float64    `json:"intercept"`
	TrainAccuracy float64      `json:"train_accuracy"`
	TestAccuracy  float64      `json:"test_accuracy"`
	TestRight     int          `json:"test_rows_correct"`
	AllRight      int          `json:"all_rows_correct"`
}

func setup(t *testing.T) (artifact, reference) {
	t.Helper()
	data, err := os.ReadFile("testdata/reference_model.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	a, err := fitArtifact("2026-11-23.01", dataset.Flowers())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.classes, ref.Classes) || len(a.parameters) != len(ref.Coefficients) {
		t.Fatalf("classes %q with %d rows, want %q", a.classes, len(a.parameters), ref.Classes)
	}
	return a, ref
}

func parse(t *testing.T, a artifact) *classifier.Model {
	t.Helper()
	m, err := classifier.Parse(a.encode())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFitReachesReferenceParameters(t *testing.T) {
	a, ref := setup(t)
	var coefficients, intercepts float64 // largest deviations
	for k, row := range a.parameters {
		for j, want := range ref.Coefficients[k] {
			coefficients = max(coefficients, math.Abs(row[j]-want))
		}
		intercepts = max(intercepts, math.Abs(row[columns-1]-ref.Intercepts[k]))
	}
	if !(coefficients <= 5e-4) || !(intercepts <= 2e-3) {
		t.Errorf("off by %.2g in a coefficient, by %.2g in an intercept", coefficients, intercepts)
	}
	t.Logf("largest deviations: coefficient %.2g, intercept %.2g", coefficients, intercepts)
}

func TestFitAnswersAsReference(t *testing.T) {
	grid, err := os.ReadFile("../../enricher/classifier/testdata/grid.csv")
	if err != nil {
		t.Fatal(err)
	}
	points, err := dataset.Read(bytes.NewReader(grid))
	if err != nil {
		t.Fatal(err)
	}
	points = append(points, dataset.Flowers()...)
	if len(points) != 3150 {
		t.Fatalf("%d points, want 3000 and 150", len(points))
	}
	a, _ := setup(t)
	m := parse(t, a)
	worst := 0.0
	for _, p := range points {
		if class, _ := m.Predict(p.Measurements); class != p.PredTarget {
			t.Errorf("%v: %s, want %s", p.Measurements, class, p.PredTarget)
		}
		for k, got := range m.Probabilities(p.Measurements) {
			worst = max(worst, math.Abs(got-p.Probabilities[k]))
		}
	}
	if !(worst <= 5e-4) {
		t.Errorf("a probability is off by %.2g", worst)
	}
	t.Logf("largest deviation of a probability: %.2g", worst)
}

func TestFitIsAsAccurateAsReference(t *testing.T) {
	a, ref := setup(t)
	c := evaluate(parse(t, a), a.classes, dataset.Flowers())
	if c.train.share() != ref.TrainAccuracy || c.test.share() != ref.TestAccuracy {
		t.Errorf("accuracies %v and %v, want %v and %v", c.train.share(), c.test.share(), ref.TrainAccuracy, ref.TestAccuracy)
	}
	if c.test.right != ref.TestRight || c.train.right+c.test.right != ref.AllRight {
		t.Errorf("%+v and %+v right, want %d of test, %d in all", c.train, c.test, ref.TestRight, ref.AllRight)
	}
}

// Adding the same numbers in another order rounds differently, and so does another processor. The bytes of
// the artifact must not show it.
func TestRoundingHidesTheOrderOfSums(t *testing.T) {
	a, _ := setup(t)
	flowers := dataset.Flowers()
	slices.Reverse(flowers)
	reversed, err := fitArtifact(a.version, flowers)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(a.parameters, reversed.parameters) {
		t.Fatal("the order makes no difference even before rounding: the test proves nothing")
	}
	if !bytes.Equal(a.encode(), reversed.encode()) {
		t.Errorf("artifacts differ:\n%s\n%s", a.encode(), reversed.encode())
	}
}

func TestFitSaysWhenItFindsNoOptimum(t *testing.T) {
	nan := []example{{inputs: [columns]float64{math.NaN(), 1, 1, 1, 1}}}
	if _, err := fit(nan, 2); err == nil {
		t.Error("no error")
	}
}
