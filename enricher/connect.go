package enricher

import (
	"context"

	"simple-sam-demo/shared/parallel"
)

// Connect opens the connections that a batch of 100 messages needs, before the first invocation: four
// to the table, which is written 25 items a call, and one to the queue, for messages that are given
// back.
func (h *Handler) Connect(ctx context.Context) {
	parallel.Do(
		func() { h.table.Connect(ctx, 4) },
		func() { h.queue.Connect(ctx, 1) },
	)
}
