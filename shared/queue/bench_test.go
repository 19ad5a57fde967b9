package queue_test

import (
	"testing"

	"simple-sam-demo/shared/queue"
)

func BenchmarkParseBody(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := queue.ParseBody(`{"id":"0123456789abcdef0123456789abcdef"}`); err != nil {
			b.Fatal(err)
		}
	}
}
