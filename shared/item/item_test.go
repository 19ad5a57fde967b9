package item_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// The features that the bodies of these tests are about; they are the same if there is only one.
var (
	first = item.Features[0]
	last  = item.Features[len(item.Features)-1]
)

// member is a member of a JSON object.
func member(name, value string) string { return `"` + name + `":` + value }

// body returns a good body with other members in the place of the last feature's.
func body(members ...string) string {
	all := []string{}
	for _, f := range item.Features[:len(item.Features)-1] {
		all = append(all, member(f.Name, item.FormatNumber(f.Max)))
	}
	return "{" + strings.Join(append(all, members...), ",") + "}"
}

// with returns a good body with another value of the last feature.
func with(value string) string { return body(member(last.Name, value)) }

// plus returns a good body with more members.
func plus(members ...string) string {
	return body(append([]string{member(last.Name, item.FormatNumber(last.Max))}, members...)...)
}

// ofAll joins a text about each feature.
func ofAll(text func(name string) string) string {
	var all []string
	for _, f := range item.Features {
		all = append(all, text(f.Name))
	}
	return strings.Join(all, " ")
}

func TestParseNamesEveryFault(t *testing.T) {
	const notObject = "expected a JSON object."
	unparsable := "can't parse " + last.Name + " to float."
	duplicate := "duplicate key " + last.Name + " in body."
	upper := strings.ToUpper(last.Name)
	escaped := fmt.Sprintf(`\u%04x%s`, last.Name[0], last.Name[1:])
	greatest := item.FormatNumber(last.Max)
	for name, test := range map[string]struct{ body, want string }{
		"empty":             {"", "body is empty."},
		"not JSON":          {"{", "can't decode body."},
		"only space":        {" ", "can't decode body."},
		"two objects":       {plus() + plus(), "can't decode body."},
		"nested too deep":   {strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), "can't decode body."},
		"a number":          {"5", notObject},
		"null":              {"null", notObject},
		"an array":          {"[1,2]", notObject},
		"a string":          {`"{}"`, notObject},
		"missing key":       {body(), "missing key " + last.Name + " in body."},
		"other case":        {body(member(upper, greatest)), "missing key " + last.Name + " in body. unknown key " + upper + " in body."},
		"space in a key":    {body(member(last.Name+" ", greatest)), "missing key " + last.Name + " in body. unknown key " + last.Name + "  in body."},
		"unknown key":       {plus(`"note":1`), "unknown key note in body."},
		"forged prediction": {plus(`"pred_target":"x"`), "unknown key pred_target in body."},
		"two unknown keys":  {plus(`"b":1`, `"a":1`), "unknown key a in body. unknown key b in body."},
		"four unknown keys": {plus(`"a":1`, `"b":1`, `"c":1`, `"d":1`), "unknown key a in body. unknown key b in body. unknown key c in body. unknown key d in body."},
		"five unknown keys": {plus(`"a":1`, `"b":1`, `"c":1`, `"d":1`, `"e":1`),
			"unknown key a in body. unknown key b in body. unknown key c in body. unknown key d in body. 1 more unknown keys in body."},
		"a key twice":       {plus(member(first.Name, item.FormatNumber(first.Min))), "duplicate key " + first.Name + " in body."},
		"twice the same":    {plus(member(last.Name, greatest)), duplicate},
		"twice, escaped":    {plus(member(escaped, greatest)), duplicate},
		"twice, one bad":    {body(member(last.Name, `"abc"`), member(last.Name, greatest)), duplicate},
		"unknown key twice": {plus(`"note":1`, `"note":2`), "unknown key note in body."},
		"key once in value": {with("{" + member(last.Name, greatest) + "," + member(last.Name, greatest) + "}"), unparsable},
		"long key":          {plus(`"` + strings.Repeat("‹", 65_000) + `":1`), "unknown key " + strings.Repeat("‹", 40) + "… in body."},
		"just as long key":  {plus(`"` + strings.Repeat("𝄞", 40) + `":1`), "unknown key " + strings.Repeat("𝄞", 40) + " in body."},
		"a key too long":    {plus(`"` + strings.Repeat("𝄞", 41) + `":1`), "unknown key " + strings.Repeat("𝄞", 40) + "… in body."},
		"many unknown keys": {plus(`"f":1,"e":1,"d":1,"c":1,"b":1,"a":1`), "unknown key a in body. unknown key b in body. unknown key c in body. unknown key d in body. 2 more unknown keys in body."},
		"missing, unknown":  {body(`"a":"abc"`), "missing key " + last.Name + " in body. unknown key a in body."},
		"all missing":       {"{}", ofAll(func(name string) string { return "missing key " + name + " in body." })},
		"all words": {"{" + strings.ReplaceAll(ofAll(func(name string) string { return member(name, `"abc"`) }), " ", ",") + "}",
			ofAll(func(name string) string { return "can't parse " + name + " to float." })},
		"word":             {with(`"abc"`), unparsable},
		"empty string":     {with(`""`), unparsable},
		"space around":     {with(`" 1"`), unparsable},
		"value null":       {with("null"), unparsable},
		"value true":       {with("true"), unparsable},
		"value array":      {with("[]"), unparsable},
		"value object":     {with("{}"), unparsable},
		"underscore":       {with(`"1_0"`), unparsable},
		"hexadecimal":      {with(`"0x1p-2"`), unparsable},
		"string in string": {with(`"\"1\""`), unparsable},
		"nan":              {with(`"nan"`), unparsable},
		"inf":              {with(`"inf"`), unparsable},
		"Infinity":         {with(`"Infinity"`), unparsable},
		"two signs":        {with(`"--1"`), unparsable},
		"only exponent":    {with(`"e"`), unparsable},
		"huge":             {with("1e400"), last.Fault()},
		"minus huge":       {with(`"-1e400"`), last.Fault()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := item.ParseMeasurements([]byte(test.body))
			if err == nil {
				t.Fatalf("ParseMeasurements(%s) succeeded; want error %q", test.body, test.want)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseAdmitsTheNumbersOfTheRangeAlone(t *testing.T) {
	for i, feature := range item.Features {
		for number, valid := range map[float64]bool{
			feature.Max: true,
			feature.Min: !feature.OverMin,
			math.Nextafter(feature.Max, math.Inf(-1)): true,
			sample.Above(feature):                     false,
			sample.Below(feature):                     false,
		} {
			m := item.Measurements{}
			for j, other := range item.Features {
				m[j] = other.Max
			}
			m[i] = number
			for _, text := range []string{sample.Object(m), sample.Texts(m)} {
				got, err := item.ParseMeasurements([]byte(text))
				switch {
				case valid && (err != nil || got != m):
					t.Errorf("ParseMeasurements(%s) = %v, %v; want %v", text, got, err, m)
				case !valid && (err == nil || err.Error() != feature.Fault()):
					t.Errorf("ParseMeasurements(%s) = %v, %v; want the error %q", text, got, err, feature.Fault())
				}
			}
		}
	}
}

func TestZeroHasNoSign(t *testing.T) {
	for _, zero := range []string{"0", "-0", `"-0.0"`, "1e-131", "-1e-131", "-1e-400"} {
		got, err := item.ParseMeasurements([]byte(with(zero)))
		if !last.Valid(0) {
			if err == nil || err.Error() != last.Fault() {
				t.Errorf("%s: error %v, want %q", zero, err, last.Fault())
			}
			continue
		}
		if number := got[len(got)-1]; err != nil || number != 0 || math.Signbit(number) {
			t.Errorf("%s is read as %g, %v; want 0", zero, number, err)
		}
	}
	var zeros, negative item.Measurements
	for i := range negative {
		negative[i] = math.Copysign(0, -1)
	}
	if zeros.ID() != negative.ID() {
		t.Errorf("the id of %v is %s, and that of %v is %s", zeros, zeros.ID(), negative, negative.ID())
	}
}

func TestTheSameMeasurementsAreOneItem(t *testing.T) {
	for n := range 100 {
		m := sample.Nth(n)
		for _, body := range []string{sample.Object(m), sample.Texts(m), sample.Otherwise(m), " \n" + strings.ReplaceAll(sample.Object(m), ":", " :\t") + "\r\n"} {
			got, err := item.ParseMeasurements([]byte(body))
			if err != nil || got.ID() != m.ID() {
				t.Errorf("ParseMeasurements(%s) = %v, %v; want the id %s", body, got, err, m.ID())
			}
		}
	}
}

func TestDifferentMeasurementsAreDifferentItems(t *testing.T) {
	items := map[string]item.Measurements{}
	for n := range 10_000 {
		m := sample.Nth(n)
		if other, ok := items[m.ID()]; ok {
			t.Errorf("%v and %v have the same id %s", m, other, m.ID())
		}
		items[m.ID()] = m
	}
	for i := 1; i < len(item.Features); i++ { // without a comma, 1 and 11 would run together like 11 and 1
		var a, b item.Measurements
		a[i-1], a[i] = 1, 11
		b[i-1], b[i] = 11, 1
		if a.ID() == b.ID() {
			t.Errorf("%v and %v have the same id %s", a, b, a.ID())
		}
	}
}

func TestParsingWhatWasFormattedGivesTheSameID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m item.Measurements
		object := map[string]any{}
		for i, f := range item.Features {
			m[i] = rapid.Float64Range(f.Min-1, f.Max+(f.Max-f.Min)/100).Draw(t, f.Name)
			if rapid.Bool().Draw(t, "as string") {
				object[f.Name] = item.FormatNumber(m[i])
			} else {
				object[f.Name] = m[i]
			}
			if math.Abs(m[i]) < 1e-130 {
				m[i] = 0
			}
		}
		text, _ := json.Marshal(object)
		got, err := item.ParseMeasurements(text)
		if (err == nil) != (m.Validate() == nil) {
			t.Fatalf("ParseMeasurements(%s): %v, but Validate: %v", text, err, m.Validate())
		}
		if err == nil && (got != m || got.ID() != m.ID() || !item.ValidID(got.ID())) {
			t.Fatalf("ParseMeasurements(%s) = %v, want %v", text, got, m)
		}
	})
}

func TestMeasurementsAreWrittenInTheOrderAndFormOfJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m item.Measurements
		var members []string
		for i, f := range item.Features {
			// Numbers around the places where the form changes, and any others.
			m[i] = rapid.OneOf(rapid.Float64(), rapid.Float64Range(1e-7, 1e-5), rapid.Float64Range(1e20, 1e22), rapid.Just(math.Inf(-1))).Draw(t, f.Name)
			value, err := json.Marshal(m[i])
			if err != nil {
				value = []byte("null")
			}
			members = append(members, member(f.Name, string(value)))
		}
		got, err := json.Marshal(m)
		if want := "{" + strings.Join(members, ",") + "}"; err != nil || string(got) != want {
			t.Fatalf("written as %s, %v; want %s", got, err, want)
		}
	})
}

func TestValidIDAdmitsOnlyWhatIDReturns(t *testing.T) {
	for _, id := range []string{"", "abc", strings.Repeat("A", 32), strings.Repeat("g", 32), strings.Repeat("a", 31), strings.Repeat("a", 33)} {
		if item.ValidID(id) {
			t.Errorf("ValidID(%q) = true", id)
		}
	}
	const hexadecimal = "0123456789abcdef"
	for c := range 256 {
		for at := range 32 {
			id := []byte(strings.Repeat("a", 32))
			id[at] = byte(c)
			if valid := strings.Contains(hexadecimal, string(rune(c))); item.ValidID(string(id)) != valid {
				t.Errorf("ValidID(%q) = %t", id, !valid)
			}
		}
	}
}

// The form changes where that of encoding/json does.
func TestANumberIsWrittenWithAnExponentWhenItIsTinyOrHuge(t *testing.T) {
	for number, want := range map[float64]string{
		0: "0", 1e-6: "0.000001", math.Nextafter(1e-6, 0): "9.999999999999997e-7", 1e-7: "1e-7", 1e-10: "1e-10", 1e-100: "1e-100",
		math.Inf(1): "null", math.Inf(-1): "null", math.NaN(): "null",
		math.Nextafter(1e21, 0): "999999999999999900000", 1e21: "1e+21", 1e100: "1e+100",
	} {
		m := item.Measurements{number}
		got, err := json.Marshal(m)
		if start := "{" + member(item.Features[0].Name, want); err != nil || !strings.HasPrefix(string(got), start+",") && string(got) != start+"}" {
			t.Errorf("%g is written as %s, %v; want %s…", number, got, err, start)
		}
	}
}

// DynamoDB stores numbers from 1E-130 on. A smaller one is 0.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
func TestTheSmallestNumberIsThatOfDynamoDB(t *testing.T) {
	anything := item.Feature{Name: "x", Min: -1, Max: 1}
	for number, valid := range map[float64]bool{1e-130: true, -1e-130: true, 9.9e-131: false, -9.9e-131: false, 5e-131: false, 0: true} {
		if anything.Valid(number) != valid {
			t.Errorf("Valid(%g) = %t", number, !valid)
		}
	}
}

// A stored item may have a text in its place, or nothing.
func TestAMeasurementThatIsNoNumberIsNotSaidToBeOutOfRange(t *testing.T) {
	var m item.Measurements
	for i := range m {
		m[i] = math.NaN()
	}
	want := make([]string, len(m))
	for i, feature := range item.Features {
		want[i] = feature.Name + " must be a number."
	}
	if err := m.Validate(); err == nil || err.Error() != strings.Join(want, " ") {
		t.Errorf("%v, want %q", err, want)
	}
}

// JSON has no NaN. The table has none either, so this is a mistake in the code, and half an item would hide it.
func TestAnItemThatJSONCannotShowIsAnError(t *testing.T) {
	if got, err := (item.Item{Prediction: &item.Prediction{Probability: math.NaN()}}).MarshalJSON(); err == nil {
		t.Errorf("written as %s", got)
	}
}

// These words are in the table, in the dead letters and in the API.
func TestTheFailureCodesAreTheDocumentedOnes(t *testing.T) {
	want := [3]string{"MalformedMessage", "InvalidItem", "RetriesExhausted"}
	if got := [3]string{item.MalformedMessage, item.InvalidItem, item.RetriesExhausted}; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestItemShowsItsDerivedStatus(t *testing.T) {
	m := sample.Example()
	shown := item.Item{ID: `i","created_at":"`, Measurements: m, CreatedAt: "2026-11-23T10:00:00.000Z"}
	start := `{"id":"i\",\"created_at\":\"",` + strings.Trim(sample.Object(m), "{}") + `,"created_at":"2026-11-23T10:00:00.000Z",`
	prediction := &item.Prediction{Target: "a class", Probability: 0.97, ModelVersion: "v", ClassifiedAt: "c"}
	failure := &item.Failure{Code: "InvalidItem", Reason: "r", FailedAt: "f"}
	const predicted = `,"pred_target":"a class","pred_probability":0.97,"model_version":"v","classified_at":"c"`
	const failed = `,"failure_code":"InvalidItem","failure_reason":"r","failed_at":"f"`

	for want, known := range map[string]struct {
		prediction *item.Prediction
		failure    *item.Failure
	}{
		start + `"status":"PENDING"}`:                          {nil, nil},
		start + `"status":"CLASSIFIED"` + predicted + `}`:      {prediction, nil},
		start + `"status":"FAILED"` + failed + `}`:             {nil, failure},
		start + `"status":"FAILED"` + predicted + failed + `}`: {prediction, failure},
	} {
		shown.Prediction, shown.Failure = known.prediction, known.failure
		got, err := json.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("item (-want +got):\n%s", diff)
		}
	}
}
