package main

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier/dataset"
)

// reference is the model that scikit-learn 1.2.1 fitted to the same flowers. It stopped shortly before the
// optimum: up to 2e-4 away in a coefficient and 7e-4 in an intercept.
type reference struct {
	Classes       []string     `json:"classes"`
	Coefficients  [][4]float64 `json:"coef"`
	Intercepts    []float64    `json:"intercept"`
	TrainAccuracy float64      `json:"train_accuracy"`
	TestAccuracy  float64      `json:"test_accuracy"`
	TestRight     int          `json:"test_rows_correct"`
	AllRight      int          `json:"all_rows_correct"`
}

func fitFlowers(t *testing.T) (artifact, reference) {
	t.Helper()
	data, err := os.ReadFile("../../enricher/classifier/dataset/reference_model.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	a, err := fitArtifact("2026-11-23.01", dataset.Rows(), false)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.classes, ref.Classes) || len(a.parameters) != len(ref.Coefficients) {
		t.Fatalf("classes %q with %d rows, want %q", a.classes, len(a.parameters), ref.Classes)
	}
	return a, ref
}

func TestFitReachesReferenceParameters(t *testing.T) {
	a, ref := fitFlowers(t)
	var coefficients, intercepts float64 // largest deviations
	for k, row := range a.parameters {
		for j, want := range ref.Coefficients[k] {
			coefficients = max(coefficients, math.Abs(row[j]-want))
		}
		intercepts = max(intercepts, math.Abs(row[len(row)-1]-ref.Intercepts[k]))
	}
	if !(coefficients <= 5e-4) || !(intercepts <= 2e-3) {
		t.Errorf("off by %.2g in a coefficient, by %.2g in an intercept", coefficients, intercepts)
	}
	t.Logf("largest deviations: coefficient %.2g, intercept %.2g", coefficients, intercepts)
}

func TestFitAnswersAsReference(t *testing.T) {
	grid, err := os.Open("../../enricher/classifier/dataset/points.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer grid.Close()
	points, err := dataset.Read(grid)
	if err != nil {
		t.Fatal(err)
	}
	points = append(points, dataset.Rows()...)
	if len(points) != 3150 {
		t.Fatalf("%d points, want 3000 and 150", len(points))
	}
	a, _ := fitFlowers(t)
	m := parse(t, a)
	worst := 0.0
	for _, p := range points {
		if class, _ := m.Predict(p.Measurements); class != p.PredTarget {
			t.Errorf("%v: %s, want %s", p.Measurements, class, p.PredTarget)
		}
		for k, got := range m.Probabilities(p.Measurements) {
			worst = max(worst, math.Abs(got-p.Probabilities[a.classes[k]]))
		}
	}
	if !(worst <= 5e-4) {
		t.Errorf("a probability is off by %.2g", worst)
	}
	t.Logf("largest deviation of a probability: %.2g", worst)
}

func TestFitIsAsAccurateAsReference(t *testing.T) {
	a, ref := fitFlowers(t)
	c := evaluate(parse(t, a), a.classes, dataset.Rows())
	if c.train.share() != ref.TrainAccuracy || c.test.share() != ref.TestAccuracy {
		t.Errorf("accuracies %v and %v, want %v and %v", c.train.share(), c.test.share(), ref.TrainAccuracy, ref.TestAccuracy)
	}
	if c.test.right != ref.TestRight || c.train.right+c.test.right != ref.AllRight {
		t.Errorf("%+v and %+v right, want %d of test, %d in all", c.train, c.test, ref.TestRight, ref.AllRight)
	}
}

func TestReportOfTheFlowers(t *testing.T) {
	const want = `train accuracy  0.9619 (101 of 105)
test accuracy   1.0000 (45 of 45)
all rows        0.9733 (146 of 150)

class \ predicted             setosa  versicolor   virginica
setosa                            50           0           0
versicolor                         0          47           3
virginica                          0           1          49
`
	_, report := runTrain(t, "-o", "-")
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
