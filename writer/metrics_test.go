package writer_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

func TestMetricsAddUpToWhatWasAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		s := stacktest.Start(t, nil, failing("DynamoDB.PutItem", 500, &down))
		s.Request(t, "POST", s.Names.Items, example)
		for range 2 {
			s.Request(t, "POST", s.Names.Items, example)
		}
		for _, bad := range []string{"{", with(number(sample.Below(last))), with(`"` + strings.Repeat("1", 64<<10) + `"`)} {
			s.Request(t, "POST", s.Names.Items, bad)
		}
		down.Store(true)
		for range 4 {
			s.Request(t, "POST", s.Names.Items, sample.Object(sample.Nth(0)))
		}
		want := map[string]float64{"ItemsCreated": 1, "ItemsExisting": 2, "ItemsRejected": 3, "ItemsUnavailable": 4, "ColdStart": 1, "status": 400 + 400 + 413 + 4*503}
		if diff := cmp.Diff(want, s.Sums("WriterFunction")); diff != "" {
			t.Errorf("metrics (-want +got):\n%s", diff)
		}
		if got := s.Metrics.Lines("WriterFunction"); got != 10 {
			t.Errorf("%v lines for 10 invocations", got)
		}
	})
}
