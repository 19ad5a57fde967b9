package telemetry

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"
)

// CloudWatch's embedded metric format is a log line whose member _aws says which of the other members
// are metrics. The set of dimensions may be empty. A metric without a unit has the unit None.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

const (
	metadataName = "_aws"
	maxValues    = 100 // of a metric
)

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

// valueOf writes the values of a metric in the shortest form that CloudWatch takes: a number, a list
// of at most 100, or a histogram. It sorts the values.
func valueOf(values []int64) slog.Value {
	slices.Sort(values)
	switch {
	case len(values) == 1:
		return slog.Int64Value(values[0])
	case len(values) <= maxValues:
		return slog.AnyValue(list(values))
	default:
		return slog.AnyValue(newHistogram(values))
	}
}

// list is several sorted values of a metric.
type list []int64

// String is for people who read the line in a terminal. JSON has all values.
func (l list) String() string { return fmt.Sprintf("%d to %d", l[0], l[len(l)-1]) }

// histogram is the values of a metric, each with the number of times that it occurred. The
// specification knows lists of values only. That CloudWatch takes histograms too, and that AWS's own
// programs write them, is said in
// https://github.com/awslabs/metrique/blob/main/metrique-writer-format-emf/src/emf.rs
type histogram struct{ Values, Counts []int64 }

func (h histogram) String() string { return list(h.Values).String() }

// newHistogram counts sorted values. When there are more than maxValues different ones, it puts them
// into maxValues buckets, whose bounds have a constant ratio, and takes each bucket's mean. A value is
// then off by less than the factor (greatest/least)^(1/99).
func newHistogram(values []int64) histogram {
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
