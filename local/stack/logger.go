package stack

import (
	"context"
	"log/slog"
	"time"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/telemetry"
)

// functionLogger returns a logger like the one that a function has on AWS: at the
// template's level, with the request id on every line. The line of each invocation goes
// to [Config.LogGroup], as it is on AWS; [Config.Log] gets it in a readable form.
func functionLogger(cfg Config, f template.Function) *slog.Logger {
	return newLogger(cfg, f, f.LogicalID)
}

func newLogger(cfg Config, f template.Function, name string) *slog.Logger {
	level := slog.LevelInfo
	if f.LogLevel != "" {
		_ = level.UnmarshalText([]byte(f.LogLevel)) // the template allows only levels
	}
	lines := slog.DiscardHandler
	if cfg.LogGroup != nil {
		lines = telemetry.NewLineHandler(cfg.LogGroup(name))
	}
	return slog.New(&functionHandler{cfg.Log.Handler(), level, lines}).With("function", name)
}

type functionHandler struct {
	slog.Handler
	level slog.Level
	lines slog.Handler
}

func (h *functionHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

func (h *functionHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == telemetry.EventMessage {
		return h.handleEvent(ctx, r)
	}
	if id := telemetry.RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h *functionHandler) handleEvent(ctx context.Context, r slog.Record) error {
	if ctx.Err() != nil { // the invocation was cut off, and on AWS wrote nothing any more
		return nil
	}
	if err := h.lines.Handle(ctx, r); err != nil || !h.Enabled(ctx, slog.LevelInfo) {
		return err
	}
	readable := slog.NewRecord(time.Now(), slog.LevelInfo, r.Message, 0)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "_aws" {
			readable.AddAttrs(a)
		}
		return true
	})
	return h.Handler.Handle(ctx, readable)
}

func (h *functionHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return &functionHandler{h.Handler.WithAttrs(attributes), h.level, h.lines}
}

func (h *functionHandler) WithGroup(name string) slog.Handler {
	return &functionHandler{h.Handler.WithGroup(name), h.level, h.lines}
}
