package stack_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/template"
)

// serve runs a stack at a log level for one GET, and returns what it logged.
func serve(t *testing.T, logLevel string, base slog.Level) (s *stack.Stack, logged string) {
	t.Helper()
	tmpl, err := template.Read(filepath.Join(stacktest.Root(t), "template.yaml"), map[string]string{"LogLevel": logLevel})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s, err = stack.New(t.Context(), stack.Config{
		Template: tmpl, AWS: stack.EmbeddedAWS(stack.NewEndpoint("http://embedded")),
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: base})),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.API.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/v0/iris/x", nil))
	return s, log.String()
}

func TestMetricsAreCollectedAtEveryLogLevelAndLoggedOnlyAtDebug(t *testing.T) {
	for _, test := range []struct {
		logLevel string
		base     slog.Level
		logged   bool
	}{
		{"DEBUG", slog.LevelDebug, true},
		{"DEBUG", slog.LevelWarn, false}, // as during the demo
		{"INFO", slog.LevelDebug, false},
		{"ERROR", slog.LevelDebug, false},
		{"ERROR", slog.LevelError + 1, false},
	} {
		s, logged := serve(t, test.logLevel, test.base)
		if err := s.Metrics.Refused(); err != nil || s.Metrics.Of("ReaderFunction")["ColdStart"].Sum != 1 {
			t.Errorf("at %s and %s: collected %v, refused %v", test.logLevel, test.base, s.Metrics.Of("ReaderFunction"), err)
		}
		if got := strings.Contains(logged, "ColdStart=1"); got != test.logged || strings.Contains(logged, "_aws") {
			t.Errorf("at %s and %s: logged is %v, want %v, without the definitions: %s", test.logLevel, test.base, got, test.logged, logged)
		}
	}
}
