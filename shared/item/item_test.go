package item_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simple-sam-demo/shared/item"
)

// with returns a good body with the value of petal_width replaced.
func with(petalWidth string) string {
	return `{"sepal_length":5.1,"sepal_width":"3.5","petal_length":1.4,"petal_width":` + petalWidth + `}`
}

func TestParseNamesEveryFault(t *testing.T) {
	const (
		unparsable = "can't parse petal_width to float."
		outOfRange = "petal_width must be over 0 and at most 100 cm."
		notObject  = "expected a JSON object."
	)
	for name, test := range map[string]struct{ body, want string }{
		"empty":             {"", "body is empty."},
		"not JSON":          {"{", "can't decode body."},
		"only space":        {" ", "can't decode body."},
		"two objects":       {with("1") + with("1"), "can't decode body."},
		"nested too deep":   {strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), "can't decode body."},
		"a number":          {"5", notObject},
		"null":              {"null", notObject},
		"an array":          {"[1,2]", notObject},
		"a string":          {`"{}"`, notObject},
		"missing key":       {`{"sepal_length":1,"sepal_width":1,"petal_length":1}`, "missing key petal_width in body."},
		"other case":        {`{"sepal_length":1,"sepal_width":1,"petal_length":1,"Petal_Width":1}`, "missing key petal_width in body. unknown key Petal_Width in body."},
		"unknown key":       {`{"note":1,` + with("1")[1:], "unknown key note in body."},
		"forged prediction": {`{"pred_target":"setosa",` + with("1")[1:], "unknown key pred_target in body."},
		"two unknown keys":  {`{"b":1,"a":1,` + with("1")[1:], "unknown key a in body. unknown key b in body."},
		"a key twice":       {with(`1,"sepal_length":9`), "duplicate key sepal_length in body."},
		"twice the same":    {with(`1,"petal_width":1`), "duplicate key petal_width in body."},
		"twice, escaped":    {with(`1,"petal\u005fwidth":1`), "duplicate key petal_width in body."},
		"twice, one bad":    {with(`"abc","petal_width":1`), "duplicate key petal_width in body."},
		"unknown key twice": {with(`1,"note":1,"note":2`), "unknown key note in body."},
		"key once in value": {with(`{"petal_width":1,"petal_width":1}`), unparsable},
		"long key":          {with(`1,"` + strings.Repeat("‹", 65_000) + `":1`), "unknown key " + strings.Repeat("‹", 40) + "… in body."},
		"many unknown keys": {with(`1,"f":1,"e":1,"d":1,"c":1,"b":1,"a":1`), "unknown key a in body. unknown key b in body. unknown key c in body. unknown key d in body. 2 more unknown keys in body."},
		"several faults":    {`{"sepal_length":1,"sepal_width":1,"petal_width":"abc"}`, "missing key petal_length in body. " + unparsable},
		"empty object": {"{}", "missing key sepal_length in body. missing key sepal_width in body. " +
			"missing key petal_length in body. missing key petal_width in body."},
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
		"zero":             {with("0"), outOfRange},
		"negative zero":    {with(`"-0"`), outOfRange},
		"negative":         {with("-1"), outOfRange},
		"over 100":         {with("100.00001"), outOfRange},
		"huge":             {with("1e400"), outOfRange},
		"minus huge":       {with(`"-1e400"`), outOfRange},
		"below DynamoDB's": {with("1e-131"), outOfRange},
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

func TestTheSameMeasurementsAreOneItem(t *testing.T) {
	want := item.Measurements{5.1, 3.5, 1.4, 0.2}.ID()
	for _, body := range []string{
		`{"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2}`,
		`{"sepal_length":"5.1","sepal_width":"3.5","petal_length":"1.4","petal_width":"0.2"}`,
		`{"petal_width":".2","petal_length":"+1.40","sepal_width":"35e-1","sepal_length":5.10}`,
		" \n{\"petal_width\": 0.20,\"petal_length\":1.4,\"sepal_width\":3.5,\"sepal_length\":\"05.1\"}\n",
	} {
		got, err := item.ParseMeasurements([]byte(body))
		if err != nil || got.ID() != want {
			t.Errorf("ParseMeasurements(%s) = %v, %v; want the id %s", body, got, err, want)
		}
	}
}

func TestIDIsTheHashOfTheCanonicalMeasurements(t *testing.T) {
	// printf 5.1,3.5,1.4,0.2 | sha256sum | cut -c 1-32
	const want = "7a28b976958cde0e54a2c90da2b25da4"
	if got := (item.Measurements{5.1, 3.5, 1.4, 0.2}).ID(); got != want {
		t.Errorf("ID() = %s, want %s: stored items would be lost under another id", got, want)
	}
}

func TestMeasurementsThatRunTogetherAlikeHaveDifferentIDs(t *testing.T) {
	a := item.Measurements{1.1, 1, 2, 3}
	b := item.Measurements{1, .11, 2, 3}
	if a.ID() == b.ID() {
		t.Errorf("%v and %v have the same id %s", a, b, a.ID())
	}
}

func TestParsingWhatWasFormattedGivesTheSameID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m item.Measurements
		body := map[string]any{}
		for i, feature := range item.Features {
			m[i] = rapid.Float64Range(math.SmallestNonzeroFloat64, 101).Draw(t, feature)
			if rapid.Bool().Draw(t, "as string") {
				body[feature] = item.FormatNumber(m[i])
			} else {
				body[feature] = m[i]
			}
		}
		text, _ := json.Marshal(body)
		got, err := item.ParseMeasurements(text)
		if (err == nil) != (m.Validate() == nil) {
			t.Fatalf("ParseMeasurements(%s): %v, but Validate: %v", text, err, m.Validate())
		}
		if err == nil && (got != m || got.ID() != m.ID() || !item.ValidID(got.ID())) {
			t.Fatalf("ParseMeasurements(%s) = %v, want %v", text, got, m)
		}
	})
}

func TestValidIDAdmitsOnlyWhatIDReturns(t *testing.T) {
	for _, id := range []string{"", "abc", strings.Repeat("A", 32), strings.Repeat("g", 32), strings.Repeat("a", 33)} {
		if item.ValidID(id) {
			t.Errorf("ValidID(%q) = true", id)
		}
	}
}

func TestItemShowsItsDerivedStatus(t *testing.T) {
	item := item.Item{ID: "i", Measurements: item.Measurements{5.1, 3.5, 1.4, 0.2}, CreatedAt: "2026-11-23T10:00:00.000Z"}
	const start = `{"id":"i","sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2,"created_at":"2026-11-23T10:00:00.000Z",`
	prediction := &item.Prediction{Target: "setosa", Probability: 0.97, ModelVersion: "v", ClassifiedAt: "c"}
	failure := &item.Failure{Code: "InvalidItem", Reason: "r", FailedAt: "f"}
	const predicted = `,"pred_target":"setosa","pred_probability":0.97,"model_version":"v","classified_at":"c"`
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
		item.Prediction, item.Failure = known.prediction, known.failure
		got, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("item (-want +got):\n%s", diff)
		}
	}
}
