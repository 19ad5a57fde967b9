package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	_ "simple-sam-demo/internal/testgc"
)

// The test's own binary is also each process that is AWS, and a function.
func TestMain(m *testing.M) {
	switch {
	case isHelper(context.Background()):
	case os.Getenv("AWS_LAMBDA_RUNTIME_API") != "":
		lambda.Start(func() {})
	default:
		os.Exit(m.Run())
	}
}

// runBench runs the program in the repository's top folder. It ends before it measures anything.
func runBench(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	var out, errs strings.Builder
	status = run(t.Context(), t, args, &out, &errs)
	return status, out.String(), errs.String()
}

func TestHelpNamesEachPart(t *testing.T) {
	status, stdout, stderr := runBench(t, "-help")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: go run ./tools/bench") || !strings.Contains(stdout, "-against commit") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	for _, p := range parts {
		if !strings.Contains(stdout, "  "+p.name) || !strings.Contains(stdout, p.what) {
			t.Errorf("no part %s in:\n%s", p.name, stdout)
		}
	}
}

func TestWrongUsageIsOneLineThatSaysWhatIsWrong(t *testing.T) {
	for want, args := range map[string]string{
		"-only shar: there is no such part, but these: share, startup, batches, worker, cost, local": "-only shar",
		"flag provided but not defined: -agains":                                                     "-agains main",
		`unexpected argument "main"`:                                                                 "main",
		"-against has an effect with -only share alone: add it":                                      "-against main",
		"-against has no effect with -only startup":                                                  "-only startup -against main",
		"-starts has no effect with -only local":                                                     "-only local -starts 3",
		"-docs has no effect with -only cost":                                                        "-only cost -docs x",
		"-docs: /nope/benchmarks.md can't be written: no such file or directory":                     "-docs /nope",
		"-starts 0: it must be at least 1":                                                           "-starts 0",
		"-items 150: it must be a multiple of 100, at most 1000000":                                  "-items 150",
		"-items 2000000: it must be a multiple of 100, at most 1000000":                              "-items 2000000",
		`invalid value "many" for flag -items`:                                                       "-items many",
	} {
		t.Run(args, func(t *testing.T) {
			status, stdout, stderr := runBench(t, strings.Fields(args)...)
			if status != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "bench: "+want) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, stdout, stderr, want)
			}
		})
	}
}

func TestWithoutABatchRouteThePartsThatPostByBatchAreRefused(t *testing.T) {
	for only, refused := range map[string]bool{"": true, "share": true, "cost": true, "local": true, "startup": false, "batches": false, "worker": false} {
		m := measurement{only: only}
		want := "template.yaml has no route POST …/batch, by which the parts share, cost, local post their items: give -only startup or -only batches or -only worker"
		if err := m.checkBatch(""); refused != (err != nil) || refused && err.Error() != want {
			t.Errorf("-only %q: error %v", only, err)
		}
		if err := m.checkBatch("/many"); err != nil {
			t.Errorf("-only %q, with a batch route: error %v", only, err)
		}
	}
}

func TestOutsideTheRepositoryNothingIsMeasured(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs strings.Builder
	if status := run(t.Context(), t, nil, &out, &errs); status != 2 || !strings.Contains(errs.String(), "top folder") {
		t.Errorf("status %d, %q", status, errs.String())
	}
}

func TestAPartIsMeasuredWithWhatItNeeds(t *testing.T) {
	for only, want := range map[string]string{
		"": "share startup batches worker cost local", "startup": "startup", "cost": "share cost",
	} {
		m := measurement{only: only}
		var measured []string
		for _, p := range parts {
			if m.wants(p) {
				measured = append(measured, p.name)
			}
		}
		if got := strings.Join(measured, " "); got != want {
			t.Errorf("-only %q measures %s, want %s", only, got, want)
		}
	}
}
