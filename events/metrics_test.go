package events_test

import (
	"bytes"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest/cloudwatch"
)

// checkMetrics checks that exactly one line is the invocation's own, and that its metrics follow
// the specification. Then it compares what the line counts: metrics and other members. Of a
// duration it compares only how many values there are. Whether ColdStart is there follows from
// what the process did before.
func checkMetrics(t *testing.T, p *process, lines [][]byte, want map[string]float64) {
	t.Helper()
	var found []map[string]float64
	for _, line := range lines {
		if logFields(t, line)["message"] == nil {
			found = append(found, values(t, p, line))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines of the invocation itself, want 1", len(found))
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
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func values(t *testing.T, p *process, line []byte) map[string]float64 {
	t.Helper()
	data, err := cloudwatch.Parse(line)
	if err != nil {
		t.Errorf("%v: %s", err, line)
	}
	for _, d := range data {
		if d.Namespace != p.function.Environment["METRICS_NAMESPACE"] || len(d.Dimensions) > 0 {
			t.Errorf("metric %s is in %s with %v, want in the stack's namespace alone", d.Name, d.Namespace, d.Dimensions)
		}
	}
	var m cloudwatch.Metrics
	_, _ = m.LogGroup("").Write(line) // it was parsed above
	counts := m.Members("")
	if _, timed := counts["ms"]; !timed {
		t.Errorf("the line does not say how long it took: %s", line)
	}
	delete(counts, "ms")
	for name, statistics := range m.Of("") {
		counts[name] = statistics.Sum
		if name == "Latency" {
			counts[name] = statistics.SampleCount
		}
	}
	return counts
}

// checkMetricsAtLevelError checks the line of a function that may log errors only. The line must
// say ERROR, because Lambda drops lines of a lower level.
func checkMetricsAtLevelError(t *testing.T, bin string, aws *localAWS) {
	f := aws.system(t)["ReaderFunction"]
	f.LogLevel = "ERROR"
	p := startProcess(t, bin, "reader", aws.url, f, f.Environment)
	await(t, p, p.api.polls, "its first poll")
	_, lines := p.invoke(t, "8476a536-e9f4-11e8-9739-000000000999", readEvent(t, "reader-unknown.json"))
	checkMetrics(t, p, lines, map[string]float64{"status": 404})
	if len(lines) != 1 || logFields(t, lines[0])["level"] != "ERROR" {
		t.Errorf("it wrote %s, want one line of the level ERROR", lines)
	}
}

// checkMetricsInTextLogs checks a function whose LogFormat is Text. That is also Lambda's default.
// The invocation's own line must still be JSON.
func checkMetricsInTextLogs(t *testing.T, bin string, aws *localAWS) {
	f := aws.system(t)["WriterFunction"]
	settings := maps.Clone(f.Environment)
	settings["AWS_LAMBDA_LOG_FORMAT"] = "Text"
	p := startProcess(t, bin, "writer", aws.url, f, settings)
	await(t, p, p.api.polls, "its first poll")
	aws.renew(t)
	const requestID = "8476a536-e9f4-11e8-9739-000000000998"
	_, lines := p.invoke(t, requestID, readEvent(t, "writer-create.json"))
	checkMetrics(t, p, lines, map[string]float64{"ItemsCreated": 1})
	if len(lines) != 1 || !bytes.Contains(lines[0], []byte(requestID)) {
		t.Errorf("it wrote %s, want one line with the request id", lines)
	}
}
