package value_test

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"simple-sam-demo/local/dynamodb/value"
)

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
func TestANumberIsShownAsDynamoDBShowsIt(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0E125": "0", "00E-130": "0", "00042": "42", "+7": "7", ".5": "0.5", "5.": "5", "5.10": "5.1", "1.5E2": "150", "1e-3": "0.001",
		"-12.340": "-12.34", "100": "100", "12345678901234567890123456789012345678": "12345678901234567890123456789012345678",
		"1E125": "1" + strings.Repeat("0", 125), "1E-130": "0." + strings.Repeat("0", 129) + "1",
		"9.9999999999999999999999999999999999999E125": strings.Repeat("9", 38) + strings.Repeat("0", 88),
	} {
		v, err := value.Number(text)
		if err != nil || v.Number() != want {
			t.Errorf("%s is shown as %s (%v), want %s", text, v.Number(), err, want)
		}
	}
}

// https://github.com/paritysuite/dynamodb-conformance recorded what is told of exponents (limits/numberExponent).
func TestAnInvalidNumberIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "numeric value: ", " 1": "numeric value:  1", "1 ": "numeric value: 1 ", "0x1": "numeric value: 0x1", "1.2.3": "numeric value: 1.2.3",
		"NaN": "numeric value: NaN", "Infinity": "numeric value: Infinity", "1e": "numeric value: 1e", "--1": "numeric value: --1", "1e+-2": "numeric value: 1e+-2",
		"1E126": "overflow", "-1E126": "overflow", "1E9223372036854775807": "overflow", "1E-131": "underflow", "1E-9223372036854775807": "underflow",
		"0E126": "overflow", "0E-131": "underflow", "1E9223372036854775808": "numeric value: 1E9223372036854775808",
		"1." + strings.Repeat("0", 37) + "1": "more than 38 significant digits",
	} {
		if _, err := value.Number(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// drawNumber draws a number and returns it also as a rational.
func drawNumber(t *rapid.T) (value.Value, *big.Rat) {
	digits := rapid.StringMatching(`-?[0-9]{1,38}`).Draw(t, "digits")
	text := fmt.Sprintf("%sE%d", digits, rapid.IntRange(-120, 80).Draw(t, "exponent"))
	v, err := value.Number(text)
	if err != nil {
		t.Fatal(text, err)
	}
	r, _ := new(big.Rat).SetString(text)
	return v, r
}

func TestNumbersSortAndAreAddedAsRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			a, x := drawNumber(t)
			b, y := drawNumber(t)
			if got := cmp.Compare(value.Compare(a, b), 0); got != x.Cmp(y) {
				t.Fatalf("%s and %s compare as %d", a.Number(), b.Number(), got)
			}
			sum, err := value.Add(a, b, false)
			if z, _ := new(big.Rat).SetString(sum0(sum, err)); err == nil && z.Cmp(new(big.Rat).Add(x, y)) != 0 {
				t.Fatalf("%s and %s are %s", a.Number(), b.Number(), sum.Number())
			}
			if back, _ := new(big.Rat).SetString(a.Number()); back.Cmp(x) != 0 {
				t.Fatalf("%v is shown as %s", x, a.Number())
			}
		}
	})
}

func TestADifferenceOfNothingIsZero(t *testing.T) {
	for _, text := range []string{"9.9999999999999999999999999999999999999E125", "1.0000000000000000000000000000000000001E-130"} {
		v, err := value.Number(text)
		if err != nil {
			t.Fatal(err)
		}
		if zero, err := value.Add(v, v, true); err != nil || zero.Number() != "0" {
			t.Errorf("%s less itself is %v, %v", text, zero, err)
		}
	}
}

func sum0(v value.Value, err error) string {
	if err != nil {
		return "0"
	}
	return v.Number()
}

func TestAStoredItemIsReadBackUnchanged(t *testing.T) {
	const text = `{"b":{"B":"AP8="},"bs":{"BS":["AQ==","Ag=="]},"l":{"L":[{"M":{"x":{"N":"-1.5"}}},{"NULL":true},{"BOOL":false}]},"n":{"N":"12"},"ns":{"NS":["0","7"]},"s":{"S":"é\u0000"},"ss":{"SS":["","a"]},"z":{"M":{}}}`
	var item value.Item
	if err := item.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if got := string(item.Store().Item().AppendJSON(nil)); got != text {
		t.Errorf("it is %s, want %s", got, text)
	}
}
