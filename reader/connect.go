package reader

import "context"

// Connect opens, before the first invocation, the connection that a GET needs.
func (h *Handler) Connect(ctx context.Context) { h.table.Connect(ctx, 1) }
