package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"simple-sam-demo/internal/commandline"
)

// writeSteps runs seeds and writes the traces of their items to a file, one a line. It returns the exit status.
func (o options) writeSteps(ctx context.Context, t *testing.T) int {
	if o.mistake != "" {
		return o.writeMistakenSteps(ctx)
	}
	var scenarios []scenario
	for n := range o.seeds {
		scenarios = append(scenarios, scenario{seed: seed(o.first + uint64(n)), items: o.items, consumer: o.consumer, steps: true})
	}
	traces := make([][]trace, len(scenarios))
	all := o.simulateShown(ctx, t, "seeds", scenarios, func(n int, o outcome) { traces[n] = o.traces })
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	for _, t := range slices.Concat(traces...) {
		must(to.Encode(t))
	}
	if err := os.WriteFile(o.steps, text.Bytes(), 0o600); err != nil {
		return o.failed(err)
	}
	if len(all.failed) > 0 {
		o.explain = false
		return o.report(ctx, t, all)
	}
	return o.finish(all, len(scenarios))
}

// writeMistakenSteps lets this program, with a mistake built into the functions, write the traces.
func (o options) writeMistakenSteps(ctx context.Context) int {
	every := slices.Concat(mistakes, workerMistakes)
	i := slices.IndexFunc(every, func(m mistake) bool { return m.name == o.mistake })
	if i < 0 {
		return o.failed(fmt.Errorf("-mistake %q: there is no such mistake; sim/mistakes.go has their names", o.mistake))
	}
	folder, err := os.MkdirTemp("", "sim")
	if err != nil {
		return o.failed(err)
	}
	defer os.RemoveAll(folder)
	program, err := every[i].build(ctx, folder)
	if err != nil {
		return o.failed(err)
	}
	run := exec.CommandContext(ctx, program, "-steps", o.steps, "-seed", fmt.Sprint(o.first), "-seeds", fmt.Sprint(o.seeds), "-items", fmt.Sprint(o.items))
	if o.consumer != drawn {
		run.Args = append(run.Args, "-consumer", string(o.consumer))
	}
	run.Stdout, run.Stderr, run.Dir = o.stdout, o.stderr, root()
	if err := run.Run(); err != nil && run.ProcessState == nil {
		return o.failed(err)
	}
	return commandline.OK // that something is violated is no surprise
}
