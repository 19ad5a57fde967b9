// Command backfill enqueues the keys of items that the enricher has to look at again: those that
// are pending although they were stored long ago, and with -model-version those that an older
// model has classified. The enricher does the rest. From the repository's root:
//
//	go run ./tools/backfill -stack simple-sam-demo -dry-run
//	go run ./tools/backfill -stack simple-sam-demo -model-version YYYY-MM-DD.NN
//	go run ./tools/backfill -endpoint http://127.0.0.1:4566
//
// It needs dynamodb:DescribeTable and dynamodb:Scan on the table, sqs:SendMessage on the queue and,
// for -stack, cloudformation:DescribeStacks. Stopped in the middle and run again, it goes on where
// it was. It exits 2 if it is called wrongly, 1 if it fails or is stopped.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"simple-sam-demo/tools/target"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run does all that main does, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "backfill: %v (see backfill -h)\n", err)
		return 2
	}
	cfg, err := target.LoadConfig(ctx, o.endpoint)
	if err == nil && o.stack != "" {
		o.Table, o.Queue, err = stackOutputs(ctx, cfg, o.stack)
	}
	if err == nil {
		err = backfill(ctx, cfg, o, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "backfill: %v\n", err)
		return 1
	}
	return 0
}
