package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// The specification's limits. For names it now has more than these, which are those of
// CloudWatch's API.
const (
	metadataName = "_aws"

	maxLine       = 256 << 10
	maxMetrics    = 100
	maxValues     = 100
	maxDimensions = 30
	maxName       = 255
)

var unitPattern = regexp.MustCompile(`^(None|Percent|Seconds|Microseconds|Milliseconds|` +
	`(Count|Bytes|Bits|(Kilo|Mega|Giga|Tera)(bytes|bits))(/Second)?)$`)

// Datum is what a log line says of a metric.
type Datum struct {
	Namespace  string
	Dimensions map[string]string
	Name, Unit string
	Values     []float64
}

// Parse reads the metrics in a log line, one datum for each of their sets of dimensions.
// A line without the member _aws has none. The error says what does not follow the
// specification: CloudWatch would take nothing from such a line.
func Parse(line []byte) ([]Datum, error) {
	root, err := parseObject(line)
	if err != nil {
		return nil, err
	}
	return metricsIn(root)
}

func parseObject(line []byte) (root object, err error) {
	if len(line) > maxLine {
		return nil, fmt.Errorf("line of %d bytes, want at most %d", len(line), maxLine)
	}
	if err := json.Unmarshal(line, &root); err != nil {
		return nil, fmt.Errorf("no JSON object: %w", err)
	}
	return root, nil
}

// metricsIn reads the metrics of a line's object.
func metricsIn(root object) ([]Datum, error) {
	if root[metadataName] == nil {
		return nil, nil
	}
	var metadata object
	var timestamp int64
	var directives []object
	if err := root.read(metadataName, &metadata); err != nil {
		return nil, err
	}
	if err := metadata.readAll(map[string]any{"Timestamp": &timestamp, "CloudWatchMetrics": &directives}); err != nil {
		return nil, err
	}
	var data []Datum
	for _, directive := range directives {
		extracted, err := extract(directive, root)
		if err != nil {
			return nil, err
		}
		data = append(data, extracted...)
	}
	return data, nil
}

// extract follows a MetricDirective.
func extract(directive, root object) ([]Datum, error) {
	var namespace string
	var sets [][]string
	var definitions []object
	err := directive.readAll(map[string]any{"Namespace": &namespace, "Dimensions": &sets, "Metrics": &definitions})
	if err == nil {
		err = checkName("namespace", namespace)
	}
	switch {
	case err != nil:
		return nil, err
	case len(sets) == 0:
		return nil, errors.New("no set of dimensions")
	case len(definitions) > maxMetrics:
		return nil, fmt.Errorf("%d metrics, want at most %d", len(definitions), maxMetrics)
	}
	var data []Datum
	for _, set := range sets {
		dimensions, err := readDimensions(set, root)
		if err != nil {
			return nil, err
		}
		for _, definition := range definitions {
			d, err := readDatum(definition, root)
			if err != nil {
				return nil, err
			}
			d.Namespace, d.Dimensions = namespace, dimensions
			data = append(data, d)
		}
	}
	return data, nil
}

// readDimensions follows a DimensionSet.
func readDimensions(set []string, root object) (map[string]string, error) {
	if len(set) > maxDimensions {
		return nil, fmt.Errorf("%d dimensions, want at most %d", len(set), maxDimensions)
	}
	dimensions := map[string]string{}
	for _, name := range set {
		var value string
		if err := errors.Join(checkName("dimension", name), root.read(name, &value)); err != nil {
			return nil, err
		}
		if err := checkName("value of dimension "+name, value); err != nil {
			return nil, err
		}
		dimensions[name] = value
	}
	return dimensions, nil
}

// readDatum follows a MetricDefinition.
func readDatum(definition, root object) (Datum, error) {
	var d Datum
	members := map[string]any{"Name": &d.Name}
	if d.Unit = "None"; definition["Unit"] != nil { // it is optional
		members["Unit"] = &d.Unit
	}
	if err := definition.readAll(members); err != nil {
		return d, err
	}
	if err := checkName("metric", d.Name); err != nil {
		return d, err
	}
	if !unitPattern.MatchString(d.Unit) {
		return d, fmt.Errorf("metric %s has the unknown unit %q", d.Name, d.Unit)
	}
	err := d.readValues(root)
	switch {
	case err != nil:
		return d, fmt.Errorf("metric %s: %w", d.Name, err)
	case len(d.Values) == 0 || len(d.Values) > maxValues:
		return d, fmt.Errorf("metric %s has %d values, want 1 to %d", d.Name, len(d.Values), maxValues)
	}
	return d, nil
}

// readValues reads a number, or a list of numbers.
func (d *Datum) readValues(root object) error {
	if target := root[d.Name]; len(target) > 0 && target[0] == '[' {
		return root.read(d.Name, &d.Values)
	}
	d.Values = []float64{0}
	return root.read(d.Name, &d.Values[0])
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%s %q is %d bytes long, want 1 to %d", what, name, len(name), maxName)
	}
	return nil
}
