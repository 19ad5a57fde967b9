package classifier_test

import (
	"fmt"
	"math"
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
	if diff := cmp.Diff([]string{"setosa", "versicolor", "virginica"}, m.Classes()); diff != "" || m.Version() != "2026-11-23.01" {
		t.Errorf("version %s, classes (-want +got):\n%s", m.Version(), diff)
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
