package events_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/cloudwatch"
)

// checkMetrics checks that one line, and no other, is in the embedded metric format,
// and what it says: the sum of each metric or, of what takes some time, the count.
// ColdStart follows from what the process did before.
func checkMetrics(t *testing.T, p *process, lines [][]byte, want map[string]float64) {
	t.Helper()
	var found []map[string]float64
	for _, line := range lines {
		data, err := cloudwatch.Parse(line)
		if err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if len(data) > 0 {
			found = append(found, values(t, p, data))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines with metrics, want 1", len(found))
	}
	got := found[0]
	if cold := got["ColdStart"] == 1; cold != (p.invocations == 1) {
		t.Errorf("invocation %d has ColdStart = %v", p.invocations, got["ColdStart"])
	}
	delete(got, "ColdStart")
	if want == nil {
		want = map[string]float64{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func values(t *testing.T, p *process, data []cloudwatch.Datum) map[string]float64 {
	t.Helper()
	byName := map[string]float64{}
	function := map[string]string{"FunctionName": "simple-sam-demo-" + p.function.LogicalID}
	for _, d := range data {
		if d.Namespace != "simple-sam-demo" || !cmp.Equal(function, d.Dimensions) {
			t.Errorf("metric %s is in %s with %v, want in simple-sam-demo with %v", d.Name, d.Namespace, d.Dimensions, function)
		}
		unit := "Count"
		for i, value := range d.Values {
			if d.Name == "EnrichmentLatency" {
				unit, value = "Milliseconds", 1
			}
			byName[d.Name] += value * d.Counts[i]
		}
		if d.Unit != unit {
			t.Errorf("metric %s is in %s, want %s", d.Name, d.Unit, unit)
		}
	}
	return byName
}

// checkMetricsAtLevelError checks the line of a function that may log errors only:
// Lambda drops lines of a lower level.
func checkMetricsAtLevelError(t *testing.T, bin string, aws *localAWS) {
	f := aws.system(t)["ReaderFunction"]
	f.LogLevel = "ERROR"
	p := startProcess(t, bin, "reader", aws.url, f, f.Environment)
	await(t, p, p.api.polls, "its first poll")
	_, lines := p.invoke(t, "8476a536-e9f4-11e8-9739-000000000999", readEvent(t, "reader-unknown.json"))
	checkMetrics(t, p, lines, nil)
	if len(lines) != 1 || logFields(t, lines[0])["level"] != "ERROR" {
		t.Errorf("it wrote %s, want one line of the level ERROR", lines)
	}
}

// checkMetricsInTextLogs checks a function whose LogFormat is Text, which is also Lambda's
// choice where a template says nothing: its metrics are JSON all the same.
func checkMetricsInTextLogs(t *testing.T, bin string, aws *localAWS) {
	f := aws.system(t)["WriterFunction"]
	settings := maps.Clone(f.Environment)
	settings["AWS_LAMBDA_LOG_FORMAT"] = "Text"
	p := startProcess(t, bin, "writer", aws.url, f, settings)
	await(t, p, p.api.polls, "its first poll")
	aws.renew(t)
	const requestID = "8476a536-e9f4-11e8-9739-000000000998"
	_, lines := p.invoke(t, requestID, readEvent(t, "writer-create.json"))
	var text, metrics [][]byte
	for _, line := range lines {
		if json.Valid(line) {
			metrics = append(metrics, line)
		} else {
			text = append(text, line)
		}
	}
	checkMetrics(t, p, metrics, map[string]float64{"ItemsCreated": 1})
	for _, line := range lines {
		if !bytes.Contains(line, []byte(requestID)) {
			t.Errorf("a line has no request id: %s", line)
		}
	}
	if len(text) != 1 || !bytes.Contains(text[0], []byte("item created")) {
		t.Errorf("as text it wrote %s", text)
	}
}
