package item_test

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"simple-sam-demo/shared/item"
)

// taken are the names that an item of any kind has for something else: in JSON, in the table, in the
// answers of the API, or as a column of the data set. The others of the data set begin with p_.
var taken = []string{
	"id", "created_at", "status", "message", "pred_target", "pred_probability", "model_version", "classified_at",
	"failure_code", "failure_reason", "failed_at", "class", "split",
}

func TestTheFeaturesAreSuchAsTheRestCanWorkWith(t *testing.T) {
	if len(item.Features) == 0 {
		t.Fatal("an item has no features: expected one at least")
	}
	form := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	seen := map[string]bool{}
	for i, f := range item.Features {
		if !form.MatchString(f.Name) {
			t.Errorf("feature %d is called %q: expected a small letter, and then small letters, digits and _", i, f.Name)
		}
		if slices.Contains(taken, f.Name) {
			t.Errorf("feature %d is called %q, which is the name of something else", i, f.Name)
		}
		if seen[f.Name] {
			t.Errorf("two features are called %q", f.Name)
		}
		seen[f.Name] = true
		if strings.ContainsFunc(f.Unit, unicode.IsControl) || strings.TrimSpace(f.Unit) != f.Unit {
			t.Errorf("the unit of %s is %q: expected text of one line, without spaces around it", f.Name, f.Unit)
		}
		if !(f.Min < f.Max) {
			t.Errorf("%s is from %g to %g: expected the least number first", f.Name, f.Min, f.Max)
		}
		for _, bound := range []float64{f.Min, f.Max} {
			// The limits of package classifier build on 1e100. DynamoDB stores no number that is smaller than 1e-130.
			if size := math.Abs(bound); !(size == 0 || size >= 1e-130 && size <= 1e100) {
				t.Errorf("%s is limited by %g: expected 0, or a number between 1e-130 and 1e100 or their negatives", f.Name, bound)
			}
		}
	}
	for _, i := range item.Plotted {
		if i < 0 || i >= len(item.Features) {
			t.Errorf("Plotted has %d: expected an index of Features, so from 0 to %d", i, len(item.Features)-1)
		}
	}
}

// Features of other kinds than those that this item happens to have.
var (
	mass        = item.Feature{Name: "mass", Unit: "g", Min: 0, Max: 5000, OverMin: true}
	temperature = item.Feature{Name: "outer_temperature_2", Unit: "°C", Min: -40, Max: 60}
	charge      = item.Feature{Name: "charge", Min: -1.5, Max: -1e-9, OverMin: true}
	size        = item.Feature{Name: "size", Min: 0, Max: 1e100}
)

func TestAFeatureAdmitsTheNumbersOfItsRange(t *testing.T) {
	for _, test := range []struct {
		feature item.Feature
		yes, no []float64
	}{
		{mass, []float64{1e-130, 1, 5000}, []float64{0, math.Copysign(0, -1), -1, 1e-131, 5000.000001, 1e100}},
		{temperature, []float64{-40, -1e-130, math.Copysign(0, -1), 0, 1e-130, 60}, []float64{-40.00001, 60.00001, 1e-131, -1e-131}},
		{charge, []float64{-1.4999, -1e-9}, []float64{-1.5, -1.6, -1e-10, 0, 1}},
		{size, []float64{0, 3, 1e100}, []float64{-1, -1e-130, 1e-131, 1.1e100}},
	} {
		for _, number := range test.yes {
			if !test.feature.Valid(number) {
				t.Errorf("%s of %g is not valid", test.feature.Name, number)
			}
		}
		for _, number := range append(test.no, math.NaN(), math.Inf(1), math.Inf(-1)) {
			if test.feature.Valid(number) {
				t.Errorf("%s of %g is valid", test.feature.Name, number)
			}
		}
	}
}

func TestAFeatureIsNamedWithItsUnitAndRange(t *testing.T) {
	for _, test := range []struct {
		feature      item.Feature
		label, fault string
	}{
		{mass, "mass (g)", "mass must be over 0 and at most 5000 g."},
		{temperature, "outer temperature 2 (°C)", "outer_temperature_2 must be at least -40 and at most 60 °C."},
		{charge, "charge", "charge must be over -1.5 and at most -1e-09."},
		{size, "size", "size must be at least 0 and at most 1e+100."},
	} {
		if got := test.feature.Label(); got != test.label {
			t.Errorf("label %q, want %q", got, test.label)
		}
		if got := test.feature.Fault(); got != test.fault {
			t.Errorf("fault %q, want %q", got, test.fault)
		}
	}
}

func TestANumberHasOneCanonicalForm(t *testing.T) {
	for number, want := range map[float64]string{5.1: "5.1", 1.40: "1.4", 100: "100", 1e21: "1e+21", -0.5: "-0.5", 1e-7: "1e-07", 0.30000000000000004: "0.30000000000000004"} {
		if got := item.FormatNumber(number); got != want {
			t.Errorf("%g is written %s, want %s", number, got, want)
		}
	}
	if got := item.FormatNumber(math.Copysign(0, -1)); got != "0" {
		t.Errorf("-0 is written %s, want 0, which is the same number", got)
	}
}
