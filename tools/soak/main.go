// Command soak runs the local stack for an hour under a steady load, and watches what only shows over time:
// memory, goroutines, file descriptors, times and queues. It fails if one of them keeps growing, and if an
// item, a message or an answer is not as it must be. docs/soak.md describes a run. Run it in the
// repository's top folder, on Linux:
//
//	go run ./tools/soak -for 1h -rate 100
//	go run ./tools/soak -ramp
//
// It is no benchmark: docs/benchmarks.md says how fast things are. It makes no faults: sim does.
//
// To read it, begin with soak.go, which has a run from its beginning to its end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/sample"
)

func main() { commandline.Main(run) }

// options are the command line.
type options struct {
	duration time.Duration
	rate     float64 // requests a second
	ramp     bool
	worker   bool
	svg      string // path
	samples  string // path, or ""
}

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	program := o.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	do := o.soak
	if o.ramp {
		do = o.findRate
	}
	return program.End(ctx, do(ctx, stdout, stderr), stderr)
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path:  "./tools/soak",
		About: "Runs the local stack under a steady load, draws what it takes over time, and fails if something keeps growing or is lost.",
		Check: o.check,
		Flags: func(f *flag.FlagSet) {
			f.DurationVar(&o.duration, "for", time.Hour, "how long the load lasts; a trend is looked for from 6m on")
			f.Float64Var(&o.rate, "rate", 100, "requests a second")
			f.BoolVar(&o.ramp, "ramp", false, "find the highest rate that this machine sustains: raise it every 20 s until the stack falls behind")
			f.BoolVar(&o.worker, "worker", false, "let a worker consume the queue in the place of the enricher's function, as go run ./local -worker does")
			f.StringVar(&o.svg, "svg", "soak.svg", "the `file` that the picture is written to")
			f.StringVar(&o.samples, "samples", "", "also write each sample to this `file`, a line of JSON each")
		},
	}
}

// check finds values that can't be used.
func (o *options) check(f *flag.FlagSet) error {
	if _, err := os.Stat("template.yaml"); err != nil {
		return errors.New("there is no template.yaml here: run soak in the repository's top folder")
	}
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		return errors.New("there is no /proc/self/fd here, by which soak counts a process's descriptors: run it on Linux")
	}
	if o.ramp {
		return commandline.Allow(f, "-ramp", "ramp", "worker")
	}
	most := float64(sample.Different) / itemsPerRequest() / o.duration.Seconds()
	switch {
	case o.duration < time.Second:
		return fmt.Errorf("-for %s: it must be at least 1s", o.duration)
	case !(o.rate >= 1 && o.rate <= 10_000): // also for NaN
		return fmt.Errorf("-rate %g: it must be from 1 to 10000 requests a second", o.rate)
	case o.rate > most:
		return fmt.Errorf("-rate %g for %s: there are not so many different items: give at most -rate %.0f, or a shorter time", o.rate, o.duration, most)
	}
	if err := commandline.CheckOutput("-svg", o.svg); err != nil {
		return err
	}
	if o.samples == "" {
		return nil
	}
	return commandline.CheckOutput("-samples", o.samples)
}
