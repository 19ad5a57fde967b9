package classifier_test

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/shared/item"
)

func ExampleModel_Predict() {
	m, err := classifier.Embedded()
	if err != nil {
		panic(err)
	}
	species, probability := m.Predict(item.Measurements{5.1, 3.5, 1.4, 0.2}) // cm
	fmt.Printf("%s %.2f\n", species, probability)
	// Output: setosa 0.97
}

func TestTheReferenceIsOf150FlowersAnd3000Points(t *testing.T) {
	if flowers, points := len(dataset.Rows()), len(points(t)); flowers != 150 || points != 3000 {
		t.Errorf("%d flowers and %d points, want 150 and 3000", flowers, points)
	}
	if !dataset.Rows()[0].HasReference() {
		t.Error("the flowers have no reference")
	}
}

func TestTheEmbeddedModelIsTheOneOfTheIris(t *testing.T) {
	m := embedded(t)
	if diff := cmp.Diff([]string{"setosa", "versicolor", "virginica"}, m.Classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	for _, flower := range []struct {
		measurements item.Measurements
		class        string
		probability  float64
	}{ // as scikit-learn has them
		{item.Measurements{5.1, 3.5, 1.4, 0.2}, "setosa", 0.9731},
		{item.Measurements{4.6, 2.95, 7.34, 0.31}, "virginica", 0.9846},
	} {
		class, probability := m.Predict(flower.measurements)
		if class != flower.class || math.Abs(probability-flower.probability) > tolerance {
			t.Errorf("%v is a %s with %.4f, want %s with %.4f", flower.measurements, class, probability, flower.class, flower.probability)
		}
	}
	right := 0
	for _, row := range dataset.Rows() {
		if class, _ := m.Predict(row.Measurements); class == row.Class {
			right++
		}
	}
	if right != 146 {
		t.Errorf("the model is right on %d of 150 flowers, want 146", right)
	}
}

// tools/export/agreement.py has written these files. In half of the points there are measurements that equal
// a threshold, or are next to it. Without the rounding of the measurements, the test fails.
func TestEnsemblesAgreeWithScikitLearnOn5000Points(t *testing.T) {
	rows := agreement(t)
	if len(rows) != 5001 {
		t.Fatalf("%d rows, want 5000 and the names", len(rows))
	}
	for _, name := range []string{"forest", "boosting"} {
		artifact, err := os.ReadFile("testdata/ensembles/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		m := parsed(t, string(artifact))
		for _, row := range rows[1:] {
			var measurements item.Measurements
			for f := range measurements {
				measurements[f] = number(t, row[f])
			}
			for class, got := range m.Probabilities(measurements) {
				column := len(measurements) + class
				for !strings.HasPrefix(rows[0][column], name) {
					column += len(m.Classes())
				}
				if want := number(t, row[column]); math.Abs(got-want) > 1e-9 {
					t.Fatalf("%s at %v: %s is %v, want %v", name, measurements, rows[0][column], got, want)
				}
			}
		}
	}
}

func agreement(t *testing.T) [][]string {
	t.Helper()
	file, err := os.Open("testdata/ensembles/points.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
