// Command mutate tells what the tests do not notice. It makes many small changes in the code, the mutations:
// another comparison, another number, a statement that is gone. The program with one of them is a mutant. A
// mutant is caught when a test fails or, if none does, when the simulation finds a violation. A mutant that
// survives shows a behaviour that no test states. docs/reliability.md says more.
//
// One build holds all mutants, and a number chooses one at run time (Untch, Offutt and Harrold, Mutation Analysis
// Using Mutant Schemata, ISSTA 1993). So thousands of mutants take no more time than their tests. The build is
// made by `go build -overlay`: nothing is written to the sources.
//
// To read it, begin with mutate below. find.go, expressions.go and statements.go find the mutations, overlay.go
// makes the build, and judge.go and run.go run the tests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"simple-sam-demo/internal/commandline"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{folder: ".", stdout: stdout, stderr: stderr}
	program := o.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	return program.End(ctx, o.mutate(ctx), stderr)
}

type options struct {
	folder                  string // in the module
	packages, tests, second string
	only, results, reasons  string
	list, again, show       bool
	quick                   bool
	parallel                int
	extra                   time.Duration
	stdout, stderr          io.Writer
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path:  "./tools/mutate",
		About: "Changes the code in many small ways, and tells which changes no test notices.\nIt fails if a mutant survives and " + defaultReasons + " gives no reason for it.",
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&o.packages, "packages", "./writer/... ./reader/... ./enricher ./enricher/classifier ./enricher/lambda ./enricher/worker ./shared/...", "the `packages` to change")
			f.StringVar(&o.tests, "tests", "./writer/... ./reader/... ./enricher/... ./shared/... ./events ./local/stack ./local/eventsource .", "the `packages` whose tests are run")
			f.StringVar(&o.second, "second", "./sim -explain=false -seeds 10 -items 60 -consumer function; ./sim -explain=false -seeds 10 -items 60 -consumer worker",
				"`programs` that judge what the tests let pass, with their flags, separated by semicolons")
			f.StringVar(&o.only, "only", "", "try only mutants whose name has this `text` in it")
			f.StringVar(&o.results, "results", "", "a `file` that keeps results: a mutant that is in it is not tried again")
			f.StringVar(&o.reasons, "reasons", defaultReasons, "the `file` with the reasons for mutants that survive; a path that is not absolute begins in the repository's top folder")
			f.BoolVar(&o.again, "again", false, "try those again that survived according to -results and have no reason")
			f.BoolVar(&o.quick, "quick", false, "leave out the slow tests of other packages, and the second judges; -again then tries the survivors with all")
			f.BoolVar(&o.list, "list", false, "print the names of the mutants, and try none")
			f.BoolVar(&o.show, "show", false, "print each mutant's change, and what became of it")
			f.IntVar(&o.parallel, "parallel", 2, "how many mutants to try at a time")
			f.DurationVar(&o.extra, "extra", 10*time.Second, "a mutant has timed out when its tests take 8 times normal time, and this `time`")
		},
		Check: func(*flag.FlagSet) error {
			switch {
			case o.parallel < 1:
				return fmt.Errorf("-parallel %d: it must be at least 1", o.parallel)
			case o.again && o.results == "":
				return errors.New("-again has no effect without -results")
			case o.extra < 0:
				return fmt.Errorf("-extra %s: it must be at least 0", o.extra)
			}
			return nil
		},
	}
}

const defaultReasons = "tools/mutate/survivors.txt"

// mutate finds the mutations, builds the mutants, tries them, and reports.
func (o *options) mutate(ctx context.Context) error {
	m, sources, err := o.read()
	if err != nil {
		return err
	}
	all, edits := find(m, sources)
	wanted := o.chosen(all)
	switch {
	case len(all) == 0:
		return fmt.Errorf("-packages %s: there is nothing to change in these", o.packages)
	case len(wanted) == 0:
		return fmt.Errorf("-only %s: no mutant's name has this text in it: -list without -only prints all names", o.only)
	}
	if o.list {
		for _, mutation := range wanted {
			fmt.Fprintln(o.stdout, mutation.name())
		}
		return nil
	}
	file := filepath.FromSlash(o.reasons)
	if !filepath.IsAbs(file) {
		file = filepath.Join(m.root, file)
	}
	reasons, err := readReasons(file)
	if err != nil {
		return err
	}
	known, err := openResults(o.results)
	if err != nil {
		return err
	}
	defer known.writer.Close()
	if todo := o.todo(wanted, known, reasons); len(todo) > 0 {
		if err := o.try(ctx, m, sources, all, edits, todo, known); err != nil {
			return err
		}
	}
	folders := map[string]bool{}
	for _, s := range sources {
		for _, file := range s.files {
			folders[path.Dir(file.name)] = o.only == ""
		}
	}
	return report(o.stdout, wanted, known, reasons, folders)
}

// read reads the packages to mutate.
func (o *options) read() (*module, []*source, error) {
	m, err := open(o.folder)
	if err != nil {
		return nil, nil, err
	}
	sources, err := m.load(strings.Fields(o.packages))
	return m, sources, err
}

// chosen returns the mutations that -only asks for.
func (o *options) chosen(all []*mutation) (wanted []*mutation) {
	for _, m := range all {
		if strings.Contains(m.name(), o.only) {
			wanted = append(wanted, m)
		}
	}
	return wanted
}

// todo returns the mutations that have no result yet, and those that -again asks for.
func (o *options) todo(wanted []*mutation, known *results, reasons map[string]string) (todo []*mutation) {
	for _, m := range wanted {
		r, ok := known.get(m.name())
		if !ok || o.again && r.Outcome == survived && reasons[m.name()] == "" {
			todo = append(todo, m)
		}
	}
	return todo
}

// try builds the mutants, and lets the judges look at each.
func (o *options) try(ctx context.Context, m *module, sources []*source, all []*mutation, edits map[*file][]edit, todo []*mutation, known *results) error {
	folder, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	laid, err := lay(folder, m, sources, all, edits)
	if err != nil {
		return err
	}
	var second []string
	for _, command := range strings.Split(o.second, ";") {
		if command = strings.TrimSpace(command); command != "" && !o.quick {
			second = append(second, command)
		}
	}
	c, err := newCourt(ctx, m, laid, strings.Fields(o.tests), second, o.parallel, o.extra, o.stderr)
	if err != nil {
		return err
	}
	c.kin, c.quick = kin(all), o.quick
	bar := commandline.NewBar(o.stderr, len(todo), "mutants")
	defer bar.Finish()
	return c.forEach(ctx, len(todo), func(i int) error {
		r, err := c.hear(ctx, todo[i])
		if err != nil {
			return err
		}
		if o.show {
			fmt.Fprintf(o.stdout, "%s\n%s%s %s\n\n", r.Name, todo[i].diff(), r.Outcome, r.By)
		}
		_ = bar.Add(1)
		return known.add(r)
	})
}
