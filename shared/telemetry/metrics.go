package telemetry

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The metrics; docs/metrics.md says what they mean.
const (
	ColdStart = "ColdStart" // by every function

	ItemsRefusedInBatch = "ItemsRefusedInBatch" // by the writer and the enricher

	ItemsCreated     = "ItemsCreated" // by the writer
	ItemsExisting    = "ItemsExisting"
	ItemsRejected    = "ItemsRejected"
	ItemsUnavailable = "ItemsUnavailable"

	BatchSize         = "BatchSize" // by the enricher
	ItemsClassified   = "ItemsClassified"
	ItemsFailed       = "ItemsFailed"
	Retries           = "Retries"
	OrphanMessages    = "OrphanMessages"
	EnrichmentLatency = "EnrichmentLatency"
	ModelRefused      = "ModelRefused"
)

// MetricsMessage is the message of the log line that holds an invocation's metrics.
const MetricsMessage = "metrics"

// Meter makes the metrics of the invocations in one execution environment.
type Meter struct {
	function string
	log      *slog.Logger
	warm     atomic.Bool
}

// NewMeter returns a meter for the function that AWS_LAMBDA_FUNCTION_NAME names, a
// variable that Lambda sets. Metrics are written by log's handler.
func NewMeter(getenv func(string) string, log *slog.Logger) *Meter {
	return &Meter{function: getenv("AWS_LAMBDA_FUNCTION_NAME"), log: log}
}

// Begin returns the metrics of an invocation that begins. Those that are named are
// written even when they stay 0, so that an alarm on them always has data.
func (m *Meter) Begin(names ...string) *Metrics {
	metrics := &Metrics{
		meter:  m,
		counts: map[string]int{ColdStart: 0}, kinds: map[string]int{}, durations: map[string][]int64{},
	}
	if !m.warm.Swap(true) {
		metrics.counts[ColdStart] = 1
	}
	for _, name := range names {
		metrics.counts[name] = 0
	}
	return metrics
}

// Metrics is what one invocation counts. It is safe for concurrent use.
type Metrics struct {
	meter *Meter

	mu        sync.Mutex
	counts    map[string]int
	kinds     map[string]int
	durations map[string][]int64 // in milliseconds
}

// Count adds n to a metric; a zero is not written.
func (m *Metrics) Count(name string, n int) {
	if n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name] += n
}

// CountKind adds 1 to a metric and to the metric of one kind of it: ItemsFailed and
// ItemsFailed_InvalidItem.
func (m *Metrics) CountKind(name, kind string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name]++
	m.kinds[name+"_"+kind]++
}

// Observe adds a duration to a metric in milliseconds.
func (m *Metrics) Observe(name string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.durations[name] = append(m.durations[name], took.Milliseconds())
}

// Write writes the metrics as one log line, which CloudWatch takes them from, whatever
// the log level. It is to be called once, at the end of the invocation.
func (m *Metrics) Write(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var l line
	for _, name := range slices.Sorted(maps.Keys(m.counts)) {
		l.add(name, "Count", slog.IntValue(m.counts[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(m.durations)) {
		l.add(name, "Milliseconds", slog.AnyValue(newHistogram(m.durations[name])))
	}
	for _, name := range slices.Sorted(maps.Keys(m.kinds)) { // the last, as they may be too many
		l.add(name, "Count", slog.IntValue(m.kinds[name]))
	}
	now := time.Now()
	record := slog.NewRecord(now, m.meter.level(ctx), MetricsMessage, 0)
	record.AddAttrs(l.attributes(now, m.meter.function)...)
	// The handler writes what the logger, at its level, might keep back. An error means
	// that standard output cannot be written: nobody could be told of it.
	_ = m.meter.log.Handler().Handle(ctx, record)
}

// level returns the lowest level from INFO up that the logger lets through. Lambda
// drops the lines below the function's log level, and takes one without for INFO:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func (m *Meter) level(ctx context.Context) slog.Level {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelWarn} {
		if m.log.Enabled(ctx, level) {
			return level
		}
	}
	return slog.LevelError
}
