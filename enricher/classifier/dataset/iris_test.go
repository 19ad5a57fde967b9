package dataset_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/shared/item"
)

func TestTheFlowersAreFishers(t *testing.T) {
	rows := dataset.Rows()
	if len(rows) != 150 {
		t.Fatalf("%d flowers, want 150", len(rows))
	}
	got := map[string][2]int{} // species to flowers of it, and how many are marked train
	right := 0
	for i, row := range rows {
		n := got[row.Class]
		n[0]++
		if row.Train {
			n[1]++
		}
		got[row.Class] = n
		if row.PredTarget == row.Class {
			right++
		}
		for _, cm := range row.Measurements {
			if !(cm > 0 && cm < 10) {
				t.Errorf("flower %d: measurement %g cm", i, cm)
			}
		}
	}
	want := map[string][2]int{"setosa": {50, 31}, "versicolor": {50, 37}, "virginica": {50, 37}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flowers and training flowers by species (-want +got):\n%s", diff)
	}
	if right != 146 {
		t.Errorf("the reference model is right on %d flowers, want 146", right)
	}
	first := dataset.Row{
		Measurements:  item.Measurements{5.1, 3.5, 1.4, 0.2},
		Class:         "setosa",
		Train:         true,
		PredTarget:    "setosa",
		Probabilities: map[string]float64{"setosa": 0.973104995345, "versicolor": 0.026894868757, "virginica": 0.000000135897},
	}
	if diff := cmp.Diff(first, rows[0]); diff != "" {
		t.Errorf("first flower (-want +got):\n%s", diff)
	}
}
