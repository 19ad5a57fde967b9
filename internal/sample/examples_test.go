package sample_test

import (
	"slices"
	"testing"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/sample"
)

func TestTheExamplesDifferAndAreOfDifferentClasses(t *testing.T) {
	rows := dataset.Rows()
	examples := sample.Examples()
	var classes []string
	for i, m := range examples {
		if err := m.Validate(); err != nil || slices.Contains(examples[:i], m) {
			t.Errorf("example %d is %v again, or is not valid: %v", i, m, err)
		}
		of := slices.IndexFunc(rows, func(row dataset.Row) bool { return row.Measurements == m })
		if of >= 0 && !slices.Contains(classes, rows[of].Class) {
			classes = append(classes, rows[of].Class)
		}
	}
	if want := min(len(examples), len(dataset.Classes(rows))); len(classes) != want {
		t.Errorf("the examples are of the classes %v, want %d classes", classes, want)
	}
	if examples[0] != sample.Example() {
		t.Errorf("the first one is %v, want %v", examples[0], sample.Example())
	}
}
