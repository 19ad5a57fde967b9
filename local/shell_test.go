package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/local/stacktest"
)

// asProgram tells the test's binary to be the program: Go reads the variables of a proxy once
// a process.
const asProgram = "LOCAL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main() // does not return
	}
	_ = flag.Set("test.parallel", "8") // most tests wait for processes
	os.Exit(m.Run())
}

func TestNothingOfTheShellCounts(t *testing.T) {
	t.Parallel()
	environment := []string{asProgram + "=1", "GORACE=atexit_sleep_ms=0"}
	for _, variables := range stacktest.Shells(t) {
		environment = append(environment, variables...)
	}
	other := strings.Replace(start(t).aws, "127.0.0.1", "0.0.0.0", 1) // Go uses no proxy for a loopback address
	for name, flags := range map[string][]string{"with its own endpoint": {"-aws", "127.0.0.1:0"}, "with another endpoint": {"-endpoint", other}} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-template", filepath.Join(stacktest.Root(t), "template.yaml"), "-api", "127.0.0.1:0", "-demo"}, flags...)
			command := exec.CommandContext(t.Context(), os.Args[0], args...)
			command.Env = environment
			if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), asModel(t, len(dataset.Rows()))) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
