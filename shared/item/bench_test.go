package item_test

import (
	"testing"

	"simple-sam-demo/shared/item"
)

func BenchmarkParseMeasurements(b *testing.B) {
	body := []byte(`{"sepal_length":"5.1","sepal_width":"3.5","petal_length":"1.4","petal_width":"0.2"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := item.ParseMeasurements(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkID(b *testing.B) {
	m := item.Measurements{5.1, 3.5, 1.4, 0.2}
	b.ReportAllocs()
	for b.Loop() {
		m.ID()
	}
}
