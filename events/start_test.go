package events_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A function that cannot work says so, and ends with 1: then Lambda does not send it invocations.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
func TestAFunctionWithoutItsSettingsSaysWhyAndEnds(t *testing.T) {
	bin := buildFunctions(t)
	system := startAWS(t).system(t)
	for folder, logicalID := range functions {
		for _, name := range []string{"AWS_REGION", "TABLE_NAME"} {
			t.Run(folder+" without "+name, func(t *testing.T) {
				settings := maps.Clone(system[logicalID].Environment)
				settings[name] = ""
				p := startProcess(t, bin, folder, "http://127.0.0.1:1", system[logicalID], settings)
				<-p.exited
				log, err := os.ReadFile(p.log)
				if err != nil {
					t.Fatal(err)
				}
				ended, ok := errors.AsType[*exec.ExitError](p.err)
				if !ok || ended.ExitCode() != 1 || !strings.Contains(string(log), folder+" can't start") || !strings.Contains(string(log), name) {
					t.Errorf("it ended with %v, and logged %s", p.err, log)
				}
			})
		}
	}
}
