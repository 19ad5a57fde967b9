package classifier_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

// A good artifact of two classes, and those of its pieces that the tests replace.
var (
	features  = list(func(i int) string { return fmt.Sprintf("%q", item.Features[i].Name) })
	firstRow  = list(func(i int) string { return fmt.Sprint(i + 1) })
	secondRow = list(func(i int) string { return fmt.Sprint(i + 101) })
	good      = `{
  "version": "2026-11-23.01",
  "features": ` + features + `,
  "classes": ["low", "high"],
  "coefficients": [` + firstRow + `, ` + secondRow + `],
  "intercepts": [9, 10],
  "trained": {"source": "s", "objective": "o", "rows": 105, "train_accuracy": 0.96, "test_accuracy": 1}
}`
	scaled = strings.Replace(good, `  "coefficients"`, `  "scaling": {"means": `+means+`, "deviations": `+deviations+`},
  "coefficients"`, 1)
	means      = list(func(i int) string { return fmt.Sprint(i + 201) })
	deviations = list(func(i int) string { return fmt.Sprint(i + 301) })
)

// list returns a JSON array with an element for each feature.
func list(element func(i int) string) string {
	var elements []string
	for i := range item.Features {
		elements = append(elements, element(i))
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

// first returns a list of [list] with another first element.
func first(array, element string) string {
	elements := strings.Split(strings.Trim(array, "[]"), ", ")
	elements[0] = element
	return "[" + strings.Join(elements, ", ") + "]"
}

// shorter returns a list of [list] without its first element, and longer one with an element more.
func shorter(array string) string {
	_, others, _ := strings.Cut(strings.Trim(array, "[]"), ", ")
	return "[" + others + "]"
}
func longer(array, element string) string {
	return strings.TrimSuffix(array, "]") + ", " + element + "]"
}

// ones is an item of which all measurements are 1, whether a feature can be or not.
func ones() (m item.Measurements) {
	for i := range m {
		m[i] = 1
	}
	return m
}

func TestParseTakesTwoClasses(t *testing.T) {
	m, err := classifier.Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if class, _ := m.Predict(ones()); class != "high" {
		t.Errorf("class %q, want high", class)
	}
}

// Each case replaces one piece of the good artifact.
func TestParseSaysWhatIsWrong(t *testing.T) {
	n := len(item.Features)
	wantNumbers := func(got int) string { return fmt.Sprintf("%d numbers, want %d", got, n) }
	for name, tc := range map[string]struct{ old, new, want string }{
		"empty":                    {good, "", "not one JSON value: unexpected end of JSON input"},
		"cut off":                  {"1}\n}", "", "unexpected end of JSON input"},
		"no JSON":                  {good, "version: 1", "invalid character 'v'"},
		"an array":                 {good, "[]", "not a JSON object"},
		"null":                     {good, "null", "not a JSON object"},
		"a second value":           {good, good + "{}", "invalid character '{' after top-level value"},
		"unknown field":            {`"version"`, `"note": "", "version"`, `unknown field "note"`},
		"field in capitals":        {`"version"`, `"Version"`, `unknown field "Version"`},
		"field twice":              {`"version"`, `"version": "2026-11-23.02", "version"`, `field "version" appears twice`},
		"field missing":            {`"intercepts": [9, 10],`, ``, `field "intercepts" is missing`},
		"field null":               {`"2026-11-23.01"`, `null`, `field "version" is null`},
		"field of another type":    {`"2026-11-23.01"`, `1`, `field "version": json: cannot unmarshal number`},
		"version":                  {`2026-11-23.01`, `1`, `version "1" is not of the form YYYY-MM-DD.NN`},
		"version's date":           {`2026-11-23.01`, `2026-11-31.01`, `does not start with a real date`},
		"feature missing":          {features, shorter(features), `features are `},
		"feature too many":         {features, longer(features, `"colour"`), `"colour"], want [`},
		"another feature":          {features, first(features, `"colour"`), `features are ["colour"`},
		"features in other order":  {features, backwards(features), `features are`},
		"one class":                {`, "high"`, ``, "1 classes, want at least 2"},
		"no class":                 {`"low", "high"`, ``, "0 classes, want at least 2"},
		"class empty":              {`"high"`, `""`, "class 1 is empty"},
		"class null":               {`"high"`, `null`, "class 1 is empty"},
		"class too long":           {`"high"`, `"` + strings.Repeat("h", 257) + `"`, "class 1 has 257 bytes, want at most 256"},
		"class twice":              {`"high"`, `"low"`, `class "low" appears twice`},
		"class without parameters": {`"high"`, `"high", "x"`, "2 rows of coefficients for 3 classes"},
		"row too short":            {secondRow, shorter(secondRow), "coefficients of high: " + wantNumbers(n-1)},
		"row too long":             {secondRow, longer(secondRow, "9"), "coefficients of high: " + wantNumbers(n+1)},
		"row null":                 {secondRow, `null`, "coefficients of high: " + wantNumbers(0)},
		"coefficient null":         {firstRow, first(firstRow, "null"), "coefficients of low: number 0 is null"},
		"coefficient infinite":     {firstRow, first(firstRow, "1e999"), `field "coefficients": json: cannot unmarshal number 1e999`},
		"coefficient NaN":          {firstRow, first(firstRow, "NaN"), "invalid character 'N'"},
		"coefficient absurd":       {firstRow, first(firstRow, "-1.1e150"), "coefficients of low: number 0 is -1.1e+150, beyond ±1e+150"},
		"coefficient as text":      {firstRow, first(firstRow, `"1"`), `field "coefficients": json: cannot unmarshal string`},
		"intercept missing":        {`[9, 10]`, `[9]`, "intercepts: 1 numbers, want 2"},
		"intercept too many":       {`[9, 10]`, `[9, 10, 11]`, "intercepts: 3 numbers, want 2"},
		"intercept null":           {`[9, 10]`, `[null, 10]`, "intercepts: number 0 is null"},
		"trained unknown field":    {`"rows"`, `"note": 1, "rows"`, `trained: unknown field "note"`},
		"trained field missing":    {`"rows": 105,`, ``, `trained: field "rows" is missing`},
		"trained no object":        {`{"source": "s", "objective": "o", "rows": 105, "train_accuracy": 0.96, "test_accuracy": 1}`, `"yes"`, "trained: not a JSON object"},
	} {
		if tc.old == features && tc.new == features {
			continue // the only feature is in every order
		}
		t.Run(name, func(t *testing.T) { wantRefused(t, good, tc.old, tc.new, tc.want) })
	}
}

func TestAClassMayHaveTheLongestName(t *testing.T) {
	artifact := strings.Replace(good, `"high"`, `"`+strings.Repeat("h", 256)+`"`, 1)
	if _, err := classifier.Parse([]byte(artifact)); err != nil {
		t.Error(err)
	}
}

// backwards returns a list of [list] in the opposite order.
func backwards(array string) string {
	elements := strings.Split(strings.Trim(array, "[]"), ", ")
	return list(func(i int) string { return elements[len(elements)-1-i] })
}

func wantRefused(t *testing.T, artifact, old, replacement, want string) {
	t.Helper()
	bad := strings.Replace(artifact, old, replacement, 1)
	if bad == artifact {
		t.Fatal("the case changes nothing")
	}
	m, err := classifier.Parse([]byte(bad))
	if err == nil || !strings.Contains(err.Error(), "model artifact: ") || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
	if m != nil {
		t.Error("a model beside the error")
	}
}

func TestParseSaysWhatIsWrongWithAScaling(t *testing.T) {
	n := len(item.Features)
	beyond := " of " + item.Features[0].Name + " take the parameters of low beyond ±1e+150"
	object := `{"means": ` + means + `, "deviations": ` + deviations + `}`
	for name, tc := range map[string]struct{ old, new, want string }{
		"null":                   {object, "null", `field "scaling" is null`},
		"an array":               {object, "[1, 2]", "scaling: not a JSON object"},
		"empty":                  {object, "{}", `scaling: field "means" is missing`},
		"no deviations":          {`, "deviations": ` + deviations, "", `scaling: field "deviations" is missing`},
		"unknown member":         {`"means"`, `"median": 1, "means"`, `scaling: unknown field "median"`},
		"a member twice":         {`"means"`, `"means": ` + means + `, "means"`, `scaling: field "means" appears twice`},
		"twice":                  {`"scaling"`, `"scaling": ` + object + `, "scaling"`, `field "scaling" appears twice`},
		"in capitals":            {`"scaling"`, `"Scaling"`, `unknown field "Scaling"`},
		"means null":             {means, "null", `scaling: field "means" is null`},
		"mean null":              {means, first(means, "null"), "scaling: means: number 0 is null"},
		"means too few":          {means, shorter(means), fmt.Sprintf("scaling: means: %d numbers, want %d", n-1, n)},
		"means too many":         {means, longer(means, "1"), fmt.Sprintf("scaling: means: %d numbers, want %d", n+1, n)},
		"mean absurd":            {means, first(means, "1.1e150"), "scaling: means: number 0 is 1.1e+150, beyond ±1e+150"},
		"deviation null":         {deviations, first(deviations, "null"), "scaling: deviations: number 0 is null"},
		"deviations too few":     {deviations, shorter(deviations), fmt.Sprintf("scaling: deviations: %d numbers, want %d", n-1, n)},
		"deviation zero":         {deviations, first(deviations, "0"), "scaling: deviations: number 0 is 0, want over 0"},
		"another deviation zero": {deviations, strings.Replace(deviations, "302", "0", 1), "scaling: deviations: number 1 is 0, want over 0"},
		"deviation minus zero":   {deviations, first(deviations, "-0.0"), "scaling: deviations: number 0 is -0, want over 0"},
		"deviation negative":     {deviations, first(deviations, "-2"), "scaling: deviations: number 0 is -2, want over 0"},
		"deviation NaN":          {deviations, first(deviations, "NaN"), "invalid character 'N'"},
		"deviation infinite":     {deviations, first(deviations, "1e999"), `scaling: field "deviations": json: cannot unmarshal number 1e999`},
		"deviation huge":         {deviations, first(deviations, "1e151"), "scaling: deviations: number 0 is 1e+151, beyond ±1e+150"},
		"deviation tiny":         {deviations, first(deviations, "1e-151"), beyond},
		"deviation, the least":   {deviations, first(deviations, "5e-324"), beyond},
		"deviation as text":      {deviations, first(deviations, `"1"`), `scaling: field "deviations": json: cannot unmarshal string`},
		"a number for an array":  {deviations, "1", `scaling: field "deviations": json: cannot unmarshal number`},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, scaled, tc.old, tc.new, tc.want) })
	}
	t.Run("a coefficient too large", func(t *testing.T) { // while the intercept stays as it is
		around0 := strings.Replace(scaled, means, first(means, "0"), 1)
		wantRefused(t, around0, deviations, first(deviations, "1e-151"), "scaling: the mean 0 and the deviation 1e-151"+beyond)
	})
	t.Run("the largest coefficient and intercept", func(t *testing.T) {
		largest := strings.Replace(scaled, firstRow, first(firstRow, "1e150"), 1)
		largest = strings.Replace(strings.Replace(largest, means, first(means, "0"), 1), deviations, first(deviations, "1"), 1)
		m := parsed(t, largest)
		if class, _ := m.Predict(ones()); class != "low" {
			t.Errorf("predicted %s", class)
		}
		parsed(t, strings.Replace(strings.Replace(scaled, "[9, 10]", "[1e150, 10]", 1), means, list(func(int) string { return "0" }), 1))
	})
	t.Run("an intercept too large", func(t *testing.T) { // -1e148*1e10/301, while no coefficient is
		large := strings.Replace(scaled, firstRow, first(firstRow, "1e148"), 1)
		wantRefused(t, large, means, first(means, "1e10"), "scaling: the mean 1e+10 and the deviation 301"+beyond)
	})
}

func TestParseLimitsSize(t *testing.T) {
	artifact := append([]byte(good), bytes.Repeat([]byte{' '}, classifier.MaxArtifactBytes-len(good))...)
	if _, err := classifier.Parse(artifact); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	_, err := classifier.Parse(append(artifact, ' '))
	if err == nil || !strings.Contains(err.Error(), "longer than 4194304 bytes") {
		t.Errorf("one byte over the limit: error %v", err)
	}
}

// A value takes more memory than its text. So a small function could be killed by a file that is not too long.
func TestParseLimitsValues(t *testing.T) {
	with := func(commas int) []byte {
		return []byte(strings.Replace(good, `"s"`, `"`+strings.Repeat(",", commas-strings.Count(good, ","))+`"`, 1))
	}
	if _, err := classifier.Parse(with(1_000_000)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	_, err := classifier.Parse(with(1_000_001))
	if err == nil || !strings.Contains(err.Error(), "1000001 commas, want at most 1000000") {
		t.Errorf("one over the limit: error %v", err)
	}
}

// It is read at each cold start, and a whole artifact of anything must not hold that up.
func TestParseIsQuickWithManyClasses(t *testing.T) {
	const n = 100_000
	var classes strings.Builder
	for i := range n {
		fmt.Fprintf(&classes, `"%05d", `, i)
	}
	start := time.Now()
	_, err := classifier.Parse([]byte(strings.Replace(good, `"low", `, classes.String(), 1)))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if err == nil || !strings.Contains(err.Error(), "2 rows of coefficients for 100001 classes") {
		t.Errorf("error %v", err)
	}
}

// marshal makes an artifact of two classes and these numbers.
func marshal(t testing.TB, scaling map[string]any, coefficients [2]item.Measurements, intercepts [2]float64) []byte {
	t.Helper()
	rows := [2][]float64{coefficients[0][:], coefficients[1][:]}
	var names []string
	for _, f := range item.Features {
		names = append(names, f.Name)
	}
	members := map[string]any{
		"version": "2026-11-23.01", "features": names, "classes": []string{"low", "high"}, "coefficients": rows, "intercepts": intercepts,
		"trained": map[string]any{"source": "", "objective": "", "rows": 0, "train_accuracy": 0, "test_accuracy": 0},
	}
	if scaling != nil {
		members["scaling"] = scaling
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
