package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
)

// runTrain runs the tool, which must succeed, and returns what it printed.
func runTrain(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	return out.String(), errs.String()
}

// An artifact that another program has fitted has another source, and then this test has nothing to say.
func TestTwoRunsWriteTheCommittedArtifact(t *testing.T) {
	committed, err := os.ReadFile("../../enricher/classifier/model.json")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Version string
		Scaling json.RawMessage
		Trained struct{ Source string }
	}
	if err := json.Unmarshal(committed, &read); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(layout, read.Trained.Source) {
		t.Skipf("the embedded model was not fitted by this program, but to %q", read.Trained.Source)
	}
	for range 2 {
		path := filepath.Join(t.TempDir(), "model.json")
		_, stderr := runTrain(t, "-o", path, "-version", read.Version, fmt.Sprintf("-scale=%t", read.Scaling != nil))
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(committed), string(written)); diff != "" || stderr != "" {
			t.Errorf("artifact (-committed +written); if the data or the fit was meant to change, commit what the tool writes with a new -version:\n%s\nstderr %q", diff, stderr)
		}
	}
}

func TestDashWritesTheArtifactAloneToStdout(t *testing.T) {
	artifact, report := runTrain(t, "-o", "-", "-version", "2027-01-31.42", "-scale")
	m, err := classifier.Parse([]byte(artifact))
	if err != nil {
		t.Fatal(err)
	}
	if m.Version() != "2027-01-31.42" {
		t.Errorf("version %q, want the one asked for", m.Version())
	}
	path := filepath.Join(t.TempDir(), "model.json")
	alone, _ := runTrain(t, "-o", path, "-version", "2027-01-31.42", "-scale")
	if diff := cmp.Diff(alone, report); diff != "" {
		t.Errorf("report beside a file, and beside the artifact (-want +got):\n%s", diff)
	}
}

// The wanted numbers are counted here from the model's predictions.
func TestReportAndArtifactSayHowOftenTheModelIsRight(t *testing.T) {
	text, report := runTrain(t, "-o", "-", "-scale")
	m, err := classifier.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var right, all [2]int // of the test rows, and of the train rows
	pairs := map[[2]string]int{}
	rows := dataset.Rows()
	for _, row := range rows {
		part := 0
		if row.Train {
			part = 1
		}
		class, _ := m.Predict(row.Measurements)
		all[part]++
		if class == row.Class {
			right[part]++
		}
		pairs[[2]string{row.Class, class}]++
	}
	var trained struct {
		Trained struct {
			Rows  int
			Train float64 `json:"train_accuracy"`
			Test  float64 `json:"test_accuracy"`
		}
	}
	if err := json.Unmarshal([]byte(text), &trained); err != nil {
		t.Fatal(err)
	}
	share := func(part int) float64 { return float64(right[part]) / float64(all[part]) }
	if got := trained.Trained; got.Rows != all[1] || math.Abs(got.Train-share(1)) > 1e-9 || math.Abs(got.Test-share(0)) > 1e-9 {
		t.Errorf("trained %+v, want %d rows, accuracies %g and %g", got, all[1], share(1), share(0))
	}
	wanted := []string{
		fmt.Sprintf("train accuracy  %.4f (%d of %d)\n", share(1), right[1], all[1]),
		fmt.Sprintf("test accuracy   %.4f (%d of %d)\n", share(0), right[0], all[0]),
	}
	for _, class := range dataset.Classes(rows) {
		line := `(?m)^` + regexp.QuoteMeta(class)
		for _, predicted := range dataset.Classes(rows) {
			line += fmt.Sprintf(` +%d`, pairs[[2]string{class, predicted}])
		}
		if !regexp.MustCompile(line + `$`).MatchString(report) {
			t.Errorf("no line is %s in the report:\n%s", line, report)
		}
	}
	for _, want := range wanted {
		if !strings.Contains(report, want) {
			t.Errorf("%q is not in the report:\n%s", want, report)
		}
	}
}

func TestWrongUsageIsOneLineAndWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.json")
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":      {[]string{"-o", path, "-x"}, "flag provided but not defined: -x"},
		"no value":          {[]string{"-version"}, "flag needs an argument: -version"},
		"an argument":       {[]string{"-o", path, "now"}, `unexpected argument "now"`},
		"empty path":        {[]string{"-o", ""}, "-o is empty"},
		"a value of -scale": {[]string{"-o", path, "-scale=often"}, `invalid boolean value "often" for -scale`},
		"bad version":       {[]string{"-o", path, "-version", "2"}, `version "2" is not of the form YYYY-MM-DD.NN`},
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
	if code := run(t.Context(), []string{"-o", path, "-scale"}, &out, &errs); code != 1 {
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
