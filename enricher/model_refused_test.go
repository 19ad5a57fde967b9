package enricher_test

import (
	"net/http"
	"strings"
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
			{"", 5}, // gone instead of repaired
		} {
			b.put(test.put)
			wantNextVersion(t, s, v1)
			if refused := s.Metrics.Of("EnricherFunction")["ModelRefused"].Sum; refused != test.refused { // of the metric that the alarm watches
				t.Errorf("after upload %d: %v models were refused, want %v", i, refused, test.refused)
			}
		}
		stacktest.Wait(time.Second)
	})
}

// An artifact may have 4 MiB, and each environment would load it every five minutes.
func TestAnArtifactThatWasSeenIsNotLoadedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		for name, change := range map[string]func(*bucket){
			"after it was refused":        func(b *bucket) { b.object = "{}" },
			"after S3 was out of reach":   func(b *bucket) { b.fails = http.StatusServiceUnavailable },
			"after it was replaced by v2": func(b *bucket) { b.object = artifact(t, v2) },
		} {
			b.set(change)
			wantSome := func(want string) {
				t.Helper()
				stacktest.Wait(5 * time.Minute)
				classifies(t, s)
				stacktest.Wait(10 * time.Second)
				if got := b.statuses(); !strings.HasSuffix(got, want) {
					t.Errorf("%s: requests %q, want the last answered%s", name, got, want)
				}
			}
			wantSome("")
			b.set(func(b *bucket) { b.fails = 0 })
			wantSome(" 304")
			if got := b.statuses(); strings.Contains(got, "200") {
				t.Errorf("%s: requests %q, want no load", name, got)
			}
		}
	})
}

// docs/model.md: "at most every five minutes", also when the last look found nothing good.
func TestALookForAModelIsNotRepeatedSooner(t *testing.T) {
	for name, change := range map[string]func(*bucket){
		"nothing new":     func(*bucket) {},
		"a refused one":   func(b *bucket) { b.object = "{}" },
		"none":            func(b *bucket) { b.object = "" },
		"S3 out of reach": func(b *bucket) { b.fails = http.StatusServiceUnavailable },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, b := startWithBucket(t)
				wantVersion(t, s, v1)
				b.set(change)
				stacktest.Wait(5 * time.Minute)
				wantVersion(t, s, v1) // it looks
				stacktest.Wait(10 * time.Second)
				if got := b.statuses(); got == "" {
					t.Error("no requests")
				}
				b.set(func(*bucket) {})
				for range 5 { // the first takes up what was found
					wantVersion(t, s, v1)
					stacktest.Wait(time.Minute)
				}
				if got := b.statuses(); got != "" {
					t.Errorf("requests %q within five minutes of the last look", got)
				}
			})
		})
	}
}
