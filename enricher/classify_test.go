package enricher

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

// expiring is a context that ends after some calls of Err, as one does whose deadline passes between
// two of them.
type expiring struct {
	context.Context
	left atomic.Int32
}

func (c *expiring) Err() error {
	if c.left.Add(-1) >= 0 {
		return nil
	}
	return context.DeadlineExceeded
}

// Nothing was written, so the message must not be acknowledged.
func TestADeadlineBetweenTwoLooksAtItDoesNotMakeAnUnwrittenPredictionWritten(t *testing.T) {
	for looks := range int32(2) {
		ctx := &expiring{Context: context.Background()}
		ctx.left.Store(looks)
		h := &Handler{log: slog.New(slog.NewTextHandler(io.Discard, nil))} // without a table: a call would panic
		c := &classification{task: &task{item: item.Item{ID: "a", Prediction: &item.Prediction{}}}}
		h.write(ctx, []*classification{c})
		if c.err == nil {
			t.Errorf("the context ended after %d looks: the prediction counts as written, and its message is acknowledged", looks)
		}
	}
}

// writes takes every write, which is an error.
type writes struct{ *testing.T }

func (w writes) Do(r *http.Request) (*http.Response, error) {
	w.Errorf("%s was called", r.Header.Get("X-Amz-Target"))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Amzn-Requestid": {"1"}}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// Its prediction is an older model's, and must not be taken for a new one.
func TestAnItemWhosePredictionPanicsIsNotWritten(t *testing.T) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	cfg := awsclient.AtEndpoint("http://localhost")
	cfg.HTTPClient = writes{t}
	h := &Handler{log: log, table: table.New(cfg, "Table"), turns: make(chan struct{}, 1)}
	for name, older := range map[string]*item.Prediction{"new": nil, "classified by an older model": {Target: "a", ModelVersion: "2000-01-01.01"}} {
		c := &task{id: "a", item: item.Item{ID: "a", Prediction: older}, deliveries: []*delivery{{receiveCount: 1}}}
		h.classify(t.Context(), &batch{metrics: telemetry.NewMeter(os.Getenv, log).Begin()}, []*task{c}) // without a model
		if c.kind != callFailed || c.cause != "the enricher panicked" {
			t.Errorf("%s: found %+v, want a panic", name, c.finding)
		}
	}
}

// takingTime lets a second pass for each line that it logs, and notes how many it logs, and whether two at once.
type takingTime struct {
	slog.Handler
	lines, now int32
	atOnce     bool
}

func (h *takingTime) Enabled(context.Context, slog.Level) bool { return true }

func (h *takingTime) Handle(context.Context, slog.Record) error {
	h.atOnce = h.atOnce || atomic.AddInt32(&h.now, 1) > 1
	<-time.After(time.Second)
	atomic.AddInt32(&h.now, -1)
	atomic.AddInt32(&h.lines, 1)
	return nil
}

// A prediction takes no fake time. But without a model it panics, and the line about it takes a second here. The items are
// those of two batches, as in a worker.
func TestPredictionsAreMadeOneByOneUntilTheTimeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const items, seconds = 3 * table.MaxStatements, table.MaxStatements + 5
		predictions := &takingTime{Handler: slog.DiscardHandler}
		h := &Handler{log: slog.New(predictions), turns: make(chan struct{}, 1)}
		var tasks []*task
		for range items {
			tasks = append(tasks, &task{deliveries: []*delivery{{receiveCount: 1}}})
		}
		ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second-time.Millisecond)
		defer cancel()
		start := time.Now()
		classify := func(tasks []*task) {
			h.classify(ctx, &batch{metrics: telemetry.NewMeter(os.Getenv, slog.New(slog.DiscardHandler)).Begin()}, tasks)
		}
		parallel.Do(func() { classify(tasks[:items/2]) }, func() { classify(tasks[items/2:]) })
		if took := time.Since(start); took != seconds*time.Second || predictions.lines != seconds || predictions.atOnce {
			t.Errorf("%d predictions in %s, at once: %t; want %d in as many seconds, one by one", predictions.lines, took, predictions.atOnce, seconds)
		}
		left, _ := split(tasks, func(t *task) bool { return t.kind == outOfTime })
		if len(left) != items-seconds {
			t.Errorf("the time was over for %d items, want %d", len(left), items-seconds)
		}
	})
}

func TestAPredictionThatDoesNotEndHoldsNoOtherBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Handler{log: slog.New(slog.DiscardHandler), turns: make(chan struct{}, 1)}
		h.turns <- struct{}{} // of the other batch
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		waits := &task{deliveries: []*delivery{{receiveCount: 1}}}
		start := time.Now()
		h.classify(ctx, &batch{metrics: telemetry.NewMeter(os.Getenv, h.log).Begin()}, []*task{waits})
		if took := time.Since(start); took != time.Second || waits.kind != outOfTime {
			t.Errorf("found %+v after %s, want that the time is over after 1s", waits.finding, took)
		}
	})
}

func TestAWriteThatIsMadeAgainWaitsForNoPrediction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Handler{log: slog.New(slog.DiscardHandler), turns: make(chan struct{}, 1)}
		h.turns <- struct{}{} // of the other batch
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		again := []*classification{{task: &task{}, predicted: true}}
		start := time.Now()
		if toWrite := h.predictAll(ctx, nil, again); !slices.Equal(toWrite, again) || time.Since(start) != 0 {
			t.Errorf("%d are to be written, after %s; want one, at once", len(toWrite), time.Since(start))
		}
	})
}

// What is left of the processor is for the calls.
func TestPredictionsLeaveACoreIfThereAreSeveral(t *testing.T) {
	getenv := func(name string) string {
		return map[string]string{
			"TABLE_NAME": "T", "QUEUE_URL": "q", "DEAD_LETTER_QUEUE_URL": "d", "ENRICHER_ROLE_ID": "r",
			"MAX_RECEIVE_COUNT": "5", "MESSAGE_RETENTION_SECONDS": "60", "WRITER_TIMEOUT_SECONDS": "10",
		}[name]
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for cores, want := range map[int]int{1: 1, 2: 1, 4: 3} {
		runtime.GOMAXPROCS(cores)
		h, err := New(getenv, awsclient.AtEndpoint("http://localhost"), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := cap(h.turns); got != want || runtime.GOMAXPROCS(0) != cores {
			t.Errorf("with %d cores, %d groups are predicted at once, want %d; then there are %d cores", cores, got, want, runtime.GOMAXPROCS(0))
		}
	}
}

// The time may not suffice for all. Then each kind makes headway, whatever comes again may hang, and those go first that
// have the fewest receives left.
func TestNewItemsAndThoseThatComeAgainAreWrittenInTurns(t *testing.T) {
	message := func(first bool, receives ...int) *classification {
		c := &classification{task: &task{}, first: first}
		for _, n := range receives {
			c.deliveries = append(c.deliveries, &delivery{receiveCount: n})
		}
		return c
	}
	var together, alone []*classification
	for range 60 {
		together = append(together, message(true, 1))
	}
	for range 30 {
		alone = append(alone, message(true, 2), message(true, 1, 4))
	}
	alone = append(alone, message(false, 1)) // which an older model has classified
	var got []string
	for _, group := range inTurns(together, alone) {
		got = append(got, fmt.Sprintf("%d×%d", len(group), group[0].urgency()))
	}
	each := func(receives string, n int) []string { return slices.Repeat([]string{"1×" + receives}, n) }
	want := slices.Concat([]string{"25×1"}, each("4", 25), []string{"25×1"}, each("4", 5), each("2", 20), []string{"10×1"}, each("2", 10), each("1", 1))
	if !slices.Equal(got, want) {
		t.Errorf("groups, as items×receives, are %q, want %q", got, want)
	}
}
