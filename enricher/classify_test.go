package enricher

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
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
	h := &Handler{log: log, table: table.New(cfg, "Table")}
	for name, older := range map[string]*item.Prediction{"new": nil, "classified by an older model": {Target: "a", ModelVersion: "2000-01-01.01"}} {
		c := &task{id: "a", item: item.Item{ID: "a", Prediction: older}, deliveries: []*delivery{{receiveCount: 1}}}
		h.classify(t.Context(), &batch{metrics: telemetry.NewMeter(os.Getenv, log).Begin()}, []*task{c}) // without a model
		if c.kind != callFailed || c.cause != "the enricher panicked" {
			t.Errorf("%s: found %+v, want a panic", name, c.finding)
		}
	}
}
