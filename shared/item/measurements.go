// Package item is the item of the pipeline: the measurements that a client sends, the id that
// follows from them, and what is known of the item so far. It does not store, send or classify items.
//
// The file features.go says which measurements an item has. Nothing else here knows what they mean.
package item

import (
	"crypto/sha256"
	"encoding/hex"
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

// Validate returns the [Faults] of the numbers that their features can not have, or nil. A stored item has NaN
// where it has no number.
func (m Measurements) Validate() error {
	var faults Faults
	for i, number := range m {
		switch {
		case math.IsNaN(number):
			faults = append(faults, Features[i].Name+" must be a number.")
		case !Features[i].Valid(number):
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
	return append(m.appendMembers([]byte{'{'}), '}'), nil
}

// appendMembers appends the members of the JSON object. It does by hand what encoding/json would do, so
// that an answer of the API takes no longer the more features there are. A name needs no escapes.
func (m Measurements) appendMembers(text []byte) []byte {
	for i, number := range m {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, '"'), Features[i].Name...), `":`...)
		if math.IsNaN(number) || math.IsInf(number, 0) {
			text = append(text, "null"...)
		} else {
			text = appendNumber(text, number)
		}
	}
	return text
}

// appendNumber appends a finite number in the form that encoding/json gives it, which is JavaScript's:
// with an exponent only if it is very large or small, and then without a zero before the exponent.
func appendNumber(text []byte, number float64) []byte {
	if size := math.Abs(number); size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(text, number, 'f', -1, 64)
	}
	text = strconv.AppendFloat(text, number, 'e', -1, 64)
	if n := len(text); text[n-2] == '0' && text[n-4] == 'e' { // 1e-07
		text = append(text[:n-2], text[n-1])
	}
	return text
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
