// Command bench measures what the pipeline costs, in time and in money, beside floors that
// it measures in the same run: on another machine the times differ, the ratios hardly.
//
//	go run ./tools/bench
//
// It prints a table of ratios, and writes benchmarks.md and benchmarks.svg into docs/. To
// compare the functions of two commits on a share of a core, as Lambda gives it:
//
//	go run ./tools/bench -only share -against main
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if isHelper(ctx) {
		return
	}
	args := os.Args[1:]
	os.Args = os.Args[:1] // or the package testing reads them
	// testing/synctest, with which the cost is counted, wants a testing.T.
	testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "bench", F: func(t *testing.T) {
			status := 0
			if err := run(ctx, t, args, os.Stdout, os.Stderr); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				status = 1
			}
			os.Exit(status)
		}}}, nil, nil,
	)
}

// isHelper tells whether this process was started to be a part of AWS; then it has been.
func isHelper(ctx context.Context) bool {
	folder := os.Getenv(awsVariable)
	switch {
	case os.Getenv(endpointVariable) != "":
		serveEndpoint(os.Stdin, os.Stdout)
	case folder != "":
		if err := serveAWS(ctx, folder, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	default:
		return false
	}
	return true
}

// results is everything that is measured.
type results struct {
	Machine      machine
	Taken        time.Duration
	Programs     []program
	Batches      []batchSpeed // every size at every delay
	ShareLeftOut string       // why, or ""
	Builds       []functionBuild
	Compared     []program // functions of two builds, by function and then by build; or none
	Shares       []shareOf // every kind of invocation with every memory size, of every build
	Memory       int       // MB that the functions have by default
	Cost         []costOf  // of a million items
	Knobs        []knob    // what other settings cost, and how long they take
	Local        localStack
}

// measurement is a run of this program.
type measurement struct {
	starts, items int
	only          string // "" or the name of a part
	against       string // a commit, or ""
	bin           string // folder of binaries
	progress      io.Writer
	results       results
}

func run(ctx context.Context, t *testing.T, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	m := measurement{progress: stderr}
	docs := flags.String("docs", "docs", "the `folder` that benchmarks.md and benchmarks.svg are written into")
	flags.IntVar(&m.starts, "starts", 30, "how often each program is started")
	flags.IntVar(&m.items, "items", 100_000, "items that go through the local stack by batch")
	flags.StringVar(&m.only, "only", "", "share: measure only the functions with shares of a core, and write no report")
	flags.StringVar(&m.against, "against", "", "build the functions of another `commit` too, and measure them in turns with these, on shares of a core")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage of bench, in the repository's top folder:")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("%w (go run ./tools/bench -help lists the flags)", err)
	case flags.NArg() > 0:
		return fmt.Errorf("%q is not a flag (go run ./tools/bench -help lists the flags)", flags.Arg(0))
	case m.only != "" && m.only != sharePart:
		return fmt.Errorf("-only %s: there is -only %s", m.only, sharePart)
	}
	if _, err := os.Stat("template.yaml"); err != nil {
		return fmt.Errorf("run it in the repository's top folder: %w", err)
	}
	if err := m.measure(ctx, t); err != nil {
		return err
	}
	if err := printShares(stdout, m.results); err != nil || m.only != "" {
		return err
	}
	if err := writeReport(m.results, filepath.Join(*docs, "benchmarks.md")); err != nil {
		return err
	}
	if err := plotBatches(m.results.Batches, filepath.Join(*docs, "benchmarks.svg")); err != nil {
		return err
	}
	return printRatios(stdout, m.results)
}

// sharePart is the name of the part that can be measured alone.
const sharePart = "share"

// measure takes one part after the other, so that they do not disturb each other.
func (m *measurement) measure(ctx context.Context, t *testing.T) (err error) {
	begin, r := time.Now(), &m.results
	debug.SetGCPercent(400) // GOGC and GOMEMLIMIT of the template
	debug.SetMemoryLimit(200 << 20)
	r.Machine = thisMachine()
	if m.bin, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(m.bin)
	for _, part := range []struct {
		name, long string
		do         func() error
	}{
		{sharePart, "the functions with shares of a core", func() error { return m.measureShares(ctx) }},
		{"build", "building", func() (err error) { r.Programs, err = build(ctx, m.bin); return }},
		{"start", "starting", func() error { return measureStarts(ctx, r.Programs, m.starts) }},
		{"enrich", "enriching", func() (err error) { r.Batches, err = measureBatches(ctx); return }},
		{"cost", "counting calls", func() (err error) { r.Cost, r.Knobs, err = measureCost(t, r); return }},
		{"local", "the local stack", func() (err error) { r.Local, err = measureLocal(ctx, m.bin, m.items); return }},
	} {
		if m.only != "" && m.only != part.name {
			continue
		}
		fmt.Fprintf(m.progress, "%4.0f s  %s\n", time.Since(begin).Seconds(), part.long)
		if err := part.do(); err != nil {
			return fmt.Errorf("%s: %w", part.long, err)
		}
	}
	r.Taken = time.Since(begin)
	return nil
}
