package enricher_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/item"
)

// An alarm watches the 99th percentile.
func TestAWriteThatHangsIsInTheLatencyOfItsOwnItemsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: hangs, limit: 1}).disturb, t.Output())
		var bodies []string
		for i := range 50 { // two calls of 25
			bodies = append(bodies, message(store(t, s, sample.Nth(i))))
		}
		line, _ := logged(t, s, slog.LevelInfo, bodies...)
		var members struct{ Latency []int64 }
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		prompt := slices.DeleteFunc(slices.Clone(members.Latency), func(ms int64) bool { return ms >= 1000 })
		if len(members.Latency) != 50 || len(prompt) != 25 {
			t.Errorf("%d of %d items were written within a second, want 25 of 50", len(prompt), len(members.Latency))
		}
	})
}

// Somebody wrote it by hand, say.
func TestAnItemWithoutATimeHasNoLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		if err := s.Table.Create(t.Context(), item.Item{ID: example.ID(), Measurements: example, CreatedAt: "yesterday"}); err != nil {
			t.Fatal(err)
		}
		s.Send(t, message(example.ID()))
		stacktest.Wait(time.Second)
		wantMetrics(t, s, map[string]float64{"ItemsClassified": 1, "classes." + classOf(t, example): 1})
	})
}

// The writer's clock may be ahead.
func TestTheLatencyOfAnItemOfTheFutureIsZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		created := item.FormatTime(time.Now().Add(time.Minute))
		if err := s.Table.Create(t.Context(), item.Item{ID: example.ID(), Measurements: example, CreatedAt: created}); err != nil {
			t.Fatal(err)
		}
		s.Send(t, message(example.ID()))
		stacktest.Wait(time.Second)
		if got := s.Metrics.Of("EnricherFunction")["Latency"]; got != (cloudwatch.Statistics{SampleCount: 1}) {
			t.Errorf("Latency = %+v, want one of 0", got)
		}
	})
}

// CloudWatch would refuse a line with more than 100 values, and stacktest fails then.
func TestTheLatenciesOfTheLargestBatchFitIntoItsLine(t *testing.T) {
	declared, err := template.Read("../template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	most := fmt.Sprint(*declared.Parameters["BatchSize"].MaxValue)
	synctest.Test(t, func(t *testing.T) {
		const items = 250 // which two pollers share
		s := stacktest.Start(t, map[string]string{"BatchSize": most, "BatchWindow": "5", "MaximumConcurrency": "2"}, nil)
		var messages []string
		for i := range items {
			messages = append(messages, message(store(t, s, sample.Nth(i))))
			stacktest.Wait(time.Second)
		}
		s.Send(t, messages...)
		stacktest.Wait(time.Minute)
		got := s.Metrics.Of("EnricherFunction")["Latency"]
		if mean := got.Sum / got.SampleCount; got.SampleCount != items || mean < 125_000 || mean > 135_000 {
			t.Errorf("Latency = %+v, want %d values of 1 s to 250 s, and the batching window", got, items)
		}
		if n := s.Metrics.Of("EnricherFunction")["ItemsClassified"].Sum; n != items {
			t.Errorf("ItemsClassified = %v, want %d", n, items)
		}
	})
}

func TestTheLatencyOfAnItemThatIsWrittenAloneEndsWithThatWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := answersStatements("ValidationError", sample.Nth(1).ID())
		s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch {
			case operation == batchWrite:
				return refused(r, next)
			case function == "EnricherFunction" && operation == "DynamoDB.UpdateItem":
				<-time.After(500 * time.Millisecond)
			}
			return next.RoundTrip(r)
		}, t.Output())
		line, _ := logged(t, s, slog.LevelInfo, message(store(t, s, sample.Nth(0))), message(store(t, s, sample.Nth(1))))
		if !strings.Contains(line, `"Latency":[0,500]`) {
			t.Errorf("its line is %s, want latencies of 0 and 500 ms", line)
		}
	})
}
