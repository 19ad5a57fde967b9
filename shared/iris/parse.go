package iris

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Faults says everything that is wrong with an item, in sentences that are meant
// for whoever sent it.
type Faults []string

func (f Faults) Error() string { return strings.Join(f, " ") }

// ParseMeasurements reads a JSON object with exactly the four measurements, each
// a JSON number or a string in decimal notation. Its error is [Faults] that name
// every faulty field.
func ParseMeasurements(body []byte) (Measurements, error) {
	var m Measurements
	if len(body) == 0 {
		return m, Faults{"body is empty."}
	}
	if !json.Valid(body) {
		return m, Faults{"can't decode body."}
	}
	if bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return m, Faults{"expected a JSON object."}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return m, Faults{"can't decode body."}
	}

	var faults Faults
	for i, feature := range Features {
		value, ok := fields[feature]
		delete(fields, feature)
		length, isNumber := parseLength(value)
		switch {
		case !ok:
			faults = append(faults, "missing key "+feature+" in body.")
		case !isNumber:
			faults = append(faults, "can't parse "+feature+" to float.")
		case !validLength(length):
			faults = append(faults, outOfRange(feature))
		}
		m[i] = length
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		faults = append(faults, "unknown key "+key+" in body.")
	}
	if len(faults) > 0 {
		return m, faults
	}
	return m, nil
}

// parseLength reads a JSON number, or a JSON string that holds a number.
func parseLength(value json.RawMessage) (float64, bool) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return parseDecimal(text)
}

// parseDecimal reads a number in decimal notation. strconv alone would also take
// hexadecimal, underscores, infinities and NaN; what is too large for a float64
// becomes an infinity, which no range admits.
func parseDecimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return number, !math.IsNaN(number)
}
