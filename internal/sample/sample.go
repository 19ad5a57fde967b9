// Package sample makes up items: for tests, the simulation, the benchmark and the acceptance run. The
// items are valid, and lie where those of the data set lie, so that the model gives them different
// classes. Nothing here knows what is measured.
package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/shared/item"
)

// Different is how many items [Nth] has that differ from each other.
const Different = 10_000_000

// ranges has the least and the greatest number of each feature in the data set.
var ranges = sync.OnceValue(func() (r [len(item.Features)]struct{ min, max float64 }) {
	for i, row := range dataset.Rows() {
		for f, number := range row.Measurements {
			if i == 0 {
				r[f].min, r[f].max = number, number
			}
			r[f].min, r[f].max = min(r[f].min, number), max(r[f].max, number)
		}
	}
	for f, feature := range item.Features {
		if r[f].min == r[f].max { // so that no feature is without different numbers
			r[f].min, r[f].max = feature.Min, feature.Max
		}
	}
	return r
})

// Example returns an item to show: the first of the data set.
func Example() item.Measurements { return dataset.Rows()[0].Measurements }

// Nth returns the nth item, from 0 on. The first [Different] all differ. Each number has a few
// decimals, as if somebody had measured it.
func Nth(n int) item.Measurements {
	var m item.Measurements
	for f, r := range ranges() {
		// The primes take the numbers through all places of the range, each feature in its own order.
		// The places are in the middles of a grid, and so never at an end.
		place := (float64(n*primes[f%len(primes)]%Different) + 0.5) / Different
		m[f] = round(r.min+place*(r.max-r.min), (r.max-r.min)/(10*Different))
	}
	return m
}

// primes do not divide Different, so that multiples of n differ as n does.
var primes = [...]int{618_029, 414_203, 732_023, 236_053, 141_587, 302_759, 567_787}

// round rounds to the decimals that are needed for steps of this size.
func round(number, step float64) float64 {
	scale := math.Pow(10, math.Ceil(-math.Log10(step)))
	return math.Round(number*scale) / scale
}

// Random returns an item that is random to the last digit, so that nobody has posted it before.
func Random(random *rand.Rand) item.Measurements {
	var m item.Measurements
	for f, r := range ranges() {
		m[f] = r.min + random.Float64()*(r.max-r.min)
	}
	return m
}

// Object returns the item as a client posts it.
func Object(m item.Measurements) string {
	text, err := m.MarshalJSON()
	if err != nil {
		panic(err) // only a number that is not finite makes it fail
	}
	return string(text)
}

// Texts returns the item as a client posts it whose tool makes texts of all values, such as HTTPie.
func Texts(m item.Measurements) string {
	object := "{"
	for f, feature := range item.Features {
		if f > 0 {
			object += ","
		}
		object += `"` + feature.Name + `":"` + item.FormatNumber(m[f]) + `"`
	}
	return object + "}"
}

// Faulty returns a JSON object with several faults, and the faults in the words of the API: of each four
// features the second is out of its range, the third is no number, and the fourth is missing. It has at
// least one fault.
func Faulty() (object string, faults item.Faults) {
	m := Nth(0)
	var members []string
	for f, feature := range item.Features {
		value := item.FormatNumber(m[f])
		switch {
		case f%4 == 1, len(item.Features) == 1:
			value = item.FormatNumber(Above(feature))
			faults = append(faults, feature.Fault())
		case f%4 == 2:
			value = `"abc"`
			faults = append(faults, "can't parse "+feature.Name+" to float.")
		case f%4 == 3:
			faults = append(faults, "missing key "+feature.Name+" in body.")
			continue
		}
		members = append(members, `"`+feature.Name+`":`+value)
	}
	return "{" + strings.Join(members, ",") + "}", faults
}

// Below returns a number that is too small for the feature, and that DynamoDB can store.
func Below(f item.Feature) float64 { return f.Min - max(1, math.Abs(f.Min)) }

// Above returns a number that is too large for the feature, and that DynamoDB can store.
func Above(f item.Feature) float64 { return f.Max + max(1, math.Abs(f.Max)) }

// Otherwise returns the item as another client posts it: the keys in the opposite order, and each number as
// a text without an exponent that ends with a 0 more than it needs.
func Otherwise(m item.Measurements) string {
	var members []string
	for f, feature := range item.Features {
		text := strconv.FormatFloat(m[f], 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += "."
		}
		members = append(members, `"`+feature.Name+`":"`+text+`0"`)
	}
	slices.Reverse(members)
	return "{" + strings.Join(members, ",") + "}"
}
