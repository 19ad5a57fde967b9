package writer

import (
	"context"
	"sync"
)

// Connect opens, before the first invocation, the connections that a POST needs: one to the queue,
// and then one to the table.
func (h *Handler) Connect(ctx context.Context) {
	var opened sync.WaitGroup
	opened.Go(func() { h.queue.Connect(ctx, 1) })
	opened.Go(func() { h.table.Connect(ctx, 1) })
	opened.Wait()
}
