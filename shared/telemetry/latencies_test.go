package telemetry_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/shared/telemetry"
)

func TestEachLatencyIsAValueOfItsMetric(t *testing.T) {
	for want, milliseconds := range map[string][]int64{
		`,"Latency":7,`:          {7},
		`,"Latency":[30,3,7,3],`: {30, 3, 7, 3},
		`,"Latency":[1` + strings.Repeat(",1", 99) + `],`: slices.Repeat([]int64{1}, 101), // CloudWatch takes no more
	} {
		var out bytes.Buffer
		m := newMeter(&out, slog.LevelInfo).Begin()
		for _, ms := range milliseconds {
			m.Observe(telemetry.Latency, time.Duration(ms)*time.Millisecond)
		}
		m.Write(t.Context())
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s does not have %s", out.String(), want)
		}
	}
}

// The local stack prints lines as text. A hundred latencies would hide the rest.
func TestAsTextLatenciesAreTheirLeastAndGreatest(t *testing.T) {
	for want, milliseconds := range map[string][]int64{
		" Latency=7\n":              {7},
		` Latency="3 to 30"` + "\n": {30, 3, 7},
		` Latency="0 to 5"` + "\n":  slices.Repeat([]int64{5, 0}, 50),
	} {
		var out bytes.Buffer
		m := telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.NewTextHandler(&out, nil))).Begin()
		for _, ms := range milliseconds {
			m.Observe(telemetry.Latency, time.Duration(ms)*time.Millisecond)
		}
		m.Write(t.Context())
		text, _, _ := strings.Cut(out.String(), " _aws=")
		if !strings.HasSuffix(text+"\n", want) {
			t.Errorf("%s does not end with %s", text, want)
		}
	}
}
