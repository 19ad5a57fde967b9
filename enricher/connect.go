package enricher

import (
	"context"
	"sync"
)

// Connect opens, before the first invocation, the connections that a batch of 100 messages needs:
// four to the table, where it is written 25 items a call, and one to the queue, for messages that
// are to come back.
func (h *Handler) Connect(ctx context.Context) {
	var opened sync.WaitGroup
	opened.Go(func() { h.table.Connect(ctx, 4) })
	opened.Go(func() { h.queue.Connect(ctx, 1) })
	opened.Wait()
}
