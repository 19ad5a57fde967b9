package stack_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/stacktest/cloudwatch"
)

// serve runs a stack at a log level for one POST that is rejected, and returns what it logged.
func serve(t *testing.T, logLevel string, base slog.Level) (metrics *cloudwatch.Metrics, logged string) {
	t.Helper()
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"LogLevel": logLevel})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	metrics = &cloudwatch.Metrics{}
	s, err := stack.Start(t.Context(), stack.Config{
		Template: tmpl, Idle: true, LogGroup: metrics.LogGroup,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: base})),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.API.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", s.Names.Items, nil))
	return metrics, log.String()
}

func TestInvocationsAreCollectedAtEveryLogLevelAndShownAtInfo(t *testing.T) {
	for _, test := range []struct {
		logLevel string
		base     slog.Level
		shown    bool
	}{
		{"DEBUG", slog.LevelDebug, true},
		{"INFO", slog.LevelInfo, true},
		{"DEBUG", slog.LevelWarn, false}, // as during the demo
		{"WARN", slog.LevelDebug, false},
		{"ERROR", slog.LevelDebug, false},
		{"ERROR", slog.LevelError + 1, false},
	} {
		metrics, logged := serve(t, test.logLevel, test.base)
		if err := metrics.Refused(); err != nil || metrics.Lines("WriterFunction") != 1 || metrics.Of("WriterFunction")["ItemsRejected"].Sum != 1 {
			t.Errorf("at %s and %s: collected %v, refused %v", test.logLevel, test.base, metrics.Of("WriterFunction"), err)
		}
		if got := strings.Contains(logged, "msg=invocation function=WriterFunction requestId="); got != test.shown || strings.Contains(logged, "_aws") {
			t.Errorf("at %s and %s: shown is %v, want %v, without the definitions: %s", test.logLevel, test.base, got, test.shown, logged)
		}
	}
}
