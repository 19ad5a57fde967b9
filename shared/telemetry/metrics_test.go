package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/cloudwatch"
	"simple-sam-demo/shared/telemetry"
)

// newMeter returns a meter that writes to w as on Lambda.
func newMeter(w io.Writer, level slog.Level) *telemetry.Meter {
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr}))
	getenv := func(name string) string { return map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "enricher"}[name] }
	return telemetry.NewMeter(getenv, log)
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

func TestMetricsAreOneLineInTheEmbeddedMetricFormat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is always the same time
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin(telemetry.OrphanMessages)
		m.Count(telemetry.BatchSize, 3)
		m.CountKind(telemetry.ItemsClassified, "setosa")
		m.CountKind(telemetry.ItemsClassified, "setosa")
		for _, took := range []time.Duration{40, 1500, 40} {
			m.Observe(telemetry.EnrichmentLatency, took*time.Millisecond)
		}
		m.Write(t.Context())
		want := `{"timestamp":"2000-01-01T00:00:00Z","level":"INFO","message":"metrics",` +
			`"BatchSize":3,"ColdStart":1,"ItemsClassified":2,"OrphanMessages":0,` +
			`"EnrichmentLatency":{"Values":[40,1500],"Counts":[2,1]},"ItemsClassified_setosa":2,"FunctionName":"enricher",` +
			`"_aws":{"Timestamp":946684800000,"CloudWatchMetrics":[{"Namespace":"simple-sam-demo","Dimensions":[["FunctionName"]],` +
			`"Metrics":[{"Name":"BatchSize","Unit":"Count"},{"Name":"ColdStart","Unit":"Count"},` +
			`{"Name":"ItemsClassified","Unit":"Count"},{"Name":"OrphanMessages","Unit":"Count"},` +
			`{"Name":"EnrichmentLatency","Unit":"Milliseconds"},{"Name":"ItemsClassified_setosa","Unit":"Count"}]}]}}` + "\n"
		if diff := cmp.Diff(want, asUTC(out.String())); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
		written(t, out.Bytes())
	})
}

// asUTC replaces the line's time, which is in the machine's zone, by the same in UTC.
func asUTC(line string) string {
	return string(bytes.Replace([]byte(line), []byte(time.Now().Format(time.RFC3339)), []byte(time.Now().UTC().Format(time.RFC3339)), 1))
}

func TestTheFirstInvocationOfAnEnvironmentIsAColdStart(t *testing.T) {
	var out bytes.Buffer
	meter := newMeter(&out, slog.LevelInfo)
	for _, want := range []float64{1, 0, 0} {
		out.Reset()
		meter.Begin().Write(t.Context())
		if got := written(t, out.Bytes())[telemetry.ColdStart].Values[0]; got != want {
			t.Errorf("ColdStart = %v, want %v", got, want)
		}
	}
}

// Lambda drops what is below the function's level, and the logger would not write it.
func TestNoLogLevelKeepsMetricsBack(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: "INFO", slog.LevelInfo: "INFO", slog.LevelWarn: "WARN", slog.LevelError: "ERROR",
	} {
		var out bytes.Buffer
		newMeter(&out, level).Begin().Write(t.Context())
		var line struct{ Level, Timestamp string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Level != want {
			t.Errorf("at %s the line has the level %s, want %s", level, line.Level, want)
		}
		if _, err := time.Parse(time.RFC3339, line.Timestamp); err != nil { // else Lambda ignores the level
			t.Error(err)
		}
	}
}

func TestTooManyClassesCostNoOtherMetric(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, slog.LevelInfo).Begin(telemetry.ItemsFailed)
	for class := range 200 {
		m.CountKind(telemetry.ItemsClassified, fmt.Sprint(class))
	}
	m.Observe(telemetry.EnrichmentLatency, time.Second)
	m.Write(t.Context())
	got := written(t, out.Bytes())
	for name, want := range map[string]float64{telemetry.ItemsClassified: 200, telemetry.ItemsFailed: 0, telemetry.EnrichmentLatency: 1000} {
		if values := got[name].Values; len(values) != 1 || values[0] != want {
			t.Errorf("%s = %v, want %v", name, values, want)
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
			m.CountKind(telemetry.ItemsClassified, "setosa")
			m.Observe(telemetry.EnrichmentLatency, time.Second)
		})
	}
	counting.Wait()
	m.Write(t.Context())
	got := written(t, out.Bytes())
	retries, classified, latency := got[telemetry.Retries], got[telemetry.ItemsClassified+"_setosa"], got[telemetry.EnrichmentLatency]
	if retries.Values[0] != 200 || classified.Values[0] != 100 || latency.Counts[0] != 100 {
		t.Errorf("counted %v, %v and %v", retries, classified, latency)
	}
}

func BenchmarkAnInvocationsMetrics(b *testing.B) {
	meter := newMeter(io.Discard, slog.LevelInfo)
	b.ReportAllocs()
	for b.Loop() {
		m := meter.Begin(telemetry.ItemsFailed, telemetry.OrphanMessages)
		m.Count(telemetry.BatchSize, 10)
		for i := range 10 {
			m.CountKind(telemetry.ItemsClassified, []string{"setosa", "versicolor", "virginica"}[i%3])
			m.Observe(telemetry.EnrichmentLatency, time.Duration(i)*time.Millisecond)
		}
		m.Write(context.Background())
	}
}
