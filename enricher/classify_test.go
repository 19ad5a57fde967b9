package enricher

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"

	"simple-sam-demo/shared/item"
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
