package value

import (
	"math/big"
	"strconv"
	"strings"
)

// The limits of a number: it has up to 38 significant digits, and its absolute value is 0 or from
// 1E-130 to 9.99…E125.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

// The messages with which DynamoDB refuses a number.
const (
	notNumeric   = "The parameter cannot be converted to a numeric value"
	overflow     = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	underflow    = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	tooManyDigit = "Attempting to store more than 38 significant digits in a Number"
)

// IsNumeric reports whether an error is about a number.
func IsNumeric(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, notNumeric) || text == overflow || text == underflow || text == tooManyDigit
}

// decimal is a decimal number. Its first digit counts for 10^exponent: the digits "123" with the
// exponent 1 are 12.3. The digits have no zero at the beginning or the end. Zero has no digits, and the exponent that is
// written after it.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// Number returns the value for a number in a text, such as -1.50E3.
func Number(text string) (Value, error) {
	d, ok := parseDecimal(text)
	if !ok {
		return Value{}, Invalid(notNumeric + ": " + text)
	}
	return d.value()
}

// Whole returns the value for a whole number.
func Whole(n int) Value {
	d, _ := parseDecimal(strconv.Itoa(n))
	return Value{Kind: N, Text: d.ordered()}
}

// Number returns a number as the text that DynamoDB shows.
func (v Value) Number() string { return string(parseOrdered(v.Text).appendPlain(nil)) }

// value returns the number as a value. It returns an error if the number is out of range.
func (d decimal) value() (Value, error) {
	switch {
	case d.exponent > maxExponent:
		return Value{}, Invalid(overflow)
	case d.exponent < minExponent:
		return Value{}, Invalid(underflow)
	case len(d.digits) > maxDigits:
		return Value{}, Invalid(tooManyDigit)
	}
	return Value{Kind: N, Text: d.ordered()}, nil
}

func parseDecimal(text string) (d decimal, ok bool) {
	if text != "" && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	var room [48]byte
	significant := room[:0]
	digits, zeros, power, point := 0, 0, 0, false // zeros counts the zeros at the beginning
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case '0' <= b && b <= '9':
			if digits++; !point {
				d.exponent++
			}
			if b == '0' && len(significant) == 0 {
				zeros++
			} else {
				significant = append(significant, b)
			}
		case b == '.' && !point:
			point = true
		case b == 'e' || b == 'E':
			n, err := strconv.ParseInt(text[i+1:], 10, 64) // DynamoDB converts no larger exponent
			if err != nil {
				return d, false
			}
			power = int(max(min(n, 1<<20), -1<<20))
			i = len(text)
		default:
			return d, false
		}
	}
	if d.digits = strings.TrimRight(string(significant), "0"); d.digits == "" {
		return decimal{exponent: power}, digits > 0
	}
	d.exponent += power - zeros - 1
	return d, true
}

// The first byte of the ordered form, see [decimal.ordered].
const (
	negative = 1 + iota
	zero
	positive
)

// ordered returns a form of the number whose bytes sort in the order of numbers. It has the sign, the
// exponent, a byte for every two digits, and a zero byte. In a negative number all bytes after the
// sign are inverted.
func (d decimal) ordered() string {
	if d.digits == "" {
		return string([]byte{zero})
	}
	var room [3 + maxDigits/2]byte
	bytes := append(room[:0], positive, byte(d.exponent-minExponent))
	for i := 0; i < len(d.digits); i += 2 {
		pair := (d.digits[i] - '0') * 10
		if i+1 < len(d.digits) {
			pair += d.digits[i+1] - '0'
		}
		bytes = append(bytes, pair+1)
	}
	bytes = append(bytes, 0)
	if d.negative {
		bytes[0] = negative
		for i := range bytes[1:] {
			bytes[i+1] = ^bytes[i+1]
		}
	}
	return string(bytes)
}

// parseOrdered is the inverse of ordered.
func parseOrdered(form string) decimal {
	if form[0] == zero {
		return decimal{}
	}
	d := decimal{negative: form[0] == negative}
	invert := byte(0)
	if d.negative {
		invert = 0xff
	}
	d.exponent = int(form[1]^invert) + minExponent
	var room [maxDigits]byte
	digits := room[:0]
	for i := 2; i < len(form)-1; i++ {
		pair := form[i] ^ invert - 1
		digits = append(digits, '0'+pair/10, '0'+pair%10)
	}
	if last := len(digits) - 1; digits[last] == '0' {
		digits = digits[:last]
	}
	d.digits = string(digits)
	return d
}

// numberSize returns the size of a number in bytes: 1, plus 1 for every two digits of its whole part,
// plus 1 for every two digits of its fraction, plus 1 for a minus sign. Zeros at the beginning and
// the end do not count. AWS documents this only "approximately";
// https://github.com/paritysuite/dynamodb-conformance measured it (tests/tier3/limits/numberByteSize).
func numberSize(form string) int {
	if form[0] == zero {
		return 1
	}
	size, invert := 1, byte(0)
	if form[0] == negative {
		size, invert = 2, 0xff
	}
	digits := 2 * (len(form) - 3)
	if (form[len(form)-2]^invert-1)%10 == 0 {
		digits--
	}
	whole := max(0, min(digits, int(form[1]^invert)+minExponent+1))
	return size + (whole+1)/2 + (digits-whole+1)/2
}

// appendPlain appends the number as DynamoDB shows it: without an exponent and without needless zeros.
func (d decimal) appendPlain(dst []byte) []byte {
	if d.digits == "" {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	switch whole := d.exponent + 1; {
	case whole <= 0:
		dst = append(append(dst, '0', '.'), strings.Repeat("0", -whole)...)
		return append(dst, d.digits...)
	case whole >= len(d.digits):
		return append(append(dst, d.digits...), strings.Repeat("0", whole-len(d.digits))...)
	default:
		dst = append(append(dst, d.digits[:whole]...), '.')
		return append(dst, d.digits[whole:]...)
	}
}

// Add returns a + b, or a - b if minus is true. It returns an error if the result has too many digits
// or is out of range.
func Add(a, b Value, minus bool) (Value, error) {
	x, y := parseOrdered(a.Text), parseOrdered(b.Text)
	y.negative = y.negative != minus
	scale := min(x.scale(), y.scale())
	sum := new(big.Int).Add(x.scaled(scale), y.scaled(scale))
	if sum.Sign() == 0 {
		return Whole(0), nil
	}
	d, _ := parseDecimal(sum.String())
	d.exponent += scale
	if len(d.digits) > maxDigits { // DynamoDB has this message for a sum
		return Value{}, Invalid(overflow)
	}
	return d.value()
}

// scale is the exponent of the last digit.
func (d decimal) scale() int { return d.exponent + 1 - len(d.digits) }

// scaled returns the number divided by 10^scale.
func (d decimal) scaled(scale int) *big.Int {
	n := new(big.Int)
	n.SetString("0"+d.digits+strings.Repeat("0", d.scale()-scale), 10)
	if d.negative {
		n.Neg(n)
	}
	return n
}
