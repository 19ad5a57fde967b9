package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
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

// traces returns the traces when the run is over. It returns none of a run with a pause: then messages are given up because
// of their age, which the specification does not know. And none of a flood, whose traces are too many.
func (s *steps) traces() (all []trace) {
	if s == nil || s.world.paused.to > 0 || s.world.floods() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.SortedFunc(maps.Keys(s.courses), func(a, b string) int { return bytes.Compare([]byte(s.courses[a].Item), []byte(s.courses[b].Item)) }) {
		c := s.courses[id]
		c.Disturbed = s.disturbed(c)
		c.Newest = s.newest(c)
		c.Steps = withEnds(withoutIdle(c.flat(), c.Disturbed))
		all = append(all, c.trace)
	}
	return all
}

// flat returns the steps with the second deliveries in their places.
func (c *course) flat() (all []step) {
	for i, s := range c.Steps {
		all = append(append(all, s), c.copies[i]...)
	}
	return all
}

// newest returns the consumers that write with the new model.
func (s *steps) newest(c *course) []int {
	with := []int{}
	for _, d := range c.deliveries {
		for by, n := range d.by {
			if s.models[by] == 2 {
				with = append(with, n)
			}
		}
	}
	slices.Sort(with)
	return with
}

// withoutIdle lets a disturbed consumer see nothing after which it does nothing.
func withoutIdle(all []step, disturbed []int) []step {
	acts := map[int]bool{}
	for i, s := range slices.Backward(all) {
		n, _ := s["c"].(int)
		switch s["op"] {
		case "read":
			if !acts[n] && slices.Contains(disturbed, n) {
				s = maps.Clone(s)
				s["c"] = 0
				all[i] = s
			}
		case "turn", "receive":
		default:
			for _, n := range s.consumers() {
				acts[n] = true
			}
		}
	}
	return all
}

// withEnds adds a step after the last one that is about a consumer. TLC has far fewer states to look at if it may forget the
// consumer from then on.
func withEnds(all []step) (with []step) {
	last := map[int]int{}
	for i, s := range all {
		for _, n := range s.consumers() {
			last[n] = i
		}
	}
	for i, s := range all {
		with = append(with, s)
		for _, n := range slices.Compact(slices.Sorted(slices.Values(s.consumers()))) {
			if n > 0 && last[n] == i {
				with = append(with, step{"op": "end", "c": n})
			}
		}
	}
	return with
}

// consumers returns the consumers that a step is about.
func (s step) consumers() []int {
	who, _ := s["who"].([]int)
	c, _ := s["c"].(int)
	ghost, _ := s["ghost"].(int)
	return append(slices.Clone(who), c, ghost)
}

// disturbed returns the consumers that met a fault.
func (s *steps) disturbed(c *course) []int {
	w, calm := s.world, map[int]bool{}
	if w.slowness == 1 && w.outcome.happened["curse on "+c.Item] == none {
		for r, d := range c.deliveries {
			for by, n := range d.by {
				calm[n] = !s.struck[by] && w.ledger.excuses[r] == none && n == d.consumers[0]
			}
		}
	}
	disturbed := []int{}
	for n := 1; n <= c.Consumers; n++ {
		if !calm[n] {
			disturbed = append(disturbed, n)
		}
	}
	return disturbed
}
