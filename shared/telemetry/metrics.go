package telemetry

import (
	"cmp"
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
	ItemsCreated     = "ItemsCreated" // by the writer
	ItemsExisting    = "ItemsExisting"
	ItemsRejected    = "ItemsRejected"
	ItemsUnavailable = "ItemsUnavailable"

	ItemsClassified = "ItemsClassified" // by the enricher
	ItemsFailed     = "ItemsFailed"
	Retries         = "Retries"
	LateRetries     = "LateRetries"
	OrphanMessages  = "OrphanMessages"
	Latency         = "Latency"
	ModelRefused    = "ModelRefused"
)

// These members of the line are no metrics. Logs Insights finds them and adds them up, and CloudWatch
// charges nothing for them.
const (
	ColdStart    = "ColdStart" // 1 at the first invocation of an execution environment
	BatchSize    = "BatchSize" // messages; a line without this member is of one
	ItemID       = "id"        // when an invocation is about a single item
	NewModel     = "newModel"  // version that serves from this invocation on
	status       = "status"    // of an HTTP answer that is not 2xx
	milliseconds = "ms"        // from Begin to Write

	// ItemsRefusedInBatch is counted by the writer and by the enricher. A metric of that name would
	// be one for both.
	ItemsRefusedInBatch = "ItemsRefusedInBatch"
)

// isMember tells which counts are no metrics.
var isMember = map[string]bool{ItemsRefusedInBatch: true}

// kindsOf is the member that tells a metric's counts by kind.
var kindsOf = map[string]string{ItemsClassified: "classes", ItemsFailed: "codes"}

// NamespaceVariable is the environment variable that holds the namespace of the metrics.
// The template sets it to the stack's name.
const NamespaceVariable = "METRICS_NAMESPACE"

const defaultNamespace = "simple-sam-demo"

// Meter makes the lines of the invocations in one execution environment.
type Meter struct {
	namespace string
	log       *slog.Logger
	warm      atomic.Bool

	tellRefusal sync.Once
}

// NewMeter returns a meter whose metrics are in the namespace that METRICS_NAMESPACE
// names, or else in simple-sam-demo. log's handler is that of [NewLogger], or another
// that knows [EventMessage].
func NewMeter(getenv func(string) string, log *slog.Logger) *Meter {
	return &Meter{namespace: cmp.Or(getenv(NamespaceVariable), defaultNamespace), log: log}
}

// Begin returns the metrics of an invocation that begins.
func (m *Meter) Begin() *Metrics {
	metrics := &Metrics{
		meter: m, start: time.Now(),
		counts: map[string]int{}, kinds: map[string]map[string]int{}, durations: map[string][]int64{},
	}
	if !m.warm.Swap(true) {
		metrics.Set(ColdStart, 1)
	}
	return metrics
}

// Metrics is what one invocation counts and says of itself. It is safe for concurrent use.
type Metrics struct {
	meter *Meter
	start time.Time

	mu        sync.Mutex
	members   []slog.Attr // that are no metrics
	counts    map[string]int
	kinds     map[string]map[string]int // by the metric and the kind
	durations map[string][]int64        // in milliseconds
}

// Set adds a member that is no metric to the line. It is to be called once for a name, and the value
// must not grow with what a client sends.
func (m *Metrics) Set(name string, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = append(m.members, slog.Any(name, value))
}

// Answered notes the status of an HTTP answer. A status 2xx is not written, because the counts tell a
// created item from a known one.
func (m *Metrics) Answered(code int) {
	if code/100 != 2 {
		m.Set(status, code)
	}
}

// Count adds n to a metric, or to another count of the line. A zero is not written.
func (m *Metrics) Count(name string, n int) {
	if n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name] += n
}

// RefusedInBatch counts items that were written one by one because DynamoDB refused them in a batch. It
// logs why only once in an execution environment, because DynamoDB would refuse them every time.
func (m *Metrics) RefusedInBatch(ctx context.Context, refused []error) {
	if len(refused) == 0 {
		return
	}
	m.Count(ItemsRefusedInBatch, len(refused))
	m.meter.tellRefusal.Do(func() {
		m.meter.log.WarnContext(ctx, "items are written one by one, as DynamoDB refuses them in batches", "error", refused[0])
	})
}

// CountKind adds 1 to a metric, and 1 to the kind in the member that tells the metric's kinds apart.
// For ItemsFailed that is the member codes, and a kind is InvalidItem.
func (m *Metrics) CountKind(name, kind string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name]++
	member := kindsOf[name]
	if m.kinds[member] == nil {
		m.kinds[member] = map[string]int{}
	}
	m.kinds[member][kind]++
}

// Observe adds a duration to a metric in milliseconds.
func (m *Metrics) Observe(name string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.durations[name] = append(m.durations[name], took.Milliseconds())
}

// Write writes the invocation's line at every log level: what was done, and the metrics, which
// CloudWatch takes from the line. It is to be called once, at the end of the invocation.
func (m *Metrics) Write(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, level := time.Now(), m.meter.level(ctx)
	members, metrics := m.attributes(now)
	written := now.Truncate(time.Millisecond)
	if len(metrics) > 0 {
		members = append(members, slog.Any(metadataName, newMetadata(m.meter.namespace, now, metrics)))
		if level == slog.LevelInfo {
			// Lambda takes a line without a timestamp for INFO, and _aws tells the time.
			// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
			written = time.Time{}
		}
	}
	record := slog.NewRecord(written, level, EventMessage, 0)
	if id := RequestID(ctx); id != "" {
		record.AddAttrs(slog.String("requestId", id))
	}
	record.AddAttrs(members...)
	// The handler writes what the logger, at its level, might keep back. An error means
	// that standard output cannot be written: nobody could be told of it.
	_ = m.meter.log.Handler().Handle(ctx, record)
}

// attributes returns the members of this invocation's line, beside those that every log line has, and
// which of them are metrics. The latencies come last, because Logs Insights makes a field of each and
// takes no more than 200 fields from a line.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
func (m *Metrics) attributes(now time.Time) (members []slog.Attr, metrics []string) {
	members = append(m.members, slog.Int64(milliseconds, now.Sub(m.start).Milliseconds()))
	for _, name := range slices.Sorted(maps.Keys(m.counts)) {
		members = append(members, slog.Int(name, m.counts[name]))
		if !isMember[name] {
			metrics = append(metrics, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.kinds)) {
		members = append(members, slog.Any(name, m.kinds[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(m.durations)) {
		members = append(members, slog.Attr{Key: name, Value: valueOf(m.durations[name])})
		metrics = append(metrics, name)
	}
	return members, metrics
}

// level returns the lowest level from INFO up that the logger lets through. Lambda drops lines below
// the function's log level, and takes a line without a level for INFO:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func (m *Meter) level(ctx context.Context) slog.Level {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelWarn} {
		if m.log.Enabled(ctx, level) {
			return level
		}
	}
	return slog.LevelError
}
