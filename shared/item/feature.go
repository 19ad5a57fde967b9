package item

import (
	"math"
	"strconv"
	"strings"
)

// minMagnitude is the smallest positive number that DynamoDB can store. A smaller one cannot be told
// from 0 there.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const minMagnitude = 1e-130

// Feature is one measurement of an item: what it is called, and which numbers it can be.
type Feature struct {
	Name    string  // key in JSON, attribute in the table, and column of the data set
	Unit    string  // for people, as "cm"; may be empty
	Min     float64 // the least value
	Max     float64 // the greatest value
	OverMin bool    // Min itself is not allowed
}

// Words returns the name in words, as "outer temperature".
func (f Feature) Words() string { return strings.ReplaceAll(f.Name, "_", " ") }

// Label returns the name and the unit in words, as "outer temperature (°C)".
func (f Feature) Label() string {
	label := f.Words()
	if f.Unit != "" {
		label += " (" + f.Unit + ")"
	}
	return label
}

// Valid tells whether the number is one that the feature can have, and that DynamoDB can store. It is
// false for NaN.
func (f Feature) Valid(number float64) bool {
	if f.OverMin && number == f.Min {
		return false
	}
	return number >= f.Min && number <= f.Max && (number == 0 || math.Abs(number) >= minMagnitude)
}

// Fault is the sentence for a client whose number is not valid.
func (f Feature) Fault() string {
	from := "at least "
	if f.OverMin {
		from = "over "
	}
	fault := f.Name + " must be " + from + FormatNumber(f.Min) + " and at most " + FormatNumber(f.Max)
	if f.Unit != "" {
		fault += " " + f.Unit
	}
	return fault + "."
}

// FormatNumber writes a number in its canonical form: the shortest decimal that reads back as the same
// float64. It is a DynamoDB number, and a JSON number. -0 is the same number as 0, as it is for DynamoDB.
func FormatNumber(number float64) string {
	if number == 0 {
		return "0"
	}
	return strconv.FormatFloat(number, 'g', -1, 64)
}
