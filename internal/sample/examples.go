package sample

import (
	"slices"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/shared/item"
)

// Examples returns four different items to show: the first of each class in the data set, in the order of
// its rows. If there are fewer classes, other rows follow, and made-up items if there are fewer rows.
func Examples() (examples [4]item.Measurements) {
	var found []item.Measurements
	take := func(m item.Measurements) (isNew bool) {
		isNew = !slices.Contains(found, m)
		if isNew {
			found = append(found, m)
		}
		return isNew
	}
	classes := map[string]bool{}
	for _, row := range dataset.Rows() {
		if !classes[row.Class] {
			classes[row.Class] = take(row.Measurements)
		}
	}
	for _, row := range dataset.Rows() {
		take(row.Measurements)
	}
	for n := range examples {
		take(Nth(n))
	}
	copy(examples[:], found)
	return examples
}
