package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// court holds all judges, and the overlay that they were built with.
type court struct {
	module   *module
	overlay  *overlay
	path     string // of the overlay's file
	judges   []*judge
	kin      map[int][]int
	parallel int
	quick    bool // leave out slow tests of other packages, their builds for one mutant, and second judges
	extra    time.Duration
	log      io.Writer
}

// newCourt builds all judges, and measures what their trials reach.
func newCourt(ctx context.Context, m *module, o *overlay, tests, others []string, parallel int, extra time.Duration, log io.Writer) (*court, error) {
	c := &court{module: m, overlay: o, parallel: parallel, extra: extra, log: log}
	var err error
	if c.path, err = o.write("overlay.json", o.replace); err != nil {
		return nil, err
	}
	packages, err := output(m.root, "go", append([]string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}"}, tests...)...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(packages)) {
		if importPath, folder, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			c.judges = append(c.judges, &judge{importPath: importPath, folder: folder, isTest: true})
		}
	}
	for _, other := range others {
		fields := strings.Fields(other)
		c.judges = append(c.judges, &judge{importPath: fields[0], folder: m.root, arguments: fields[1:]})
	}
	return c, c.measure(ctx)
}

func (c *court) measure(ctx context.Context) error {
	for i, j := range c.judges {
		j.program = filepath.Join(c.overlay.folder, fmt.Sprintf("judge%d", i))
	}
	var mu sync.Mutex
	return c.forEach(ctx, len(c.judges), func(i int) error {
		j := c.judges[i]
		if err := j.build(ctx, c.module, c.path, j.program); err != nil {
			return err
		}
		left, err := j.measure(ctx, c.path, c.overlay.folder)
		mu.Lock()
		defer mu.Unlock()
		for _, l := range left {
			fmt.Fprintln(c.log, l)
		}
		fmt.Fprintf(c.log, "%s: %d\n", j.importPath, len(j.trials))
		return err
	})
}

// forEach calls do for 0 to n-1, some at a time. It returns the first error.
func (c *court) forEach(ctx context.Context, n int, do func(int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	next := make(chan int)
	for range c.parallel {
		running.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}

// Outcomes of a mutant.
const (
	caughtOwn    = "caught by the package's tests"
	caughtOthers = "caught by other tests"
	caughtSecond = "caught by a second judge"
	endless      = "timed out"
	survived     = "survived"
	noProgram    = "does not compile"
)

// result is what became of a mutant.
type result struct {
	Name    string
	Outcome string
	By      string `json:",omitempty"` // the judge that caught it
	Reached bool   // by any trial
}

// hear lets the judges look at a mutant, one after the other, until one catches it.
func (c *court) hear(ctx context.Context, m *mutation) (result, error) {
	r := result{Name: m.name(), Outcome: survived}
	path, program := c.path, func(j *judge) (string, error) { return j.program, nil }
	if m.alone {
		folder, err := os.MkdirTemp(c.overlay.folder, "alone")
		if err != nil {
			return r, err
		}
		defer os.RemoveAll(folder)
		if path, err = c.alone(folder, m); err != nil {
			return r, err
		}
		program = func(j *judge) (string, error) {
			built := filepath.Join(folder, filepath.Base(j.program))
			return built, j.build(ctx, c.module, path, built)
		}
		if err := vet(ctx, c.module, path, m.importPath); err != nil {
			r.Outcome = noProgram
			return r, ctx.Err()
		}
	}
	for _, group := range c.trials(m) {
		r.Reached = true
		j := group[0].judge
		built, err := program(j)
		if err != nil {
			return r, err
		}
		verdict, by, err := j.try(ctx, built, path, group, m.number, c.extra)
		if err != nil {
			return r, err
		}
		if verdict != passed {
			r.By, r.Outcome = by, outcome(verdict, j, m)
			return r, nil
		}
	}
	return r, nil
}

func outcome(v verdict, j *judge, m *mutation) string {
	switch {
	case v == timedOut:
		return endless
	case !j.isTest:
		return caughtSecond
	case strings.TrimSuffix(j.importPath, "_test") == m.importPath:
		return caughtOwn
	}
	return caughtOthers
}

// alone writes an overlay with one mutation, for a build of its own.
func (c *court) alone(folder string, m *mutation) (path string, err error) {
	laid := filepath.Join(folder, filepath.Base(m.file.path))
	if err := os.WriteFile(laid, m.mutated(), 0o600); err != nil {
		return "", err
	}
	o := &overlay{folder: folder}
	return o.write("overlay.json", map[string]string{m.file.path: laid})
}

// vet tells whether a package compiles with a mutation.
func vet(ctx context.Context, m *module, overlay, importPath string) error {
	j := &judge{importPath: importPath}
	return j.build(ctx, m, overlay, os.DevNull)
}

// trials returns those that can notice a mutant: the tests of its own package first, then those of others, then
// second judges. Of the others, quick ones come first, of those packages first that have the most of them.
func (c *court) trials(m *mutation) (groups [][]*trial) {
	for _, j := range c.judges {
		var quick, slow []*trial
		for _, t := range j.trials {
			switch {
			case !t.mayNotice(m, c):
			case t.took <= quickTrial || m.alone: // a build of its own takes longer than its tests
				quick = append(quick, t)
			default:
				slow = append(slow, t)
			}
		}
		for _, group := range [][]*trial{quick, slow} {
			if len(group) > 0 {
				groups = append(groups, group)
			}
		}
	}
	rank := func(group []*trial) int {
		switch j := group[0].judge; {
		case j.importPath == m.importPath:
			return 0
		case !j.isTest:
			return 3
		case group[0].took <= quickTrial:
			return 1
		}
		return 2
	}
	if c.quick {
		groups = slices.DeleteFunc(groups, func(group []*trial) bool { return rank(group) > 1 || m.alone && rank(group) > 0 })
	}
	slices.SortStableFunc(groups, func(a, b []*trial) int { return cmp.Or(rank(a)-rank(b), len(b)-len(a)) })
	return groups
}

// quickTrial separates quick trials from slow ones.
const quickTrial = 200 * time.Millisecond

// mayNotice tells whether a trial reaches a mutant. Nobody can tell it of a mutant with a build of its own: there
// it counts if the trial reaches anything in the same function or, for a declaration, in the same package.
func (t *trial) mayNotice(m *mutation, c *court) bool {
	if !m.alone {
		return t.reaches[m.number]
	}
	return slices.ContainsFunc(c.kin[m.number], func(n int) bool { return t.reaches[n] })
}

// kin returns, for each mutation with a build of its own, those mutations whose trials are to be run.
func kin(all []*mutation) map[int][]int {
	ofFunction, ofPackage := map[string][]int{}, map[string][]int{}
	for _, m := range all {
		if !m.alone {
			ofFunction[m.file.name+" "+m.function] = append(ofFunction[m.file.name+" "+m.function], m.number)
			ofPackage[m.importPath] = append(ofPackage[m.importPath], m.number)
		}
	}
	found := map[int][]int{}
	for _, m := range all {
		if m.alone {
			found[m.number] = ofFunction[m.file.name+" "+m.function]
			if found[m.number] == nil {
				found[m.number] = ofPackage[m.importPath]
			}
		}
	}
	return found
}
