package classifier_test

import (
	"sync"
	"testing"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

// A worker classifies several batches at once with one model.
func TestAModelServesSeveralBatchesAtOnce(t *testing.T) {
	for name, m := range map[string]*classifier.Model{"regression": small(t, "0", "0.1", "-0.1"), "forest": parsed(t, forest), "boosting": parsed(t, ofThree)} {
		t.Run(name, func(t *testing.T) {
			var wantClass [3]string
			var wantProbability [3]float64
			items := [3]item.Measurements{of(1), of(2), of(3)}
			for i, measurements := range items {
				wantClass[i], wantProbability[i] = m.Predict(measurements)
			}
			var batches sync.WaitGroup
			for i, measurements := range items {
				batches.Go(func() {
					for range 10_000 {
						class, probability := m.Predict(measurements)
						if class != wantClass[i] || probability != wantProbability[i] {
							t.Errorf("%v is %s with %g, want %s with %g", measurements, class, probability, wantClass[i], wantProbability[i])
							return
						}
					}
				})
			}
			batches.Wait()
		})
	}
}
