// Command bench measures what the pipeline costs, in time and in money, beside floors that
// it measures in the same run: on another machine the times differ, the ratios hardly.
//
//	go run ./tools/bench
//
// It prints a table of ratios, and writes benchmarks.md and benchmarks.svg into docs/.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if os.Getenv(endpointVariable) != "" {
		serveEndpoint(os.Stdin, os.Stdout)
		return
	}
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// results is everything that is measured.
type results struct {
	Machine  machine
	Taken    time.Duration
	Programs []program
	Batches  []batchSpeed // every size at every delay
	Cost     []costOf     // of a million items
	Local    localStack
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	docs := flags.String("docs", "docs", "the folder that benchmarks.md and benchmarks.svg are written into")
	starts := flags.Int("starts", 30, "how often each program is started")
	items := flags.Int("items", 100_000, "items that go through the local stack by batch")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := os.Stat("template.yaml"); err != nil {
		return fmt.Errorf("run it in the repository's top folder: %w", err)
	}
	r, err := measure(ctx, stderr, *starts, *items)
	if err != nil {
		return err
	}
	if err := writeReport(r, filepath.Join(*docs, "benchmarks.md")); err != nil {
		return err
	}
	if err := plotBatches(r.Batches, filepath.Join(*docs, "benchmarks.svg")); err != nil {
		return err
	}
	return printRatios(stdout, r)
}

// measure takes one part after the other, so that they do not disturb each other.
func measure(ctx context.Context, progress io.Writer, starts, items int) (results, error) {
	begin := time.Now()
	debug.SetGCPercent(400) // GOGC and GOMEMLIMIT of the template
	debug.SetMemoryLimit(200 << 20)
	r := results{Machine: thisMachine()}
	bin, err := os.MkdirTemp("", "bench")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(bin)
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"building", func() (err error) { r.Programs, err = build(ctx, bin); return }},
		{"starting", func() error { return measureStarts(ctx, r.Programs, starts) }},
		{"enriching", func() (err error) { r.Batches, err = measureBatches(ctx); return }},
		{"counting calls", func() (err error) { r.Cost, err = measureCost(ctx); return }},
		{"the local stack", func() (err error) { r.Local, err = measureLocal(ctx, bin, items); return }},
	} {
		fmt.Fprintf(progress, "%4.0f s  %s\n", time.Since(begin).Seconds(), part.name)
		if err := part.do(); err != nil {
			return r, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	r.Taken = time.Since(begin)
	return r, nil
}
