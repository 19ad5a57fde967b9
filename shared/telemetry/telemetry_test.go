package telemetry_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/panics"
	"simple-sam-demo/shared/telemetry"
)

func TestOtherRecordsThanInvocationsAreWrittenAsTheHandlerDoes(t *testing.T) {
	var lines, others bytes.Buffer
	log := slog.New(telemetry.WithLines(&lines, slog.NewTextHandler(&others, nil)))
	log.With("a", 1).WithGroup("g").Info("hello", "b", 2)
	if lines.Len() > 0 || !strings.HasSuffix(others.String(), " level=INFO msg=hello a=1 g.b=2\n") {
		t.Errorf("lines %q, others %q", lines.String(), others.String())
	}
	others.Reset()
	log.With("a", 1).Info(telemetry.EventMessage, "b", 2)
	log.WithGroup("g").Info(telemetry.EventMessage, "b", 2)
	if others.Len() > 0 || strings.Count(lines.String(), `"level":"INFO"`) != 2 || strings.Contains(lines.String(), telemetry.EventMessage) {
		t.Errorf("lines %q, others %q", lines.String(), others.String())
	}
}

// broken is an output that can't be written.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAHandlerTellsThatItCannotWrite(t *testing.T) {
	h := telemetry.WithLines(broken{}, slog.NewTextHandler(broken{}, nil))
	for _, message := range []string{telemetry.EventMessage, "hello"} {
		r := slog.Record{Message: message}
		if err := h.Handle(t.Context(), r); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v, want %v", message, err, io.ErrClosedPipe)
		}
	}
}

func TestAPanicIsAnErrorThatIsLoggedWithItsStack(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	failed := errors.New("failed")
	for _, want := range []error{nil, failed} {
		if got := telemetry.Try(t.Context(), log, func() error { return want }); got != want || out.Len() > 0 {
			t.Errorf("%v, want %v; logged %s", got, want, out.String())
		}
	}
	got := telemetry.Try(t.Context(), log, func() error { panic("poisoned") })
	if _, ok := errors.AsType[*panics.Error](got); !ok || got.Error() != "panic: poisoned" {
		t.Errorf("%v, want the panic", got)
	}
	if text := out.String(); !strings.Contains(text, `level=ERROR msg=panic error="panic: poisoned" stack=`) || !strings.Contains(text, "telemetry_test.go") {
		t.Errorf("logged %s", text)
	}
}

// docs/metrics.md has these names. Alarms and queries look for them.
func TestTheNamesInTheLineAreTheDocumentedOnes(t *testing.T) {
	want := []string{
		"ItemsCreated", "ItemsExisting", "ItemsRejected", "ItemsUnavailable", "ItemsClassified", "ItemsFailed", "Retries", "LateRetries", "OrphanMessages",
		"Latency", "ModelRefused", "ColdStart", "BatchSize", "id", "newModel", "ItemsRefusedInBatch",
	}
	got := []string{
		telemetry.ItemsCreated, telemetry.ItemsExisting, telemetry.ItemsRejected, telemetry.ItemsUnavailable, telemetry.ItemsClassified, telemetry.ItemsFailed, telemetry.Retries, telemetry.LateRetries, telemetry.OrphanMessages,
		telemetry.Latency, telemetry.ModelRefused, telemetry.ColdStart, telemetry.BatchSize, telemetry.ItemID, telemetry.NewModel, telemetry.ItemsRefusedInBatch,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// DynamoDB would refuse them every time, and each line costs.
func TestWhyItemsAreRefusedIsLoggedOnceInAnEnvironment(t *testing.T) {
	var out bytes.Buffer
	meter := newMeter(&out, slog.LevelInfo)
	for _, refused := range [][]error{nil, {errors.New("first"), errors.New("second")}, {errors.New("third")}} {
		m := meter.Begin()
		m.RefusedInBatch(t.Context(), refused)
		m.Write(t.Context())
	}
	newMeter(&out, slog.LevelInfo).Begin().RefusedInBatch(t.Context(), []error{errors.New("elsewhere")})
	if text := out.String(); strings.Count(text, `"level":"WARN"`) != 2 || !strings.Contains(text, `"error":"elsewhere"`) || !strings.Contains(text, `"error":"first"`) ||
		strings.Count(text, "ItemsRefusedInBatch") != 2 || !strings.Contains(text, `"ItemsRefusedInBatch":2}`) || !strings.Contains(text, `"ItemsRefusedInBatch":1}`) {
		t.Errorf("it wrote %s", text)
	}
}

func TestAFunctionsLoggerWritesAtInfo(t *testing.T) {
	if log := telemetry.NewLogger(); !log.Enabled(t.Context(), slog.LevelInfo) || log.Enabled(t.Context(), slog.LevelDebug) {
		t.Error("it has another level")
	}
}

// People look for all lines of an invocation by its id.
func TestAFunctionsLinesNameTheInvocation(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	stdout := os.Stdout
	os.Stdout = out
	log := telemetry.NewLogger()
	os.Stdout = stdout
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	log.ErrorContext(ctx, "item not read")
	m := telemetry.NewMeter(func(string) string { return "" }, log).Begin()
	m.RefusedInBatch(ctx, []error{errors.New("refused")})
	_ = telemetry.Try(ctx, log, func() error { panic("poisoned") })
	m.Write(ctx)
	text, err := os.ReadFile(out.Name())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil || len(lines) != 4 {
		t.Fatalf("%v; it wrote %d lines, want four: %s", err, len(lines), text)
	}
	for i, want := range []string{"requestId=r-1", "requestId=r-1", "requestId=r-1", `"requestId":"r-1"`} {
		if strings.Count(lines[i], "r-1") != 1 || !strings.Contains(lines[i], want) {
			t.Errorf("%s, want %s once", lines[i], want)
		}
	}
}
