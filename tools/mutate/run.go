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
	quick    bool // see isCostly
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
// second judges. Quick tests come before slow ones, and packages with many tests that reach the mutant before others.
func (c *court) trials(m *mutation) (groups [][]*trial) {
	for _, j := range c.judges {
		tiers := make([][]*trial, len(tierLimits)+1)
		for _, t := range j.trials {
			if t.mayNotice(m, c) {
				tiers[t.tier(m)] = append(tiers[t.tier(m)], t)
			}
		}
		groups = append(groups, tiers...)
	}
	groups = slices.DeleteFunc(groups, func(group []*trial) bool {
		return len(group) == 0 || c.quick && group[0].isCostly(m)
	})
	slices.SortStableFunc(groups, func(a, b []*trial) int { return cmp.Or(a[0].rank(m)-b[0].rank(m), len(b)-len(a)) })
	return groups
}

// tierLimits part quick trials from slow ones. Each part is run by itself, so that most mutants are caught before
// the slow ones run.
var tierLimits = []time.Duration{200 * time.Millisecond, time.Second}

func (t *trial) tier(m *mutation) (n int) {
	if m.alone { // its builds take longer than its tests
		return 0
	}
	for n < len(tierLimits) && t.took > tierLimits[n] {
		n++
	}
	return n
}

// rank orders the groups of trials for a mutant.
func (t *trial) rank(m *mutation) int {
	tiers := len(tierLimits) + 1
	switch {
	case t.judge.importPath == m.importPath:
		return t.tier(m)
	case t.judge.isTest:
		return tiers + t.tier(m)
	}
	return 2 * tiers
}

// isCostly tells whether -quick leaves a trial out: slow tests of other packages, their builds for one mutant, and
// second judges.
func (t *trial) isCostly(m *mutation) bool {
	return !t.judge.isTest || t.judge.importPath != m.importPath && (t.tier(m) > 0 || m.alone)
}

// mayNotice tells whether a trial reaches a mutant. Nobody can tell it of a mutant with a build of its own: there it
// counts if the trial is in the same package, or reaches anything in the same function or, for a declaration, in the
// same package.
func (t *trial) mayNotice(m *mutation, c *court) bool {
	if !m.alone {
		return t.reaches[m.number]
	}
	return t.judge.importPath == m.importPath || slices.ContainsFunc(c.kin[m.number], func(n int) bool { return t.reaches[n] })
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
