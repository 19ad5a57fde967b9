// Command bench measures what the pipeline costs, in time and in money. Beside most figures it
// measures a floor in the same run: what would be spent without any code of ours. On another machine
// the times differ, and the ratios hardly do. Run it in the repository's top folder:
//
//	go run ./tools/bench
//
// It writes docs/benchmarks.md, docs/benchmarks.svg and docs/choosing.md, and prints the claims that the document begins
// with. To measure one part alone, or to compare the functions with those of another commit:
//
//	go run ./tools/bench -only startup
//	go run ./tools/bench -only share -against main
//
// It is no test: it does not fail when something has become slower. sim checks that nothing is lost.
//
// To read it, begin with the list of parts in parts.go. Each part has a file of its name, which measures
// it, and a section of its name in report.md.tmpl, or in choosing.md.tmpl. What a part needs beside that is in files that begin
// with its name, and what several parts need is in the files with other names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/names"
)

func main() {
	if isHelper(context.Background()) {
		return
	}
	commandline.MainWithTest(run)
}

// run does all that main does, and returns the exit status.
func run(ctx context.Context, t *testing.T, args []string, stdout, stderr io.Writer) int {
	m := measurement{progress: stderr}
	program := m.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	return program.End(ctx, m.run(ctx, t, stdout), stderr)
}

// run measures, and reports what was measured.
func (m *measurement) run(ctx context.Context, t *testing.T, stdout io.Writer) error {
	if err := m.measure(ctx, t); err != nil {
		return err
	}
	switch {
	case m.against != "":
		return printComparison(stdout, m.results)
	case m.only != "":
		return writeSections(stdout, m.results, m.only)
	}
	if err := writeReport(m.results, m.docs); err != nil {
		return err
	}
	if err := plotBatches(m.results.Batches, filepath.Join(m.docs, "benchmarks.svg")); err != nil {
		return err
	}
	return writeSections(stdout, m.results, "claims")
}

func (m *measurement) program() commandline.Program {
	about := "Measures what the pipeline costs, in time and in money, and writes docs/benchmarks.md and docs/choosing.md.\n\nThe parts for -only:"
	for _, p := range parts {
		about += fmt.Sprintf("\n  %-8s %s", p.name, p.what)
		if p.needs != "" {
			about += " (measures " + p.needs + " before)"
		}
	}
	return commandline.Program{Path: "./tools/bench", About: about, Check: m.check, Flags: func(f *flag.FlagSet) {
		f.StringVar(&m.docs, "docs", "docs", "the `folder` that benchmarks.md, benchmarks.svg and choosing.md are written into")
		f.StringVar(&m.only, "only", "", "measure one `part`, print its section, and write no file")
		f.StringVar(&m.against, "against", "", "with -only share: also build the functions of this `commit`, and measure them in turns with the present ones")
		f.IntVar(&m.starts, "starts", 30, "how often each program is started, in the part startup")
		f.IntVar(&m.items, "items", 100_000, "how many items go through the local stack by batch, in the part local")
	}}
}

// checkBatch refuses the parts that post items by batch, if the API has no path for that.
func (m *measurement) checkBatch(path string) error {
	if path != "" || !slices.ContainsFunc(parts, func(p part) bool { return p.byBatch && m.wants(p) }) {
		return nil
	}
	var left, possible []string
	for _, p := range parts {
		if p.byBatch {
			left = append(left, p.name)
		} else {
			possible = append(possible, "-only "+p.name)
		}
	}
	return fmt.Errorf("template.yaml has no route POST …/batch, by which the parts %s post their items: give %s", strings.Join(left, ", "), strings.Join(possible, " or "))
}

// check finds values that can't be used, and flags that have no effect on what is measured.
func (m *measurement) check(f *flag.FlagSet) error {
	if _, err := os.Stat("template.yaml"); err != nil {
		return errors.New("there is no template.yaml here: run bench in the repository's top folder")
	}
	switch {
	case m.starts < 1:
		return fmt.Errorf("-starts %d: it must be at least 1", m.starts)
	case m.items < perBatch || m.items > mostItems || m.items%perBatch != 0:
		return fmt.Errorf("-items %d: it must be a multiple of %d, at most %d", m.items, perBatch, mostItems)
	case m.only == "" && m.against != "":
		return errors.New("-against has an effect with -only share alone: add it")
	case m.only == "":
		for _, name := range []string{"benchmarks.md", "benchmarks.svg", "choosing.md"} {
			if err := commandline.CheckOutput("-docs", filepath.Join(m.docs, name)); err != nil {
				return err
			}
		}
		return m.checkBatch(names.Batch())
	}
	p, ok := partNamed(m.only)
	if !ok {
		return fmt.Errorf("-only %s: there is no such part, but these: %s", m.only, strings.Join(partNames(), ", "))
	}
	if err := commandline.Allow(f, "-only "+m.only, append(p.flags, "only")...); err != nil {
		return err
	}
	return m.checkBatch(names.Batch())
}
