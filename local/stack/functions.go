package stack

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/template"
	"simple-sam-demo/reader"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/telemetry"
	"simple-sam-demo/writer"
)

// starter starts a function the way its lambda/main.go does.
type starter func(getenv func(string) string, cfg aws.Config, log *slog.Logger) (handle any, err error)

// starters is the one place that knows which package a logical id stands for: the
// template knows it only as the name of a binary.
var starters = map[string]starter{
	"WriterFunction":   starts(writer.New, func(h *writer.Handler) any { return h.Handle }),
	"ReaderFunction":   starts(reader.New, func(h *reader.Handler) any { return h.Handle }),
	"EnricherFunction": starts(enricher.New, func(h *enricher.Handler) any { return h.Handle }),
}

func starts[H any](start func(func(string) string, aws.Config, *slog.Logger) (H, error), handle func(H) any) starter {
	return func(getenv func(string) string, cfg aws.Config, log *slog.Logger) (any, error) {
		h, err := start(getenv, cfg, log)
		if err != nil {
			return nil, err
		}
		return handle(h), nil
	}
}

func newFunction(cfg Config, f template.Function) (*lambda.Function, error) {
	start, ok := starters[f.LogicalID]
	if !ok {
		return nil, fmt.Errorf("function %s of the template has no handler in local/stack/functions.go", f.LogicalID)
	}
	awsConfig := cfg.FunctionAWS(f.LogicalID)
	getenv := func(name string) string { return f.Environment[name] }
	log := functionLogger(cfg.Log, f)
	function := &lambda.Function{
		Name:    f.LogicalID,
		Timeout: f.Timeout,
		Log:     log,
		Start: func() (awslambda.Handler, error) {
			handle, err := start(getenv, awsConfig, log)
			if err != nil {
				return nil, err
			}
			return awslambda.NewHandler(handle), nil
		},
	}
	if cfg.Environment != nil {
		function.Start = cfg.Environment(f.LogicalID, function.Start)
	}
	// A first start here tells of a missing variable before the first request does.
	if _, err := function.Start(); err != nil {
		return nil, fmt.Errorf("function %s: %w", f.LogicalID, err)
	}
	return function, nil
}

// FunctionAWS is the SDK's configuration of a function.
func (c Config) FunctionAWS(logicalID string) aws.Config {
	cfg := c.callerAWS(logicalID)
	cfg.HTTPClient.(*http.Client).Timeout = awsclient.AttemptTimeout
	return cfg
}

// callerAWS is the SDK's configuration of whoever makes AWS calls, with an HTTP client
// of its own.
func (c Config) callerAWS(caller string) aws.Config {
	client := *c.AWS.HTTPClient.(*http.Client)
	if c.Transport != nil {
		client.Transport = c.Transport(caller, client.Transport)
	}
	c.AWS.HTTPClient = &client
	return c.AWS
}

// functionLogger returns a logger like the one that a function has on AWS: at the
// template's level, with the request id on every line.
func functionLogger(base *slog.Logger, f template.Function) *slog.Logger {
	level := slog.LevelInfo
	if f.LogLevel != "" {
		_ = level.UnmarshalText([]byte(f.LogLevel)) // the template allows only levels
	}
	return slog.New(&functionHandler{base.Handler(), level}).With("function", f.LogicalID)
}

type functionHandler struct {
	slog.Handler
	level slog.Level
}

func (h *functionHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

func (h *functionHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := telemetry.RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h *functionHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return &functionHandler{h.Handler.WithAttrs(attributes), h.level}
}

func (h *functionHandler) WithGroup(name string) slog.Handler {
	return &functionHandler{h.Handler.WithGroup(name), h.level}
}
