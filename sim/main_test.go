package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"simple-sam-demo/local/stacktest"
)

func TestWrongUsageIsOneLineThatSaysWhatIsWrong(t *testing.T) {
	for want, args := range map[string]string{
		"-pairs and -mistakes exclude each other": "-mistakes -pairs",
		"-seeds has no effect with -pairs":        "-pairs -seeds 3",
		"-seed has no effect with -mistakes":      "-mistakes -seed 3",
		"-explain has no effect with -mistakes":   "-mistakes -explain=false",
		"-seeds 0: it must be at least 1":         "-seeds 0",
		"-items -1: it must be from 1 to 7000":    "-items -1",
		"-items 7001: it must be from 1 to 7000":  "-items 7001",
		`invalid value "x" for flag -seed`:        "-seed x",
		`invalid value "x" for flag -consumer`:    "-consumer x",
		"-consumer has no effect with -mistakes":  "-mistakes -consumer worker",
		"-seeds has no effect with -processes":    "-processes -seeds 3",
		"-pairs has no effect with -processes":    "-processes -pairs",
		"-hasten has an effect with -processes":   "-hasten",
		"-hasten has no effect with -mistakes":    "-mistakes -hasten",
		"-items 0: it must be from 1 to 1000000":  "-processes -items 0",
		"-coverage has no effect with -pairs":     "-pairs -coverage",
		"-record has no effect with -mistakes":    "-mistakes -record x",
		"-mistake has no effect without -steps":   "-mistake x",
		"-coverage has no effect with -steps":     "-steps x -coverage",
		"-record: /nope/x can't be written: no":   "-record /nope/x",
		"-steps: /nope/x can't be written: no":    "-steps /nope/x",
		"-record and -lean exclude each other":    "-record x -lean a/b/outage",
		`invalid value "a/b" for flag -lean`:      "-lean a/b",
		`unexpected argument "7"`:                 "7",
		"flag provided but not defined: -pair":    "-pair",
		"flag needs an argument: -items":          "-items",
	} {
		var stdout, stderr strings.Builder
		status := run(t.Context(), t, strings.Fields(args), &stdout, &stderr)
		line := stderr.String()
		if status != 2 || stdout.Len() > 0 || strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "sim: "+want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %q", args, status, stdout.String(), line, want)
		}
	}
}

func TestOutsideTheRepositoryNothingIsSimulated(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr strings.Builder
	if status := run(t.Context(), t, nil, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "run sim in the repository") {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}

func TestAnInterruptedProgramSaysWhatWasDone(t *testing.T) {
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	for args, want := range map[string]string{
		"-seeds 3":   "interrupted: 0 of 3 runs are done",
		"-processes": "interrupted: not all was posted and checked",
		"-pairs":     "1 in a batch, defaults: 0 single faults and 0 ordered pairs",
		"-mistakes":  "interrupted: 0 of ",
	} {
		var stdout, stderr stacktest.Output
		if status := run(interrupted, t, strings.Fields(args), &stdout, &stderr); status != 130 || !strings.Contains(stdout.String(), want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %q", args, status, stdout.String(), stderr.String(), want)
		}
	}
}

func TestAfterAnInterruptionNoRunBegins(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	scenarios := make([]scenario, 50)
	for n := range scenarios {
		scenarios[n] = scenario{seed: seed(n + 1), items: 1}
	}
	all := simulateAll(ctx, t, scenarios, func(int, outcome) { interrupt() })
	if all.runs == 0 || all.runs == len(scenarios) {
		t.Errorf("%d of %d runs were done, though the first interrupts", all.runs, len(scenarios))
	}
}

// broken is a pipe that nobody reads.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWhatNobodyReadsIsWrittenToStderr(t *testing.T) {
	var stderr strings.Builder
	if status := run(t.Context(), t, []string{"-seeds", "2", "-items", "1"}, broken{}, &stderr); status != 0 || !strings.Contains(stderr.String(), "runs with a violation") {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}
