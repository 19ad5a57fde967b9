package stacktest

import (
	"context"
	"log/slog"

	"simple-sam-demo/shared/telemetry"
)

// RequestIDs is a handler that adds the id of the invocation to each warning and error, as Lambda's does. The line
// of an invocation has it already.
type RequestIDs struct{ slog.Handler }

// Handle adds the id, and hands the record on.
func (h RequestIDs) Handle(ctx context.Context, r slog.Record) error {
	if r.Message != telemetry.EventMessage {
		r.AddAttrs(slog.String("requestId", telemetry.RequestID(ctx)))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps adding the id.
func (h RequestIDs) WithAttrs(attributes []slog.Attr) slog.Handler {
	return RequestIDs{h.Handler.WithAttrs(attributes)}
}
