package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/tools/soak/probe"
)

// TestMain goes to the repository's top folder, where the program runs. So tests that wait for processes can do it
// beside each other.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func runSoak(ctx context.Context, t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(ctx, args, &out, &errs)
	return status, out.String(), errs.String()
}

func TestHelpNamesEachFlag(t *testing.T) {
	status, stdout, stderr := runSoak(t.Context(), t, "-help")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: go run ./tools/soak") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	for _, flag := range []string{"-for", "-rate", "-ramp", "-worker", "-svg", "-samples"} {
		if !strings.Contains(stdout, "  "+flag+" ") && !strings.Contains(stdout, "  "+flag+"\n") {
			t.Errorf("no %s in:\n%s", flag, stdout)
		}
	}
}

func TestWrongUsageIsOneLineThatSaysWhatIsWrong(t *testing.T) {
	for want, args := range map[string]string{
		"-for 1ms: it must be at least 1s":                                    "-for 1ms",
		"-rate 0.5: it must be from 1 to 10000 requests a second":             "-rate 0.5",
		"-rate NaN: it must be from 1 to 10000 requests a second":             "-rate NaN",
		"-rate 10000 for 1h0m0s: there are not so many different items: give": "-rate 10000",
		"-rate has no effect with -ramp: leave one of the two out":            "-ramp -rate 7",
		"-svg: /nope/x.svg can't be written: no such file or directory":       "-svg /nope/x.svg",
		"-samples: /nope/x can't be written: no such file or directory":       "-svg /dev/null -samples /nope/x",
		`unexpected argument "1h"`:                                            "1h",
	} {
		t.Run(args, func(t *testing.T) {
			status, stdout, stderr := runSoak(t.Context(), t, strings.Fields(args)...)
			if status != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "soak: "+want) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, stdout, stderr, want)
			}
		})
	}
}

func TestOutsideTheRepositoryNothingIsStarted(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs strings.Builder
	if status := run(t.Context(), nil, &out, &errs); status != 2 || !strings.Contains(errs.String(), "top folder") {
		t.Errorf("status %d, %q", status, errs.String())
	}
}

func TestTheRealStackIsLoadedAndLookedAt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	svg, samples := filepath.Join(folder, "soak.svg"), filepath.Join(folder, "samples")
	status, stdout, stderr := runSoak(t.Context(), t, "-for", "3s", "-rate", "40", "-worker", "-svg", svg, "-samples", samples)
	if status != 0 || !strings.Contains(stdout, "120 requests at 40 a second") || !strings.Contains(stdout, "soak needs 150: give a longer -for") {
		t.Fatalf("status %d, stdout %s, stderr %s", status, stdout, stderr)
	}
	wantXML(t, svg)
	var last observation
	for _, x := range samplesIn(t, samples) {
		last = x
	}
	if last.Heap < 1 || last.Resident < last.Heap || last.Goroutines < 10 || last.Descriptors < 8 || last.Processor == 0 || last.AnswerP99 < last.AnswerP50 || last.Items < 30 {
		t.Errorf("the last sample is %+v", last)
	}
	wantNoStack(t, stderr)
}

func TestARunThatIsInterruptedDrawsWhatItHasSeenAndLeavesNoStack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	svg, samples := filepath.Join(folder, "soak.svg"), filepath.Join(folder, "samples")
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		defer interrupt()
		stacktest.Eventually(t, "two samples are taken", func() bool { return len(samplesIn(t, samples)) >= 2 })
	}()
	status, stdout, stderr := runSoak(ctx, t, "-rate", "20", "-svg", svg, "-samples", samples, "-for", "5m")
	if status != 130 || !strings.Contains(stdout, "requests at 20 a second") || !strings.Contains(stdout, "came to no end") || !strings.HasSuffix(stderr, "soak: interrupted\n") {
		t.Errorf("status %d, stdout %s, stderr %s", status, stdout, stderr)
	}
	wantXML(t, svg)
	wantNoStack(t, stderr)
}

// samplesIn reads the samples that are there.
func samplesIn(t *testing.T, path string) (all []observation) {
	file, err := os.Open(path)
	if err != nil {
		return nil // not yet
	}
	defer file.Close()
	for lines := json.NewDecoder(file); ; {
		var x observation
		if err := lines.Decode(&x); err != nil {
			return all
		}
		all = append(all, x)
	}
}

func wantXML(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for decoder := xml.NewDecoder(file); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s is no XML: %v", path, err)
		}
	}
}

func wantNoStack(t *testing.T, stderr string) {
	t.Helper()
	url := regexp.MustCompile(`http://[0-9.:]+`).FindString(stderr)
	if response, err := http.Get(url); err == nil {
		response.Body.Close()
		t.Errorf("the stack at %s still runs", url)
	}
}

func TestAProcess(t *testing.T) {
	t.Parallel()
	program, err := buildLocal(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("that does not start says why", func(t *testing.T) {
		if _, err := startProcess(program, "-parameter", "ModelUri=none.json"); err == nil || !strings.Contains(err.Error(), "none.json") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("that ends under its soak says why", func(t *testing.T) {
		p, err := startProcess(program)
		if err != nil {
			t.Fatal(err)
		}
		err = p.whileItRuns(t.Context(), func(ctx context.Context) error {
			_ = p.command.Process.Kill()
			<-ctx.Done()
			return ctx.Err()
		})
		if err == nil || !strings.Contains(err.Error(), "the stack has ended: signal: killed") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ends when its soak is gone", func(t *testing.T) { wantEndWithoutSoak(t, program) })
}

// A soak that is killed can't end its stack, but nobody reads what the probe reports any more.
func wantEndWithoutSoak(t *testing.T, program string) {
	t.Helper()
	readings, report, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0")
	command.Env, command.ExtraFiles = append(os.Environ(), probe.Variable+"=1"), []*os.File{report}
	if err := errors.Join(command.Start(), report.Close(), readings.Close()); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); command.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
}
