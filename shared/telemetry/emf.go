package telemetry

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// CloudWatch's embedded metric format is a log line whose member _aws says which of the other members
// are metrics. The set of dimensions may be empty. A metric without a unit has the unit None.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

const metadataName = "_aws"

type definition struct{ Name string }

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []directive
}

// newMetadata says which members of the line are metrics. They have no dimensions, because the
// namespace belongs to one stack, and no two functions have a metric of the same name.
func newMetadata(namespace string, now time.Time, names []string) metadata {
	definitions := make([]definition, len(names))
	for i, name := range names {
		definitions[i] = definition{name}
	}
	return metadata{now.UnixMilli(), []directive{{namespace, [][]string{{}}, definitions}}}
}

// maxValues is how many values of a metric CloudWatch takes in a line. An invocation of the enricher has no more, because
// its batch has no more messages, except while a deployment lowers BatchSize.
const maxValues = 100

// valueOf writes the values of a metric in the shortest form that CloudWatch takes: a number, or a list. It leaves
// those out that are too many.
func valueOf(values []int64) slog.Value {
	if len(values) == 1 {
		return slog.Int64Value(values[0])
	}
	return slog.AnyValue(list(values[:min(len(values), maxValues)]))
}

// list is several values of a metric.
type list []int64

// String is for people who read the line in a terminal. JSON has all values.
func (l list) String() string { return fmt.Sprintf("%d to %d", slices.Min(l), slices.Max(l)) }
