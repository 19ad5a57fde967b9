package telemetry

import (
	"log/slog"
	"math"
	"slices"
	"time"
)

// CloudWatch's embedded metric format: a log line that says, in the member _aws, which
// of its other members are metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

const (
	namespace    = "simple-sam-demo"
	functionName = "FunctionName" // the only dimension, and the member with its value

	maxMetrics = 100 // in a directive
	maxValues  = 100 // of a metric
)

// line is the members of a log line that concern metrics.
type line struct {
	metrics []definition
	values  []slog.Attr
}

type definition struct{ Name, Unit string }

// add makes a member of the line a metric. One too many, of a model with a hundred
// classes say, is a member without being a metric: CloudWatch would refuse them all.
func (l *line) add(name, unit string, value slog.Value) {
	if len(l.metrics) < maxMetrics {
		l.metrics = append(l.metrics, definition{name, unit})
	}
	l.values = append(l.values, slog.Attr{Key: name, Value: value})
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []directive
}

func (l *line) attributes(now time.Time, function string) []slog.Attr {
	return append(l.values,
		slog.String(functionName, function),
		slog.Any("_aws", metadata{now.UnixMilli(), []directive{{namespace, [][]string{{functionName}}, l.metrics}}}))
}

// histogram is several values of a metric in one line, each with how often it occurred.
// The specification knows lists of values only; that CloudWatch takes this too, and
// AWS's own programs write it, is said in
// https://github.com/awslabs/metrique/blob/main/metrique-writer-format-emf/src/emf.rs
type histogram struct{ Values, Counts []int64 }

// newHistogram counts the values, which it sorts. When more than maxValues differ, they
// are put into as many buckets of equal ratio, each standing for their mean: a value is
// then off by less than the factor (greatest/least)^(1/99).
func newHistogram(values []int64) histogram {
	slices.Sort(values)
	h := group(values, func(value int64) int64 { return value })
	if len(h.Values) <= maxValues {
		return h
	}
	least, greatest := float64(max(values[0], 1)), float64(values[len(values)-1])
	width := math.Log(greatest/least) / (maxValues - 1)
	return group(values, func(value int64) int64 {
		return int64(math.Log(float64(max(value, 1))/least) / width)
	})
}

// group replaces the sorted values of each bucket by their mean, to a whole number.
func group(values []int64, bucket func(int64) int64) histogram {
	var h histogram
	for start, end := 0, 0; start < len(values); start = end {
		var sum int64
		for end = start; end < len(values) && bucket(values[end]) == bucket(values[start]); end++ {
			sum += values[end]
		}
		count := int64(end - start)
		h.Values = append(h.Values, (sum+count/2)/count)
		h.Counts = append(h.Counts, count)
	}
	return h
}
