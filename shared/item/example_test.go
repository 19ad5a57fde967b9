package item_test

import (
	"fmt"

	"simple-sam-demo/shared/item"
)

func ExampleParseMeasurements() {
	m, err := item.ParseMeasurements([]byte(`{"sepal_length": "5.10", "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}`))
	fmt.Println(m, err)
	fmt.Println(m.ID()) // the same for 5.1 and for "5.10"
	// Output:
	// [5.1 3.5 1.4 0.2] <nil>
	// 7a28b976958cde0e54a2c90da2b25da4
}

func ExampleParseMeasurements_faults() {
	_, err := item.ParseMeasurements([]byte(`{"sepal_length": "long", "sepal_width": -3.5, "petal_length": 1.4, "colour": "blue"}`))
	for _, fault := range err.(item.Faults) {
		fmt.Println(fault)
	}
	// Output:
	// can't parse sepal_length to float.
	// sepal_width must be over 0 and at most 100 cm.
	// missing key petal_width in body.
	// unknown key colour in body.
}
