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
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/awsclient"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "verify: %v (see verify -help)\n", err)
		return 2
	}
	start := time.Now()
	lookup, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	t, err := target.Find(lookup, o.target)
	if err != nil && lookup.Err() == nil {
		fmt.Fprintf(stderr, "verify: %v\n", err)
		return 1
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
