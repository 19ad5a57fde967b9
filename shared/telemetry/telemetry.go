// Package telemetry is how a function reports on itself.
package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"simple-sam-demo/shared/panics"
)

// NewLogger returns a function's logger. It writes one line a record to standard
// output, with the request id of the invocation, in the format and at the level
// that the template sets (LoggingConfig). The line with metrics is JSON in either format:
// CloudWatch reads no other.
func NewLogger() *slog.Logger {
	handler := lambdacontext.NewLogHandler()
	if os.Getenv("AWS_LAMBDA_LOG_FORMAT") != "JSON" {
		options := &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr}
		handler = textHandler{handler, slog.NewJSONHandler(os.Stdout, options)}
	}
	return slog.New(handler)
}

// textHandler writes text, but for metrics.
type textHandler struct {
	slog.Handler
	metrics slog.Handler
}

func (h textHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message != MetricsMessage {
		return h.Handler.Handle(ctx, r)
	}
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.metrics.Handle(ctx, r)
}

func (h textHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return textHandler{h.Handler.WithAttrs(attributes), h.metrics}
}

func (h textHandler) WithGroup(name string) slog.Handler {
	return textHandler{h.Handler.WithGroup(name), h.metrics}
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
