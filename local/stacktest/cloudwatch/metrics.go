// Package cloudwatch reads what the functions write of their invocations, for tests and the
// simulation. It takes the metrics out of log lines in the embedded metric format, as
// CloudWatch does, and adds them up. It refuses a line that does not follow the
// specification. It is not a part of the local stack, and knows no more of the specification
// than the functions use:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// Metrics adds up what the lines of log groups say. Its zero value is empty and ready to use.
type Metrics struct {
	mu      sync.Mutex
	groups  map[string]*logGroup
	refused []error
}

type logGroup struct {
	lines      int
	statistics map[string]Statistics // by the metric's name
	members    map[string]float64
}

// Statistics are what CloudWatch shows of a metric's values.
type Statistics struct {
	SampleCount, Sum, Minimum, Maximum float64
}

// LogGroup returns a writer that takes a log group's lines, one a call. Its error is always
// nil: see [Metrics.Refused].
func (m *Metrics) LogGroup(name string) io.Writer { return groupWriter{m, name} }

type groupWriter struct {
	metrics *Metrics
	group   string
}

func (w groupWriter) Write(line []byte) (int, error) {
	w.metrics.take(w.group, line)
	return len(line), nil
}

func (m *Metrics) take(name string, line []byte) {
	root, err := parseObject(line)
	var data []Datum
	if err == nil {
		data, err = metricsIn(root)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.refused = append(m.refused, fmt.Errorf("%w: %s", err, bytes.TrimSpace(line)))
		return
	}
	if m.groups == nil {
		m.groups = map[string]*logGroup{}
	}
	if m.groups[name] == nil {
		m.groups[name] = &logGroup{statistics: map[string]Statistics{}, members: map[string]float64{}}
	}
	m.groups[name].add(root, data)
}

func (g *logGroup) add(root object, data []Datum) {
	g.lines++
	known := map[string]bool{metadataName: true}
	for _, d := range data {
		known[d.Name] = true
		g.addDatum(d)
	}
	for name, text := range root {
		if !known[name] {
			g.addMember(name, text)
		}
	}
}

func (g *logGroup) addDatum(d Datum) {
	s, known := g.statistics[d.Name]
	if !known {
		s.Minimum, s.Maximum = d.Values[0], d.Values[0]
	}
	s.SampleCount += float64(len(d.Values))
	for _, value := range d.Values {
		s.Sum += value
	}
	s.Minimum, s.Maximum = min(s.Minimum, slices.Min(d.Values)), max(s.Maximum, slices.Max(d.Values))
	g.statistics[d.Name] = s
}

// addMember adds a number, or the numbers in an object. Whatever else the member is counts for
// nothing.
func (g *logGroup) addMember(name string, text json.RawMessage) {
	switch c := text[0]; {
	case c == '{':
		var members object
		_ = json.Unmarshal(text, &members) // it is a part of what was read
		for inner, text := range members {
			g.addMember(name+"."+inner, text)
		}
	case c == '-' || '0' <= c && c <= '9':
		var number float64
		_ = json.Unmarshal(text, &number) // 0 if it is out of range
		g.members[name] += number
	}
}

// Of returns the metrics in a log group's lines, by their names.
func (m *Metrics) Of(group string) map[string]Statistics {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g := m.groups[group]; g != nil {
		return maps.Clone(g.statistics)
	}
	return nil
}

// Members returns the sums of the numbers in a log group's lines that are no metrics, as
// Logs Insights adds up fields. One within an object is called object.member.
func (m *Metrics) Members(group string) map[string]float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g := m.groups[group]; g != nil {
		return maps.Clone(g.members)
	}
	return nil
}

// Lines returns how many lines a log group has, but for those that were refused.
func (m *Metrics) Lines(group string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g := m.groups[group]; g != nil {
		return g.lines
	}
	return 0
}

// Refused returns what was wrong with the lines that were refused, and these lines.
func (m *Metrics) Refused() []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.refused)
}
