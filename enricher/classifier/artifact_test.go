package classifier_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/enricher/classifier"
)

const good = `{
  "version": "2026-11-23.01",
  "features": ["sepal_length", "sepal_width", "petal_length", "petal_width"],
  "classes": ["setosa", "virginica"],
  "coefficients": [[1, 2, 3, 4], [5, 6, 7, 8]],
  "intercepts": [9, 10],
  "trained": {"source": "s", "objective": "o", "rows": 105, "train_accuracy": 0.96, "test_accuracy": 1}
}`

func TestParseTakesTwoClasses(t *testing.T) {
	m, err := classifier.Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if class, _ := m.Predict([4]float64{1, 1, 1, 1}); class != "virginica" {
		t.Errorf("class %q, want virginica", class)
	}
}

// Each case replaces one piece of the good artifact.
func TestParseSaysWhatIsWrong(t *testing.T) {
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
		"feature missing":          {`, "petal_width"`, ``, `features are ["sepal_length" "sepal_width" "petal_length"], want`},
		"feature too many":         {`"petal_width"`, `"petal_width", "colour"`, `features are`},
		"features in other order":  {`"petal_length", "petal_width"`, `"petal_width", "petal_length"`, `features are`},
		"one class":                {`, "virginica"`, ``, "1 classes, want at least 2"},
		"no class":                 {`"setosa", "virginica"`, ``, "0 classes, want at least 2"},
		"class empty":              {`"virginica"`, `""`, "class 1 is empty"},
		"class null":               {`"virginica"`, `null`, "class 1 is empty"},
		"class twice":              {`"virginica"`, `"setosa"`, `class "setosa" appears twice`},
		"class without parameters": {`"virginica"`, `"virginica", "x"`, "2 rows of coefficients for 3 classes"},
		"row of three":             {`[5, 6, 7, 8]`, `[5, 6, 7]`, "coefficients of virginica: 3 numbers, want 4"},
		"row of five":              {`[5, 6, 7, 8]`, `[5, 6, 7, 8, 9]`, "coefficients of virginica: 5 numbers, want 4"},
		"row null":                 {`[5, 6, 7, 8]`, `null`, "coefficients of virginica: 0 numbers, want 4"},
		"coefficient null":         {`[1, 2, 3, 4]`, `[1, null, 3, 4]`, "coefficients of setosa: number 1 is null"},
		"coefficient infinite":     {`[1, 2, 3, 4]`, `[1, 1e999, 3, 4]`, `field "coefficients": json: cannot unmarshal number 1e999`},
		"coefficient NaN":          {`[1, 2, 3, 4]`, `[1, NaN, 3, 4]`, "invalid character 'N'"},
		"coefficient absurd":       {`[1, 2, 3, 4]`, `[1, 2, 3, -1.1e300]`, "coefficients of setosa: number 3 is -1.1e+300, beyond ±1e+300"},
		"coefficient as text":      {`[1, 2, 3, 4]`, `["1", 2, 3, 4]`, `field "coefficients": json: cannot unmarshal string`},
		"intercept missing":        {`[9, 10]`, `[9]`, "intercepts: 1 numbers, want 2"},
		"intercept too many":       {`[9, 10]`, `[9, 10, 11]`, "intercepts: 3 numbers, want 2"},
		"intercept null":           {`[9, 10]`, `[null, 10]`, "intercepts: number 0 is null"},
		"trained unknown field":    {`"rows"`, `"note": 1, "rows"`, `trained: unknown field "note"`},
		"trained field missing":    {`"rows": 105,`, ``, `trained: field "rows" is missing`},
		"trained no object":        {`{"source": "s", "objective": "o", "rows": 105, "train_accuracy": 0.96, "test_accuracy": 1}`, `"yes"`, "trained: not a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good {
				t.Fatal("the case changes nothing")
			}
			m, err := classifier.Parse([]byte(bad))
			if err == nil || !strings.Contains(err.Error(), "model artifact: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if m != nil {
				t.Error("a model beside the error")
			}
		})
	}
}

func TestParseLimitsSize(t *testing.T) {
	artifact := append([]byte(good), bytes.Repeat([]byte{' '}, classifier.MaxArtifactBytes-len(good))...)
	if _, err := classifier.Parse(artifact); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	_, err := classifier.Parse(append(artifact, ' '))
	if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("one byte over the limit: error %v", err)
	}
}

// It is read at each cold start, and 1 MiB of anything must not hold that up.
func TestParseIsQuickWithManyClasses(t *testing.T) {
	const n = 100_000
	var classes strings.Builder
	for i := range n {
		fmt.Fprintf(&classes, `"%05d", `, i)
	}
	start := time.Now()
	_, err := classifier.Parse([]byte(strings.Replace(good, `"setosa", `, classes.String(), 1)))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if err == nil || !strings.Contains(err.Error(), "2 rows of coefficients for 100001 classes") {
		t.Errorf("error %v", err)
	}
}
