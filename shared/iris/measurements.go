// Package iris is the item of the pipeline: the four measurements that a client sends, the id that
// follows from them, and what is known of the item so far. It does not store, send or classify items.
package iris

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Features names the measurements, in the order in which they are kept
// everywhere. All are lengths in centimetres.
var Features = [4]string{"sepal_length", "sepal_width", "petal_length", "petal_width"}

const (
	maxCentimetres = 100
	// minCentimetres is the smallest positive number that DynamoDB can store; a
	// smaller one cannot be told from 0 there.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
	minCentimetres = 1e-130
)

// Measurements holds the four lengths in centimetres, in the order of [Features].
type Measurements [4]float64

// ID returns the item's id: the first 16 bytes of the SHA-256 of the canonical
// measurements, as 32 lower-case hexadecimal digits. Equal measurements have
// equal ids however they were written, so a repeated POST is the same item.
func (m Measurements) ID() string {
	sum := sha256.Sum256([]byte(m.canonical()))
	return hex.EncodeToString(sum[:16])
}

// canonical writes each length as the shortest decimal that reads back as the same float64, with
// commas between them, so that different measurements have different texts.
func (m Measurements) canonical() string {
	texts := make([]string, len(m))
	for i, length := range m {
		texts[i] = FormatLength(length)
	}
	return strings.Join(texts, ",")
}

// FormatLength writes a length in its canonical form, which is a DynamoDB number.
func FormatLength(centimetres float64) string {
	return strconv.FormatFloat(centimetres, 'g', -1, 64)
}

// Validate returns the [Faults] of the lengths that are not over 0 and at most
// 100 cm, or nil.
func (m Measurements) Validate() error {
	var faults Faults
	for i, length := range m {
		if !validLength(length) {
			faults = append(faults, outOfRange(Features[i]))
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

func validLength(centimetres float64) bool { // false for NaN
	return centimetres >= minCentimetres && centimetres <= maxCentimetres
}

func outOfRange(feature string) string {
	return feature + " must be over 0 and at most 100 cm."
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
