package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ops are what the steps are, without those that only end what TLC has to keep in mind.
func ops(t trace) (all []string) {
	for _, s := range t.Steps {
		if op := s["op"].(string); op != "end" {
			all = append(all, op)
		}
	}
	return all
}

// traceOf returns the trace of the only item of a run in which a fault strikes at a call.
func traceOf(t *testing.T, call string, f fault) trace {
	t.Helper()
	traces := simulate(t, scenario{seed: 1, items: 1, plain: true, steps: true, only: map[string]fault{"item 0": happening, call: f}}).traces
	if len(traces) != 1 {
		t.Fatalf("%d traces, want one of the only item", len(traces))
	}
	return traces[0]
}

func TestATraceHasWhatAWSDidInOrder(t *testing.T) {
	for f, want := range map[fault]string{
		none:       "enqueue receive store read read classify delete read read",
		throttled:  "enqueue receive store read read classify delete read read", // the SDK repeats the call
		answerLost: "enqueue receive enqueue receive store read read classify read delete delete read read",
	} {
		got := traceOf(t, "WriterFunction SendMessage item 0", f)
		if diff := cmp.Diff(strings.Fields(want), ops(got)); diff != "" || len(got.Disturbed) > 0 {
			t.Errorf("with %q: disturbed %v; steps (-want +got):\n%s", f, got.Disturbed, diff)
		}
	}
}

func TestAConsumerWhoseCallMeetsAFaultIsDisturbed(t *testing.T) {
	for f, want := range map[fault]struct {
		disturbed []int
		steps     string
	}{
		throttled:  {[]int{1}, "enqueue receive store read read classify delete read read"},
		answerLost: {[]int{1, 2}, "enqueue receive store read read again classify read delete read read"}, // 2 is who makes the call unheard
	} {
		got := traceOf(t, "EnricherFunction UpdateItem item 0", f)
		if diff := cmp.Diff(want.disturbed, got.Disturbed); diff != "" {
			t.Errorf("with %q: disturbed (-want +got):\n%s", f, diff)
		}
		if diff := cmp.Diff(strings.Fields(want.steps), ops(got)); diff != "" {
			t.Errorf("with %q: steps (-want +got):\n%s", f, diff)
		}
	}
}

func TestStepsAreWrittenOneTraceALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "steps")
	var stdout, stderr strings.Builder
	if status := run(t.Context(), t, strings.Fields("-seed 11 -seeds 1 -items 2 -steps "+path), &stdout, &stderr); status != 0 {
		t.Fatalf("status %d, %s", status, stderr.String())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var first trace
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Seed != 11 || first.Item != "item 0" || first.Receives != 5 {
		t.Errorf("%v, the first of %d lines is %+v", err, len(lines), first)
	}
}
