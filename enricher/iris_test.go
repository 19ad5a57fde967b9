package enricher_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
)

// scikit-learn's model has this flower as a setosa with a probability of 0.9731.
func TestAFlowerIsClassifiedAsEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		s.Request(t, "POST", "/v0/iris", `{"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2}`)
		stacktest.Wait(time.Second)
		got := s.Request(t, "GET", "/v0/iris/7a28b976958cde0e54a2c90da2b25da4", "").Body
		if got["status"] != "CLASSIFIED" || got["pred_target"] != "setosa" || math.Abs(got["pred_probability"].(float64)-0.9731) > 5e-4 {
			t.Errorf("GET shows %v", got)
		}
	})
}
