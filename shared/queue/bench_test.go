package queue_test

import (
	"testing"

	"simple-sam-demo/shared/queue"
)

func BenchmarkParseBody(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := queue.ParseBody(`{"id":"7a28b976958cde0e54a2c90da2b25da4"}`); err != nil {
			b.Fatal(err)
		}
	}
}
