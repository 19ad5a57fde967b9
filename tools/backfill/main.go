// Command backfill looks through the whole table, and enqueues the keys of items that the enricher
// must look at again. These are items that are still pending although they were stored long ago.
// With -model-version they are also the items that an older model has classified. Run it from the
// repository's root:
//
//	go run ./tools/backfill -stack simple-sam-demo -dry-run
//	go run ./tools/backfill -stack simple-sam-demo -model-version YYYY-MM-DD.NN
//	go run ./tools/backfill -endpoint http://127.0.0.1:4566
//
// It classifies nothing and writes nothing to the table: the enricher does that. It does not move
// dead letters back: a message move task does that (docs/runbook.md).
//
// It needs the permissions dynamodb:DescribeTable and dynamodb:Scan on the table and sqs:GetQueueAttributes
// and sqs:SendMessage on the queue. For -stack it also needs cloudformation:DescribeStacks. If it is stopped and then run
// again, it goes on where it was. Its exit code is 2 if it is called wrongly, and 1 if it fails or is
// stopped.
package main

import (
	"context"
	"fmt"
	"io"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/target"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	program := o.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
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
		return commandline.Failed
	}
	return commandline.OK
}
