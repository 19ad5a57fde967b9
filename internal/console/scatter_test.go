package console_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// store stores n items that wait.
func (b *bed) store(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		m := sample.Nth(i)
		if err := b.Table.Create(t.Context(), item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())}); err != nil {
			t.Fatal(err)
		}
	}
}

// wantNoPicture wants words in the place of the scatter.
func wantNoPicture(t *testing.T, text string, parts ...string) {
	t.Helper()
	_, plot, _ := strings.Cut(text, `id="plot"`)
	wantIn(t, "the place of the scatter", plot, parts...)
	for _, part := range []string{"No items yet", "A sample", "<svg"} {
		if strings.Contains(plot, part) {
			t.Errorf("it has %q: %s", part, plot)
		}
	}
}

func TestAScatterThatMayNotBeReadSaysSoUntilItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var denied atomic.Bool
		denied.Store(true)
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) {
			next := s.AWS.HTTPClient
			s.Name = "items"
			s.AWS.HTTPClient = caller(func(r *http.Request) (*http.Response, error) {
				if denied.Load() && isCall(r, "Scan") {
					return refusing("AccessDeniedException").Do(r)
				}
				return next.Do(r)
			})
		})
		b.store(t, 50)
		const why = "Your role needs the permission dynamodb:Scan."
		page := b.get(t, "/")
		wantNoPicture(t, page, why)
		wantIn(t, "the pipeline", page, "The items by "+item.Features[item.Plotted[0]].Words(), `<span id="items">50</span>`)
		last := b.stream(t.Context(), "overview")
		stacktest.Wait(2 * time.Second)
		if strings.Contains(last(), why) || strings.Contains(between(page, `id="live"`, `id="plot"`), why) {
			t.Error("the part that moves says it, too")
		}
		plot := b.get(t, "/scatter/plot?have=")
		wantNoPicture(t, plot, why)
		have := "/scatter/plot?have=" + between(plot, "plot?have=", `"`)
		if w := b.send(http.MethodGet, have, nil, nil); w.Code != http.StatusNoContent {
			t.Errorf("the same trouble again: %d", w.Code)
		}
		denied.Store(false)
		stacktest.Wait(10 * time.Second)
		wantIn(t, "the scatter", b.get(t, have), "of 50 items:")
	})
}

func TestWithoutAStackThereIsNoEmptyScatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
		b.store(t, 3)
		b.down.Store(true)
		page := b.get(t, "/")
		wantNoPicture(t, page, "The items were not read, because of the problem above.")
		if n := strings.Count(page, "The local stack does not answer"); n != 1 {
			t.Errorf("it is said %d times", n)
		}
		if w := b.send(http.MethodGet, "/scatter/plot?have=", nil, nil); w.Code != http.StatusNoContent {
			t.Errorf("the scatter alone: %d", w.Code)
		}
		b.down.Store(false)
		stacktest.Wait(2 * time.Second)
		wantIn(t, "the scatter", b.get(t, "/scatter/plot?have="), "of 3 items:")
	})
}
