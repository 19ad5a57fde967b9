package latency_test

import (
	"testing"
	"time"

	"simple-sam-demo/internal/latency"
)

func TestAPercentileIsTheSmallestValueThatSoManyDoNotExceed(t *testing.T) {
	for _, test := range []struct {
		n, p int
		want time.Duration
	}{{1, 50, 1}, {1, 99, 1}, {2, 50, 1}, {3, 50, 2}, {10, 90, 9}, {100, 99, 99}, {101, 99, 100}, {150, 99, 149}, {4, 100, 4}} {
		values := make([]time.Duration, test.n)
		for i := range values {
			values[i] = time.Duration(test.n - i) // n … 1
		}
		if got := latency.Percentile(values, test.p); got != test.want {
			t.Errorf("%d%% of 1 … %d: %d, want %d", test.p, test.n, got, test.want)
		}
	}
}
