package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest/cloudwatch"
)

// A line of the shape of the specification's example, with a number and lists.
const line = `{"_aws":{"Timestamp":1574109732004,"CloudWatchMetrics":[{"Namespace":"demo","Dimensions":[["FunctionName"]],` +
	`"Metrics":[{"Name":"Created","Unit":"Count"},{"Name":"Sizes","Unit":"Bytes"},{"Name":"Latency","Unit":"Milliseconds"}]}]},` +
	`"FunctionName":"writer","Created":2,"Sizes":[3,1],"Latency":[40,10,10],"requestId":"989ffbf8"}`

func TestALinesMetricsAreTaken(t *testing.T) {
	got, err := cloudwatch.Parse([]byte(line + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	datum := func(name, unit string, values ...float64) cloudwatch.Datum {
		return cloudwatch.Datum{Namespace: "demo", Dimensions: map[string]string{"FunctionName": "writer"},
			Name: name, Unit: unit, Values: values}
	}
	want := []cloudwatch.Datum{
		datum("Created", "Count", 2),
		datum("Sizes", "Bytes", 3, 1),
		datum("Latency", "Milliseconds", 40, 10, 10),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// The specification lets a set of dimensions be empty, and a unit be left out.
func TestALineWithoutDimensionsAndUnitsIsTaken(t *testing.T) {
	short := `{"id":"a","Created":2,"_aws":{"Timestamp":1574109732004,` +
		`"CloudWatchMetrics":[{"Namespace":"demo","Dimensions":[[]],"Metrics":[{"Name":"Created"}]}]}}`
	got, err := cloudwatch.Parse([]byte(short))
	want := []cloudwatch.Datum{{Namespace: "demo", Dimensions: map[string]string{},
		Name: "Created", Unit: "None", Values: []float64{2}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("metrics (-want +got), error %v:\n%s", err, diff)
	}
}

func TestALineWithoutMetricsHasNone(t *testing.T) {
	if got, err := cloudwatch.Parse([]byte(`{"level":"INFO","message":"item created"}`)); len(got) != 0 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestWhatIsAgainstTheSpecificationIsRefused(t *testing.T) {
	numbers := strings.Repeat("1,", 100) + "1"
	definitions := strings.Repeat(`{"Name":"Created","Unit":"Count"},`, 98)
	for name, test := range map[string]struct{ old, new, want string }{
		"text before it":              {`{"_aws"`, `x{"_aws"`, "no JSON object"},
		"text after it":               {`"989ffbf8"}`, `"989ffbf8"} x`, "no JSON object"},
		"too long":                    {`989ffbf8`, strings.Repeat("x", 256<<10), "want at most 262144"},
		"metadata no object":          {`{"Timestamp":1574109732004,`, `1,"x":{`, "_aws"},
		"no timestamp":                {`"Timestamp":1574109732004,`, ``, "Timestamp is missing"},
		"timestamp in lower case":     {`"Timestamp"`, `"timestamp"`, "Timestamp is missing"},
		"timestamp a string":          {`1574109732004`, `"1574109732004"`, "Timestamp"},
		"timestamp in seconds":        {`1574109732004`, `1574109732.004`, "Timestamp"},
		"metadata with a member more": {`"Timestamp"`, `"Level":1,"Timestamp"`, "unknown member Level"},
		"no namespace":                {`"Namespace":"demo",`, ``, "Namespace is missing"},
		"empty namespace":             {`"demo"`, `""`, "namespace"},
		"no dimensions":               {`[["FunctionName"]]`, `[]`, "no set of dimensions"},
		"dimensions not in sets":      {`[["FunctionName"]]`, `["FunctionName"]`, "Dimensions"},
		"dimension without a value":   {`"FunctionName":"writer",`, ``, "FunctionName is missing"},
		"dimension with an empty one": {`"writer"`, `""`, "value of dimension FunctionName"},
		"dimension that is a number":  {`"writer"`, `1`, "FunctionName"},
		"31 dimensions":               {`["FunctionName"]`, `["FunctionName"` + strings.Repeat(`,"FunctionName"`, 30) + `]`, "31 dimensions"},
		"no metrics":                  {`"Metrics":[`, `"Metric":[`, "Metrics is missing"},
		"101 metrics":                 {`"Metrics":[`, `"Metrics":[` + definitions, "101 metrics"},
		"metric without a name":       {`{"Name":"Created",`, `{`, "Name is missing"},
		"metric with a long name":     {`"Created"`, `"` + strings.Repeat("x", 256) + `"`, "256 bytes long"},
		"metric with a member more":   {`"Unit":"Count"`, `"unit":"Count"`, "unknown member unit"},
		"metric with an empty unit":   {`"Count"`, `""`, `unknown unit ""`},
		"metric with an unknown unit": {`"Count"`, `"Items"`, `unknown unit "Items"`},
		"metric without a value":      {`"Created":2,`, ``, "Created is missing"},
		"value null":                  {`"Created":2`, `"Created":null`, "Created is missing"},
		"value a string":              {`"Created":2`, `"Created":"2"`, "Created"},
		"no values":                   {`[3,1]`, `[]`, "0 values"},
		"101 values":                  {`[3,1]`, `[` + numbers + `]`, "101 values"},
		"values with counts":          {`[40,10,10]`, `{"Values":[40,10],"Counts":[1,2]}`, "Latency"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(line, test.old, test.new, 1)
			if broken == line {
				t.Fatal("the line is as before")
			}
			data, err := cloudwatch.Parse([]byte(broken))
			if err == nil || !strings.Contains(err.Error(), test.want) || data != nil {
				t.Errorf("took %v with the error %v, want none and %q", data, err, test.want)
			}
		})
	}
}

func TestLinesAreAddedUpByLogGroup(t *testing.T) {
	var m cloudwatch.Metrics
	writer := m.LogGroup("writer")
	fmt.Fprintln(writer, line)
	fmt.Fprintln(writer, strings.Replace(line, `"Created":2`, `"ms":7,"classes":{"first":3},"Created":0.5`, 1))
	fmt.Fprintln(m.LogGroup("reader"), line)
	fmt.Fprintln(writer, `{"message":"item created","ms":5,"classes":{"first":1,"third":1}}`)
	fmt.Fprintln(writer, strings.Replace(line, `"Created":2,`, ``, 1))
	want := map[string]cloudwatch.Statistics{
		"Created": {SampleCount: 2, Sum: 2.5, Minimum: 0.5, Maximum: 2},
		"Sizes":   {SampleCount: 4, Sum: 8, Minimum: 1, Maximum: 3},
		"Latency": {SampleCount: 6, Sum: 120, Minimum: 10, Maximum: 40},
	}
	if diff := cmp.Diff(want, m.Of("writer")); diff != "" {
		t.Errorf("the writer's metrics (-want +got):\n%s", diff)
	}
	members := map[string]float64{"ms": 12, "classes.first": 4, "classes.third": 1}
	if diff := cmp.Diff(members, m.Members("writer")); diff != "" {
		t.Errorf("the writer's other members (-want +got):\n%s", diff)
	}
	if got := m.Of("reader")["Created"].Sum; got != 2 {
		t.Errorf("the reader's are %v", m.Of("reader"))
	}
	if writer, reader, other := m.Lines("writer"), m.Lines("reader"), m.Lines("other"); writer != 3 || reader != 1 || other != 0 {
		t.Errorf("%d, %d and %d lines, want 3, 1 and 0", writer, reader, other)
	}
	if refused := m.Refused(); len(refused) != 1 || !strings.Contains(refused[0].Error(), "Created is missing") {
		t.Errorf("refused %v, want the line with a value missing", refused)
	}
}
