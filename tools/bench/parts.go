package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

// part can be measured on its own.
type part struct {
	name    string   // for -only, and of its section in report.md.tmpl
	what    string   // it measures
	needs   string   // the name of a part that is measured before, or ""
	flags   []string // that have an effect on it
	byBatch bool     // it posts items by batch
	measure func(m *measurement, ctx context.Context, t *testing.T) error
}

// parts are in the order of the document. They are measured one after the other, so that none disturbs
// another.
var parts = []part{
	{name: "share", what: "the functions on the share of a processor that Lambda gives them", flags: []string{"against"}, byBatch: true,
		measure: (*measurement).measureShare},
	{name: "startup", what: "how long each function takes to start, and how large it is", flags: []string{"starts"},
		measure: (*measurement).measureStartup},
	{name: "batches", what: "how many items a second the enricher classifies, by the size of a batch",
		measure: (*measurement).measureBatches},
	{name: choosing, what: "the worker beside the function, and what Lambda and Fargate cost",
		measure: (*measurement).measureWorker},
	{name: "cost", what: "what a million items cost on AWS, and what each setting buys", needs: "share", byBatch: true,
		measure: (*measurement).measureCost},
	{name: "local", what: "how fast the local stack is, and how much memory it needs", flags: []string{"items"}, byBatch: true,
		measure: (*measurement).measureLocal},
}

func partNamed(name string) (part, bool) {
	i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	if i < 0 {
		return part{}, false
	}
	return parts[i], true
}

func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// measurement is a run of this program.
type measurement struct {
	docs          string // folder
	only          string // the name of a part, or "" for all
	against       string // a commit, or ""
	starts, items int
	bin           string // a folder for binaries
	progress      io.Writer
	results       results
}

// results is everything that is measured.
type results struct {
	Machine      machine
	Taken        time.Duration
	ShareLeftOut string          // why functions can't be given a share of a processor here, or ""
	Builds       []functionBuild // of this work tree, and of another commit if they are compared
	Shares       []shareOf       // every kind of invocation with every memory size, of every build
	Memory       int             // MB that the functions have by default
	Programs     []program
	Batches      []batchSpeed // every size of a batch with every duration of a call
	Worker       workerResults
	Cost         []costOf // of a million items
	Knobs        []knob   // what other settings cost, and how long they take
	Local        localStack
}

// measure measures the part that was asked for and what it needs, or all parts.
func (m *measurement) measure(ctx context.Context, t *testing.T) (err error) {
	begin, r := time.Now(), &m.results
	debug.SetGCPercent(400) // GOGC and GOMEMLIMIT of the template
	debug.SetMemoryLimit(200 << 20)
	r.Machine = thisMachine()
	if m.bin, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(m.bin)
	for _, p := range parts {
		if !m.wants(p) {
			continue
		}
		fmt.Fprintf(m.progress, "%4.0f s  %-8s %s\n", time.Since(begin).Seconds(), p.name, p.what)
		if err := p.measure(m, ctx, t); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	r.Taken = time.Since(begin)
	return nil
}

func (m *measurement) wants(p part) bool {
	only, _ := partNamed(m.only)
	return m.only == "" || p.name == only.name || p.name == only.needs
}
