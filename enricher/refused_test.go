package enricher_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// docs/runbook.md adds them up: each item that was then written alone, and not each call or batch.
func TestItemsThatDynamoDBRefusesInABatchAreCounted(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*http.Request, http.RoundTripper) (*http.Response, error)
		want int
	}{
		"three statements of two calls": {answersStatements("ValidationError", sample.Nth(0).ID(), sample.Nth(24).ID(), sample.Nth(29).ID()), 3},
		"both calls":                    {answers(400, `{"__type":"com.amazon.coral.validate#ValidationException"}`), 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: test.do}).disturb, t.Output())
				var bodies []string
				for i := range 30 {
					bodies = append(bodies, message(store(t, s, sample.Nth(i))))
				}
				line, others := logged(t, s, slog.LevelInfo, bodies...)
				var got struct{ ItemsRefusedInBatch, ItemsClassified int }
				if err := json.Unmarshal([]byte(line), &got); err != nil || got.ItemsRefusedInBatch != test.want || got.ItemsClassified != 30 {
					t.Errorf("%v; its line has %+v, want %d refused of 30", err, got, test.want)
				}
				if want := []string{"WARN items are written one by one, as DynamoDB refuses them in batches"}; !slices.Equal(others, want) {
					t.Errorf("other lines %q, want %q", others, want)
				}
			})
		})
	}
}
