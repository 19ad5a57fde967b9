package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"simple-sam-demo/local/stacktest"
)

// asProgram is an environment variable. If it is set, the test's binary runs the program instead of the
// tests. A new process is needed, because Go reads the proxy's variables only once in a process.
const asProgram = "BACKFILL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main() // does not return
	}
	os.Exit(m.Run())
}

// program runs the program as a process with these environment variables, and returns what it printed.
func program(t *testing.T, environment []string, args ...string) (stdout string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	command.Env = append(environment, asProgram+"=1", "GORACE=atexit_sleep_ms=0") // without it each run takes a second longer
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Errorf("%v: %s", err, stderr.String())
	}
	return string(out)
}

func TestAtAnEndpointNothingOfTheShellCounts(t *testing.T) {
	url := strings.Replace(serve(t), "127.0.0.1", "0.0.0.0", 1) // Go uses no proxy for a loopback address
	const found = "1 items scanned, 1 keys to enqueue (2.0 read capacity units,"
	var all []string
	for name, environment := range stacktest.Shells(t) {
		all = append(all, environment...)
		t.Run(name, func(t *testing.T) {
			wantIn(t, "stdout", program(t, environment, "-dry-run", "-endpoint", url), found)
		})
	}
	t.Run("all, for a stack", func(t *testing.T) {
		wantIn(t, "stdout", program(t, all, "-dry-run", "-endpoint", url, "-stack", "items"), found)
	})
}

// Without -endpoint the program is a client of AWS, and the variables count.
func TestWithoutAnEndpointTheShellCounts(t *testing.T) {
	t.Setenv("AWS_PROFILE", "gone")
	t.Setenv("HOME", t.TempDir())
	code, _, stderr := runBackfill(t, "-dry-run", "-stack", "items")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	wantIn(t, "stderr", stderr, "load AWS configuration", "gone")
}
