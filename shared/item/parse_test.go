package item

import (
	"encoding/json"
	"math"
	"testing"
)

// Zero is a number like others, where a feature can be zero. It has no sign, and it is what is left of a
// number that DynamoDB cannot tell from it.
func TestZeroIsReadWhereAFeatureCanBeZero(t *testing.T) {
	temperature := Feature{Name: "temperature", Unit: "°C", Min: -40, Max: 60}
	count := Feature{Name: "count", Min: 0, Max: 10}
	mass := Feature{Name: "mass", Unit: "g", Min: 0, Max: 10, OverMin: true}
	for _, text := range []string{"0", "-0", `"-0.0"`, `"+0"`, "0e5", "1e-131", "-1e-131", "-1e-400"} {
		for _, feature := range []Feature{temperature, count} {
			number, fault := readNumber(feature, []json.RawMessage{[]byte(text)})
			if fault != "" || number != 0 || math.Signbit(number) {
				t.Errorf("a %s of %s is read as %g, %q; want 0", feature.Name, text, number, fault)
			}
		}
		if _, fault := readNumber(mass, []json.RawMessage{[]byte(text)}); fault != "mass must be over 0 and at most 10 g." {
			t.Errorf("a mass of %s: %q", text, fault)
		}
	}
}

func TestANegativeNumberIsReadWhereAFeatureCanBeNegative(t *testing.T) {
	temperature := Feature{Name: "temperature", Unit: "°C", Min: -40, Max: 60}
	for text, want := range map[string]float64{"-40": -40, `"-4e1"`: -40, "-1e-130": -1e-130, `"-.5"`: -0.5} {
		if number, fault := readNumber(temperature, []json.RawMessage{[]byte(text)}); number != want || fault != "" {
			t.Errorf("%s is read as %g, %q; want %g", text, number, fault, want)
		}
	}
	if _, fault := readNumber(temperature, []json.RawMessage{[]byte("-40.5")}); fault != "temperature must be at least -40 and at most 60 °C." {
		t.Errorf("-40.5: %q", fault)
	}
}
