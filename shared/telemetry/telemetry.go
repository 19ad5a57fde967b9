// Package telemetry is how a function reports on itself: one log line for each invocation, which also
// carries the metrics, and a line for each error. It sends nothing anywhere; CloudWatch reads the lines.
package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"simple-sam-demo/shared/panics"
)

// EventMessage marks the record that becomes an invocation's line. The line itself has no message.
const EventMessage = "invocation"

// NewLogger returns a function's logger. It writes one line a record to standard
// output, with the request id of the invocation, in the format and at the level
// that the template sets (LoggingConfig). An invocation's own line is JSON in either
// format: CloudWatch reads metrics in no other.
func NewLogger() *slog.Logger {
	return slog.New(WithLines(os.Stdout, lambdacontext.NewLogHandler()))
}

// WithLines returns a handler that writes the lines of invocations to w, and leaves all other
// records, and what the log level is, to another handler.
func WithLines(w io.Writer, others slog.Handler) slog.Handler {
	return eventHandler{others, NewLineHandler(w)}
}

// NewLineHandler returns a handler for nothing but the lines of invocations. It writes them
// to w as JSON.
func NewLineHandler(w io.Writer) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.MessageKey {
			return slog.Attr{} // which is left out
		}
		return lambdacontext.ReplaceAttr(groups, a)
	}})
}

// eventHandler writes invocations' lines in their own way.
type eventHandler struct {
	slog.Handler
	lines slog.Handler
}

func (h eventHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == EventMessage {
		return h.lines.Handle(ctx, r)
	}
	return h.Handler.Handle(ctx, r)
}

func (h eventHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return eventHandler{h.Handler.WithAttrs(attributes), h.lines}
}

func (h eventHandler) WithGroup(name string) slog.Handler {
	return eventHandler{h.Handler.WithGroup(name), h.lines}
}

// Try calls do and returns its error. A panic in it is an error too, a [*panics.Error], and is
// logged as one line with its stack. The Go runtime would write text, which Lambda drops at
// the log level WARN, and without a request id.
func Try(ctx context.Context, log *slog.Logger, do func() error) (err error) {
	if caught := panics.Catch(func() { err = do() }); caught != nil {
		err = caught
		if p, ok := errors.AsType[*panics.Error](caught); ok {
			log.ErrorContext(ctx, "panic", "error", p, "stack", p.Stack)
		}
	}
	return err
}

// RequestID returns the id of the invocation that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		return invocation.AwsRequestID
	}
	return ""
}
