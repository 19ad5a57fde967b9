package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/sim/processes"
)

// mostPosted is how many items a run of processes posts at most. With more it would last for hours.
const mostPosted = 1_000_000

func (o *options) checkProcesses(f *flag.FlagSet) error {
	if o.items < 1 || o.items > mostPosted {
		return fmt.Errorf("-items %d: it must be from 1 to %d", o.items, mostPosted)
	}
	return commandline.Allow(f, "-processes", "processes", "hasten", "seed", "items", "consumer")
}

// runProcesses runs the built programs as processes, and prints what came of it. It returns the exit status.
func (o options) runProcesses(ctx context.Context) int {
	report, err := processes.Run(ctx, processes.Options{
		Root: root(), Seed: o.first, Items: o.items, Consumer: string(cmp.Or(o.consumer, byBoth)), Hasten: o.hasten, Progress: o.stderr,
	})
	if report != nil {
		report.Print(o.stdout)
	}
	switch {
	case report != nil && len(report.Violations) > 0:
		var all []violation
		for _, v := range report.Violations {
			all = append(all, violation{v.Invariant, v.What})
		}
		printViolations(o.stdout, all)
		return commandline.Failed
	case ctx.Err() != nil:
		fmt.Fprintln(o.stdout, "interrupted: not all was posted and checked")
		return commandline.Interrupted
	case err != nil:
		fmt.Fprintln(o.stderr, "sim:", err)
		return commandline.Failed
	}
	return commandline.OK
}
