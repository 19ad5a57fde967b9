// Package cloudwatch takes the metrics out of log lines in the embedded metric format,
// as CloudWatch does, and adds them up. It refuses a line that does not follow the
// specification, and knows no more of that than the functions use:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package cloudwatch

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Metrics adds up what log lines say. Its zero value is empty and ready to use.
type Metrics struct {
	mu         sync.Mutex
	statistics map[string]map[string]Statistics // by function and name
	refused    []error
}

// Statistics are what CloudWatch shows of a metric's values.
type Statistics struct {
	SampleCount, Sum, Minimum, Maximum float64
}

// Write takes one log line. The error is always nil: see [Metrics.Refused].
func (m *Metrics) Write(line []byte) (int, error) {
	data, err := Parse(line)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.refused = append(m.refused, fmt.Errorf("%w: %s", err, bytes.TrimSpace(line)))
		return len(line), nil
	}
	for _, d := range data {
		m.add(d)
	}
	return len(line), nil
}

func (m *Metrics) add(d Datum) {
	function := d.Dimensions["FunctionName"]
	if m.statistics == nil {
		m.statistics = map[string]map[string]Statistics{}
	}
	if m.statistics[function] == nil {
		m.statistics[function] = map[string]Statistics{}
	}
	s, known := m.statistics[function][d.Name]
	if !known {
		s.Minimum, s.Maximum = d.Values[0], d.Values[0]
	}
	for i, value := range d.Values {
		s.SampleCount += d.Counts[i]
		s.Sum += value * d.Counts[i]
	}
	s.Minimum, s.Maximum = min(s.Minimum, slices.Min(d.Values)), max(s.Maximum, slices.Max(d.Values))
	m.statistics[function][d.Name] = s
}

// Of returns the metrics with the dimension FunctionName, by their names.
func (m *Metrics) Of(function string) map[string]Statistics {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.statistics[function])
}

// Refused returns what was wrong with the lines that were refused, and these lines.
func (m *Metrics) Refused() []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.refused)
}
