package verify

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
)

// CloudWatch has one sum for each minute.
func TestMetricsOfASoundStackHold(t *testing.T) {
	for name, test := range map[string]struct {
		before func(*testing.T, *bed, *cloud)
		want   string
	}{
		"nobody else has used it": {func(*testing.T, *bed, *cloud) {}, "as caused, when last looked at: ItemsClassified 2, ItemsCreated 2"},
		"somebody has used it in the same minute": {
			func(t *testing.T, b *bed, c *cloud) {
				b.Request(t, http.MethodPost, names.Items(), known)
				stacktest.Wait(20 * time.Second)
				c.mark(begun)
			},
			"at least as caused (the stack was in use before): ItemsClassified 3, ItemsCreated 3; caused were ItemsClassified 2, ItemsCreated 2",
		},
		"the clock here is ahead": {
			func(_ *testing.T, b *bed, c *cloud) {
				next := b.api
				b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodGet && c.marked.IsZero() { // after the first POST
						c.mark(begun.Add(-time.Second))
					}
					return next.RoundTrip(r)
				})
			},
			"at least as caused (the stack was in use before): ItemsClassified 2, ItemsCreated 2; caused were ItemsClassified 2, ItemsCreated 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := startCloud(t)
				test.before(t, b, c)
				got := b.verify(t.Context(), t, "-api-key", "secret", "-timeout", "15m", "-only", "metrics")
				if row := got.of("metrics"); got.status != 0 || strings.Join(row.Seen, "\n") != test.want {
					t.Errorf("status %d: %+v, want %q", got.status, got.Checks, test.want)
				}
			})
		})
	}
}

func TestARunWaitsForTheNextMinuteOnlyForTheMetrics(t *testing.T) {
	for only, want := range map[string]time.Duration{"created": 0, "created,metrics": 40 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b, _ := startCloud(t)
			stacktest.Wait(20 * time.Second)
			begin, posted := time.Now(), time.Time{}
			next := b.api
			b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
				if posted.IsZero() {
					posted = time.Now()
				}
				return next.RoundTrip(r)
			})
			b.verify(t.Context(), t, "-api-key", "secret", "-timeout", "15m", "-only", only)
			if got := posted.Sub(begin); got != want {
				t.Errorf("-only %s: the first POST comes after %s, want %s", only, got, want)
			}
		})
	}
}
