// Command verify is the acceptance run: it posts flowers to a stack, waits, looks at what became of
// them, and prints a table of what holds and what does not. From the repository's root:
//
//	go run ./tools/verify -stack simple-sam-demo
//	go run ./tools/verify -endpoint http://127.0.0.1:4566 -api http://127.0.0.1:3000
//
// It is a client over HTTP and the SDK, and knows nothing of the inside of the stack that it looks
// at. It takes away what it has made, and touches no item or dead letter of anybody else. It exits 0
// if everything holds, 1 if something does not, and 2 if it is called wrongly. docs/verify.md says
// what each check shows.
//
// With -ask it asks instead what AWS's documentation leaves open: see package internal/questions.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/awsclient"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	if status, ok := o.program().Parse(args, stdout, stderr); !ok {
		return status
	}
	if o.ask.on {
		return ask(ctx, o, stdout, stderr)
	}
	start := time.Now()
	lookup, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	t, err := target.Find(lookup, o.target)
	if err != nil && lookup.Err() == nil {
		fmt.Fprintf(stderr, "verify: %v\n", err)
		return commandline.Failed
	}
	r := newReport(stdout, o)
	if err != nil {
		r.neverBegun(ctx, err, time.Since(start))
		return r.finish(start, nil)
	}
	client := &http.Client{Timeout: answerTimeout}
	if !t.IsDeployed() {
		client.Transport = awsclient.DirectTransport()
	}
	return verify(ctx, start, t, client, o, r, stderr)
}
