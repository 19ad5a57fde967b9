package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/telemetry"
)

// newMeter returns a meter that writes to w as on Lambda, in the stack "demo".
func newMeter(w io.Writer, level slog.Level) *telemetry.Meter {
	getenv := func(name string) string { return map[string]string{"METRICS_NAMESPACE": "demo"}[name] }
	others := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return telemetry.NewMeter(getenv, slog.New(telemetry.WithLines(w, others)))
}

// written returns the values of a line that CloudWatch takes.
func written(t *testing.T, line []byte) map[string]cloudwatch.Datum {
	t.Helper()
	data, err := cloudwatch.Parse(line)
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	byName := map[string]cloudwatch.Datum{}
	for _, d := range data {
		byName[d.Name] = d
	}
	return byName
}

func TestAnInvocationIsOneLineInTheEmbeddedMetricFormat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is always the same time
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin()
		m.Set(telemetry.BatchSize, 3)
		m.CountKind(telemetry.ItemsClassified, "a")
		m.CountKind(telemetry.ItemsClassified, "c")
		m.CountKind(telemetry.ItemsClassified, "a")
		m.Count(telemetry.Retries, 0)
		for _, took := range []time.Duration{1500, 40, 40} {
			m.Observe(telemetry.Latency, took*time.Millisecond)
		}
		time.Sleep(12 * time.Millisecond)
		m.Write(lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"}))
		want := `{"level":"INFO","requestId":"r","ColdStart":1,"BatchSize":3,"ms":12,"ItemsClassified":3,` +
			`"classes":{"a":2,"c":1},"Latency":[1500,40,40],` +
			`"_aws":{"Timestamp":946684800012,"CloudWatchMetrics":[{"Namespace":"demo","Dimensions":[[]],` +
			`"Metrics":[{"Name":"ItemsClassified"},{"Name":"Latency"}]}]}}` + "\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
		written(t, out.Bytes())
	})
}

// CloudWatch would have nothing to take, and _aws no time to tell.
func TestALineWithoutMetricsHasATimestampAndNoMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin()
		m.Answered(200)
		time.Sleep(12 * time.Millisecond)
		m.Write(t.Context())
		want := `{"timestamp":"2000-01-01T00:00:00.012Z","level":"INFO","ColdStart":1,"ms":12}` + "\n"
		if diff := cmp.Diff(want, asUTC(out.String())); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
	})
}

// asUTC replaces the line's time, which is in the machine's zone, by the same in UTC.
func asUTC(line string) string {
	const form = "2006-01-02T15:04:05.000Z07:00"
	return strings.Replace(line, time.Now().Format(form), time.Now().UTC().Format(form), 1)
}

func TestOnlyAnAnswerThatIsNot2xxTellsItsStatus(t *testing.T) {
	for code, want := range map[int]any{199: 199.0, 200: nil, 201: nil, 299: nil, 300: 300.0, 400: 400.0, 404: 404.0, 503: 503.0} {
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin()
		m.Answered(code)
		m.Write(t.Context())
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["status"] != want {
			t.Errorf("%d: status %v, want %v; %v", code, line["status"], want, err)
		}
	}
}

func TestTheFirstInvocationOfAnEnvironmentIsAColdStart(t *testing.T) {
	var out bytes.Buffer
	meter := newMeter(&out, slog.LevelInfo)
	for _, want := range []any{1.0, nil, nil} {
		out.Reset()
		meter.Begin().Write(t.Context())
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["ColdStart"] != want {
			t.Errorf("ColdStart = %v, want %v; %v", line["ColdStart"], want, err)
		}
	}
}

// A worker begins several batches before the first of them is done.
func TestOnlyTheFirstOfSeveralInvocationsAtOnceIsAColdStart(t *testing.T) {
	var out bytes.Buffer
	meter := newMeter(&out, slog.LevelInfo)
	first, second := meter.Begin(), meter.Begin()
	for _, test := range []struct {
		metrics *telemetry.Metrics
		want    any
	}{{second, nil}, {first, 1.0}} {
		out.Reset()
		test.metrics.Write(t.Context())
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["ColdStart"] != test.want {
			t.Errorf("ColdStart = %v, want %v; %v", line["ColdStart"], test.want, err)
		}
	}
}

func TestACountOfSeveralFunctionsIsNoMetric(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, slog.LevelInfo).Begin()
	m.Count(telemetry.ItemsRefusedInBatch, 2)
	m.Write(t.Context())
	if got := written(t, out.Bytes()); len(got) > 0 || !bytes.Contains(out.Bytes(), []byte(`"ItemsRefusedInBatch":2}`)) {
		t.Errorf("metrics %v, want none, and the count in the line: %s", got, out.Bytes())
	}
}

func TestWithoutANamespaceTheMetricsHaveThatOfTheProject(t *testing.T) {
	var out bytes.Buffer
	m := telemetry.NewMeter(func(string) string { return "" }, slog.New(telemetry.NewLineHandler(&out))).Begin()
	m.Count(telemetry.ItemsCreated, 1)
	m.Write(t.Context())
	if got := written(t, out.Bytes())[telemetry.ItemsCreated].Namespace; got != "simple-sam-demo" {
		t.Errorf("the namespace is %q", got)
	}
}

// Lambda drops what is below the function's level, and the logger would not write it.
func TestNoLogLevelKeepsMetricsBack(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: "INFO", slog.LevelInfo: "INFO", slog.LevelWarn: "WARN", slog.LevelError: "ERROR",
	} {
		var out bytes.Buffer
		m := newMeter(&out, level).Begin()
		m.Count(telemetry.ItemsCreated, 1)
		m.Write(t.Context())
		if got := written(t, out.Bytes())[telemetry.ItemsCreated].Values; !slices.Equal(got, []float64{1}) {
			t.Errorf("at %s ItemsCreated = %v, want 1", level, got)
		}
		var line struct{ Level, Timestamp string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Level != want {
			t.Errorf("at %s the line has the level %s, want %s", level, line.Level, want)
		}
		// Without a timestamp Lambda takes a line for INFO, whatever its level.
		if _, err := time.Parse(time.RFC3339, line.Timestamp); err != nil && line.Level != "INFO" {
			t.Error(err)
		}
	}
}

func TestCountingAtTheSameTimeLosesNothing(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, slog.LevelInfo).Begin()
	var counting sync.WaitGroup
	for range 100 {
		counting.Go(func() {
			m.Count(telemetry.Retries, 2)
			m.CountKind(telemetry.ItemsClassified, "a")
			m.Observe(telemetry.Latency, time.Second)
		})
	}
	counting.Wait()
	m.Write(t.Context())
	got := written(t, out.Bytes())
	retries, classified, latency := got[telemetry.Retries], got[telemetry.ItemsClassified], got[telemetry.Latency]
	if retries.Values[0] != 200 || classified.Values[0] != 100 || len(latency.Values) != 100 {
		t.Errorf("counted %v, %v and %v", retries, classified, latency)
	}
	if !bytes.Contains(out.Bytes(), []byte(`"classes":{"a":100}`)) {
		t.Errorf("the class is not in the line: %s", out.Bytes())
	}
}

func BenchmarkAnInvocationsMetrics(b *testing.B) {
	meter := newMeter(io.Discard, slog.LevelInfo)
	b.ReportAllocs()
	for b.Loop() {
		m := meter.Begin()
		m.Set(telemetry.BatchSize, 10)
		for i := range 10 {
			m.CountKind(telemetry.ItemsClassified, []string{"a", "b", "c"}[i%3])
			m.Observe(telemetry.Latency, time.Duration(i)*time.Millisecond)
		}
		m.Write(context.Background())
	}
}

func TestAllKindsAndDurationsAreInTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin()
		m.CountKind(telemetry.ItemsClassified, "a")
		m.CountKind(telemetry.ItemsFailed, "InvalidItem")
		m.Observe(telemetry.Latency, time.Millisecond)
		m.Observe("Another", 2*time.Millisecond)
		m.Write(t.Context())
		want := `"ItemsClassified":1,"ItemsFailed":1,"classes":{"a":1},"codes":{"InvalidItem":1},"Another":2,"Latency":1,`
		if got := written(t, out.Bytes()); len(got) != 4 || !strings.Contains(out.String(), want) {
			t.Errorf("metrics %v in %s, want four and %s", got, out.String(), want)
		}
	})
}

// A line without metrics has a time of its own, in whole milliseconds, as all lines of a function have.
func TestTheTimeOfALineIsInMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin()
		time.Sleep(1_999_999)
		m.Write(t.Context())
		var line struct{ Timestamp time.Time }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || !line.Timestamp.Equal(time.Date(2000, 1, 1, 0, 0, 0, 1_000_000, time.UTC)) {
			t.Errorf("written at %s, %v", line.Timestamp, err)
		}
	})
}
