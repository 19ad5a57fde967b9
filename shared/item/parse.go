package item

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"simple-sam-demo/shared/jsonobject"
)

// Faults says everything that is wrong with an item, in sentences for the client who sent it.
type Faults []string

func (f Faults) Error() string { return strings.Join(f, " ") }

const (
	// A fault repeats little of the input, however long that is: maxNamedKeys unknown keys, and
	// maxShownKey characters of each.
	maxNamedKeys = 4
	maxShownKey  = 40
)

// ParseMeasurements reads a JSON object with exactly the measurements of [Features], each once,
// and each a JSON number or a string in decimal notation. Its error is [Faults] that name
// every faulty field.
func ParseMeasurements(body []byte) (Measurements, error) {
	var m Measurements
	if len(body) == 0 {
		return m, Faults{"body is empty."}
	}
	fields, err := valuesByKey(body)
	switch {
	case errors.Is(err, jsonobject.ErrNoObject):
		return m, Faults{"expected a JSON object."}
	case err != nil:
		return m, Faults{"can't decode body."}
	}
	var faults Faults
	for i, feature := range Features {
		number, fault := readNumber(feature, fields[feature.Name])
		if fault != "" {
			faults = append(faults, fault)
		}
		m[i] = number
		delete(fields, feature.Name)
	}
	faults = append(faults, unknownKeys(fields)...)
	if len(faults) > 0 {
		return m, faults
	}
	return m, nil
}

// valuesByKey returns the values of each key: more than one where a key is repeated.
func valuesByKey(body []byte) (map[string][]json.RawMessage, error) {
	fields, err := jsonobject.Fields(body)
	if err != nil {
		return nil, err
	}
	values := make(map[string][]json.RawMessage, len(fields))
	for _, f := range fields {
		values[f.Name] = append(values[f.Name], f.Value)
	}
	return values, nil
}

// readNumber reads a feature's value, or says what is wrong with it.
func readNumber(feature Feature, values []json.RawMessage) (number float64, fault string) {
	switch len(values) {
	case 0:
		return 0, "missing key " + feature.Name + " in body."
	case 1:
	default:
		return 0, "duplicate key " + feature.Name + " in body."
	}
	number, isNumber := parseNumber(values[0])
	if !isNumber {
		return 0, "can't parse " + feature.Name + " to float."
	}
	if math.Abs(number) < minMagnitude {
		number = 0 // -0 is the same measurement, and a number that is even smaller is 0 for float64, too
	}
	if !feature.Valid(number) {
		return 0, feature.Fault()
	}
	return number, ""
}

// unknownKeys names the first few keys, and says how many more there are.
func unknownKeys(fields map[string][]json.RawMessage) (faults []string) {
	keys := slices.Sorted(maps.Keys(fields))
	for _, key := range keys[:min(len(keys), maxNamedKeys)] {
		faults = append(faults, "unknown key "+shorten(key)+" in body.")
	}
	if more := len(keys) - maxNamedKeys; more > 0 {
		faults = append(faults, fmt.Sprintf("%d more unknown keys in body.", more))
	}
	return faults
}

// shorten returns the beginning of a long key.
func shorten(key string) string {
	shown := 0
	for i := range key {
		if shown == maxShownKey {
			return key[:i] + "…"
		}
		shown++
	}
	return key
}

// parseNumber reads a JSON number, or a JSON string that holds a number.
func parseNumber(value json.RawMessage) (float64, bool) {
	text := string(value)
	if value[0] == '"' {
		_ = json.Unmarshal(value, &text) // never fails: the value stood in a valid body
	}
	return parseDecimal(text)
}

// parseDecimal reads a number in decimal notation. strconv alone would also take hexadecimal,
// underscores, infinities and NaN. A number that is too large for a float64 becomes an infinity, which
// is out of range later.
func parseDecimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return number, true
}
