// Package commandline is what the programs of this repository have in common on a command line:
// how they read their flags, with which status they end, and how they show progress. It is not for
// the functions, which take their settings from the environment.
package commandline

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"slices"
	"strings"
	"syscall"
)

// Statuses that a program ends with. A shell says 128 + n of a program that signal n has ended, and
// Ctrl-C is signal 2.
const (
	OK          = 0
	Failed      = 1
	WrongUsage  = 2
	Interrupted = 130
)

// Program says what a program's flags are.
type Program struct {
	Path  string              // of its package, as `go run` takes it: ./sim
	Usage string              // the arguments, as the help shows them; "[flags]" unless it is set
	About string              // what the program does, for the help
	Flags func(*flag.FlagSet) // declares the flags

	// Check says which value can't be used, or is nil. It is called when all flags have been read.
	Check func(*flag.FlagSet) error
}

// Main runs a program and ends the process with the status that run returns. The context ends with
// Ctrl-C or SIGTERM. A second Ctrl-C ends the process at once. What is written to a pipe that nobody
// reads any more is an error, and does not end the process: see [Program.End].
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Parse reads the arguments. ok is false when the program is over: it has printed its help, or one
// line that says what is wrong, and ends with the status.
func (p Program) Parse(args []string, stdout, stderr io.Writer) (status int, ok bool) {
	f := flag.NewFlagSet(p.Path, flag.ContinueOnError)
	f.SetOutput(io.Discard) // it would print its whole help after each error
	p.Flags(f)
	checkUsage(f)
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		p.help(f, stdout)
		return OK, false
	case err == nil && f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case err == nil && empty(f) != "":
		err = fmt.Errorf("-%s is empty: give a value, or leave it out", empty(f))
	case err == nil && p.Check != nil:
		err = p.Check(f)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v (go run %s -help lists the flags)\n", p.name(), err, p.Path)
		return WrongUsage, false
	}
	return OK, true
}

// empty returns the name of a flag that was given an empty text, or "". That is a mistake, such as a variable of the
// shell that is not set, and would pass for a flag that was not given.
func empty(f *flag.FlagSet) (name string) {
	f.Visit(func(given *flag.Flag) {
		if g, ok := given.Value.(flag.Getter); ok && g.Get() == "" {
			name = given.Name
		}
	})
	return name
}

func (p Program) help(f *flag.FlagSet, stdout io.Writer) {
	usage := p.Usage
	if usage == "" {
		usage = "[flags]"
	}
	fmt.Fprintf(stdout, "Usage: go run %s %s\n\n%s\n\n", p.Path, usage, p.About)
	f.SetOutput(stdout)
	f.PrintDefaults()
}

// checkUsage panics if the usage text of a flag misleads: the help shows what is between backquotes as the name of
// the flag's value. It is called in every run, so that each program's tests notice a mistake.
func checkUsage(f *flag.FlagSet) {
	f.VisitAll(func(one *flag.Flag) {
		quotes := strings.Count(one.Usage, "`")
		name, _ := flag.UnquoteUsage(one)
		_, noValue := one.Value.(interface{ IsBoolFlag() bool })
		if quotes > 0 && (noValue || quotes != 2 || strings.Contains(name, " ")) {
			panic(fmt.Sprintf("the usage of -%s must have backquotes around the name of its value alone, which is one word: %s", one.Name, one.Usage))
		}
	})
}

func (p Program) name() string { return path.Base(p.Path) }

// End returns the status of a program that has met err, or nil, and prints the error in one line.
// When ctx has ended, somebody has interrupted the program, and the error only follows from that.
func (p Program) End(ctx context.Context, err error, stderr io.Writer) (status int) {
	switch {
	case err == nil:
		return OK
	case ctx.Err() != nil:
		fmt.Fprintf(stderr, "%s: interrupted\n", p.name())
		return Interrupted
	default:
		fmt.Fprintf(stderr, "%s: %v\n", p.name(), err)
		return Failed
	}
}

// Allow returns an error when a flag was given that has no effect in a mode, which is every flag but
// those named. The mode is a flag like "-pairs", for the error.
func Allow(f *flag.FlagSet, mode string, named ...string) (err error) {
	f.Visit(func(given *flag.Flag) {
		if err == nil && !slices.Contains(named, given.Name) {
			err = fmt.Errorf("-%s has no effect with %s: leave one of the two out", given.Name, mode)
		}
	})
	return err
}
