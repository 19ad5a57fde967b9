package item_test

import (
	"encoding/json"
	"testing"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

func BenchmarkParseMeasurements(b *testing.B) {
	body := []byte(sample.Texts(sample.Example()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := item.ParseMeasurements(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkID(b *testing.B) {
	m := sample.Example()
	b.ReportAllocs()
	for b.Loop() {
		m.ID()
	}
}

func BenchmarkMarshal(b *testing.B) {
	m := sample.Example()
	shown := item.Item{ID: m.ID(), Measurements: m, CreatedAt: "2026-11-23T10:00:00.000Z", Prediction: &item.Prediction{
		Target: "a", Probability: 0.97312345, ModelVersion: "2026-11-23.01", ClassifiedAt: "2026-11-23T10:00:00.000Z",
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(shown); err != nil {
			b.Fatal(err)
		}
	}
}
