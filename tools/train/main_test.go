package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
)

const report = `train accuracy  0.9619 (101 of 105)
test accuracy   1.0000 (45 of 45)
all flowers     0.9733 (146 of 150)

species \ predicted           setosa  versicolor   virginica
setosa                            50           0           0
versicolor                         0          47           3
virginica                          0           1          49
`

// runTrain runs the tool, which must succeed, and returns what it printed.
func runTrain(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	return out.String(), errs.String()
}

func TestTwoRunsWriteTheCommittedArtifact(t *testing.T) {
	committed, err := os.ReadFile("../../enricher/classifier/model.json")
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		path := filepath.Join(t.TempDir(), "model.json")
		stdout, stderr := runTrain(t, "-o", path, "-version", embedded.Version())
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(committed), string(written)); diff != "" {
			t.Errorf("artifact (-committed +written); if the fit was meant to change, commit what the tool writes with a new -version:\n%s", diff)
		}
		if diff := cmp.Diff(report, stdout); diff != "" || stderr != "" {
			t.Errorf("report (-want +got):\n%s\nstderr %q", diff, stderr)
		}
	}
}

func TestDashWritesTheArtifactAloneToStdout(t *testing.T) {
	stdout, stderr := runTrain(t, "-o", "-", "-version", "2027-01-31.42")
	m, err := classifier.Parse([]byte(stdout))
	if err != nil {
		t.Fatal(err)
	}
	if m.Version() != "2027-01-31.42" {
		t.Errorf("version %q, want the one asked for", m.Version())
	}
	if !strings.Contains(stdout, `"rows": 105`) || !strings.Contains(stdout, `"train_accuracy": 0.961904762`) ||
		!strings.Contains(stdout, `"test_accuracy": 1.000000000`) {
		t.Errorf("how it was trained is missing or wrong:\n%s", stdout)
	}
	if diff := cmp.Diff(report, stderr); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestWrongUsageIsOneLineAndWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.json")
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag": {[]string{"-o", path, "-x"}, "flag provided but not defined: -x"},
		"no value":     {[]string{"-version"}, "flag needs an argument: -version"},
		"an argument":  {[]string{"-o", path, "now"}, `unexpected argument "now"`},
		"empty path":   {[]string{"-o", ""}, "-o is empty"},
		"bad version":  {[]string{"-o", path, "-version", "2"}, `version "2" is not of the form YYYY-MM-DD.NN`},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run(t.Context(), tc.args, &out, &errs); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			line := errs.String()
			if strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "train: ") || !strings.Contains(line, tc.want) {
				t.Errorf("stderr %q, want one line with %q", line, tc.want)
			}
			if _, err := os.Stat(path); err == nil || out.Len() > 0 {
				t.Errorf("something was written; stdout %q", out.String())
			}
		})
	}
}

func TestUnwritablePathExitsOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "model.json")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-o", path}, &out, &errs); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if line := errs.String(); strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "train: write artifact: ") {
		t.Errorf("stderr %q", line)
	}
	if out.Len() > 0 {
		t.Errorf("a report without an artifact: %q", out.String())
	}
}

func TestHelpExitsZero(t *testing.T) {
	stdout, stderr := runTrain(t, "-h")
	if stderr != "" || !strings.Contains(stdout, "Usage: go run ./tools/train") || !strings.Contains(stdout, "-version") {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
}
