package enricher

import (
	"context"

	"simple-sam-demo/shared/parallel"
)

// Connect opens, before the first invocation, the connections that a batch of 100 messages needs:
// four to the table, where it is written 25 items a call, and one to the queue, for messages that
// are to come back.
func (h *Handler) Connect(ctx context.Context) {
	parallel.Do(
		func() { h.table.Connect(ctx, 4) },
		func() { h.queue.Connect(ctx, 1) },
	)
}
