package generated

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"simple-sam-demo/shared/item"
)

// said describes a feature's numbers in a sentence, as YAML.
func said(f item.Feature) string {
	must := strings.TrimPrefix(f.Fault(), f.Name+" must be ")
	return text(strings.ToUpper(must[:1]) + must[1:])
}

// least is the smallest positive number that an item can have, because DynamoDB stores no smaller one.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const least = 1e-130

// values returns the JSON schemas of which a feature's value must match one, as YAML.
func values(f item.Feature) (schemas []string) {
	from := "minimum"
	if f.OverMin && f.Min != 0 {
		from = "exclusiveMinimum"
	}
	if f.Min < 0 {
		schemas = append(schemas, fmt.Sprintf("{type: number, %s: %s, maximum: %s}", from, yamlNumber(f.Min), yamlNumber(min(f.Max, -least))))
	}
	if f.Min < 0 && f.Max >= 0 || f.Min == 0 && !f.OverMin {
		schemas = append(schemas, "{type: number, const: 0}")
	}
	if f.Max > 0 {
		if f.Min < 0 {
			from = "minimum"
		}
		schemas = append(schemas, fmt.Sprintf("{type: number, %s: %s, maximum: %s}", from, yamlNumber(max(f.Min, least)), yamlNumber(f.Max)))
	}
	return append(schemas, "{type: string, pattern: '"+pattern(f)+"'}")
}

// yamlNumber writes a number so that YAML 1.1 reads it as one, too: there an exponent needs a point before it.
func yamlNumber(number float64) string {
	text := item.FormatNumber(number)
	if digits, exponent, ok := strings.Cut(text, "e"); ok && !strings.Contains(digits, ".") {
		text = digits + ".0e" + exponent
	}
	return text
}

// pattern returns a regular expression for the numbers of a feature in decimal notation, of some length.
func pattern(f item.Feature) string {
	var signs []string
	if f.Min < 0 {
		signs = append(signs, "-"+between(max(0, -f.Max), false, -f.Min, f.OverMin))
	}
	if f.Max >= 0 {
		signs = append(signs, between(max(0, f.Min), f.OverMin && f.Min >= 0, f.Max, false))
	}
	if len(signs) == 1 {
		return "^" + signs[0] + "$"
	}
	return "^(" + strings.Join(signs, "|") + ")$"
}

// between matches the numbers from low to high, which are not negative, up to the end of the text. The
// booleans tell whether low or high themselves do not match.
func between(low float64, overLow bool, high float64, underHigh bool) string {
	not := ""
	switch {
	case low == 0 && overLow:
		not = "(?=.*[1-9])"
	case low > 0:
		not = "(?!(" + upTo(low, !overLow) + ")$)"
	}
	return not + "(" + upTo(high, underHigh) + ")"
}

// upTo matches the numbers from 0 to the limit, which is not negative. The boolean tells whether the limit
// itself does not match; then it is over 0. There can be some zeros too many at both ends.
//
// For 25.7 it matches one digit, 1 and a digit, 20 to 24, 25, 25.0 to 25.6 with what follows, and 25.7.
func upTo(limit float64, under bool) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(math.Abs(limit), 'f', -1, 64), ".")
	const anyFraction = `(\.[0-9]{0,40})?`
	var ways []string
	lowest := byte('0') // of the first digit: with 0 there, the number is a shorter one
	if n := len(whole); n > 1 {
		ways = append(ways, `0{0,9}`+digits(n-1, 1)+anyFraction)
		lowest = '1'
	}
	for i := range len(whole) {
		if lower := lowerDigit(lowest, whole[i]); lower != "" {
			ways = append(ways, `0{0,9}`+whole[:i]+lower+digits(len(whole)-1-i, len(whole)-1-i)+anyFraction)
		}
		lowest = '0'
	}
	ways = append(ways, upToFraction(`0{0,9}`+whole, fraction, under)...)
	if whole == "0" {
		ways = append(ways, upToFraction("", fraction, under)...)
	} else {
		ways = append(ways, `\.[0-9]{1,40}`)
	}
	return strings.Join(ways, "|")
}

// upToFraction matches the whole part, and fractions up to the limit's. The whole part can be empty.
func upToFraction(whole, fraction string, under bool) (ways []string) {
	for i := range len(fraction) {
		lower := lowerDigit('0', fraction[i])
		switch {
		case i == 0 && whole != "" && lower != "":
			ways = append(ways, whole+`(\.(`+lower+`[0-9]{0,40})?)?`)
		case i == 0 && whole != "":
			ways = append(ways, whole+`\.?`)
		case i > 0 && lower != "":
			ways = append(ways, whole+`\.`+fraction[:i]+`(`+lower+`[0-9]{0,40})?`)
		case i > 0:
			ways = append(ways, whole+`\.`+fraction[:i])
		case lower != "":
			ways = append(ways, `\.`+lower+`[0-9]{0,40}`)
		}
	}
	switch {
	case under:
	case fraction != "":
		ways = append(ways, whole+`\.`+fraction+`0{0,40}`)
	case whole != "":
		ways = append(ways, whole+`(\.0{0,40})?`)
	default:
		ways = append(ways, `\.0{1,40}`)
	}
	return ways
}

// lowerDigit matches the digits from the lowest to the one before the digit, or is "" if there are none.
func lowerDigit(lowest, digit byte) string {
	switch {
	case digit <= lowest:
		return ""
	case digit == lowest+1:
		return string(lowest)
	}
	return "[" + string(lowest) + "-" + string(digit-1) + "]"
}

// digits matches that many digits, or at least some of them.
func digits(most, least int) string {
	switch {
	case most == 0:
		return ""
	case most == 1:
		return "[0-9]"
	case most == least:
		return fmt.Sprintf("[0-9]{%d}", most)
	}
	return fmt.Sprintf("[0-9]{%d,%d}", least, most)
}
