package awsclient

import (
	"context"
	"time"
)

// BeforeDeadline returns a context that ends some time before ctx does. An invocation needs that time
// to deal with what its calls did not get done.
func BeforeDeadline(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve))
}
