package writer

import (
	"context"

	"simple-sam-demo/shared/parallel"
)

// Connect opens the connections that a POST needs, before the first invocation: one to the queue and
// one to the table.
func (h *Handler) Connect(ctx context.Context) {
	parallel.Do(
		func() { h.queue.Connect(ctx, 1) },
		func() { h.table.Connect(ctx, 1) },
	)
}
