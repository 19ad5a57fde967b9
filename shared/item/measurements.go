// Package item is the item of the pipeline: the measurements that a client sends, the id that
// follows from them, and what is known of the item so far. It does not store, send or classify items.
//
// The file features.go says which measurements an item has. Nothing else here knows what they mean.
package item

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Measurements holds one number for each of [Features], in their order.
type Measurements [len(Features)]float64

// ID returns the item's id: the first 16 bytes of the SHA-256 of the canonical
// measurements, as 32 lower-case hexadecimal digits. Equal measurements have
// equal ids however they were written, so a repeated POST is the same item.
func (m Measurements) ID() string {
	sum := sha256.Sum256([]byte(m.canonical()))
	return hex.EncodeToString(sum[:16])
}

// canonical writes each number as [FormatNumber] does, with commas between them, so that different
// measurements have different texts.
func (m Measurements) canonical() string {
	texts := make([]string, len(m))
	for i, number := range m {
		texts[i] = FormatNumber(number)
	}
	return strings.Join(texts, ",")
}

// Validate returns the [Faults] of the numbers that their features can not have, or nil.
func (m Measurements) Validate() error {
	var faults Faults
	for i, number := range m {
		if !Features[i].Valid(number) {
			faults = append(faults, Features[i].Fault())
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// MarshalJSON writes the measurements as a client posts them: one object, with a number for each
// feature in their order. It writes null for a number that is not finite.
func (m Measurements) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, number := range m {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendQuote(text, Features[i].Name) // plain ASCII, so Go quotes it as JSON does
		text = append(text, ':')
		if math.IsNaN(number) || math.IsInf(number, 0) {
			text = append(text, "null"...)
			continue
		}
		value, err := json.Marshal(number)
		if err != nil {
			return nil, err
		}
		text = append(text, value...)
	}
	return append(text, '}'), nil
}

// ValidID tells whether id has the form that [Measurements.ID] returns.
func ValidID(id string) bool {
	if len(id) != 32 {
		return false
	}
	for _, c := range []byte(id) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}
