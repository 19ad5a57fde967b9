// Package telemetry is how a function reports on itself.
package telemetry

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// NewLogger returns a function's logger. It writes one line a record to standard
// output, with the request id of the invocation, in the format and at the level
// that the template sets (LoggingConfig).
func NewLogger() *slog.Logger { return lambdacontext.NewLogger() }

// RequestID returns the id of the invocation that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		return invocation.AwsRequestID
	}
	return ""
}
