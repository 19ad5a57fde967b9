package enricher_test

import (
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
)

// docs/metrics.md: each is counted once. To be gone is one of them, and what comes back is no more refused.
func TestEachArtifactThatIsRefusedIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		for i, test := range []struct {
			put     string
			refused float64 // since the start
		}{
			{"", 1}, {artifact(t, v1), 1}, {"", 2}, // gone, and gone again
			{"{}", 3}, {"{ }", 4}, // wrong in the same way
		} {
			b.put(test.put)
			wantNextVersion(t, s, v1)
			if refused := s.Sums("EnricherFunction")["ModelRefused"]; refused != test.refused {
				t.Errorf("after upload %d: %v models were refused, want %v", i, refused, test.refused)
			}
		}
		stacktest.Wait(time.Second)
	})
}
