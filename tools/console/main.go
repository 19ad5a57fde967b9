// Command console serves a page on which people see a stack and try it, on this machine or on AWS.
//
//	go run ./tools/console -stack simple-sam-demo
//	go run ./tools/console -endpoint http://127.0.0.1:4566 -api http://127.0.0.1:3000
//
// This program reads the command line and listens. The page is in the package console. It exits 2 if it
// is called wrongly, 1 if it fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"simple-sam-demo/console"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/tools/target"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "console: %v (go run ./tools/console -help lists the flags)\n", err)
		return 2
	}
	if err := serve(ctx, o, stdout); err != nil {
		fmt.Fprintf(stderr, "console: %v\n", err)
		return 1
	}
	return 0
}

// serve serves the page until ctx ends.
func serve(ctx context.Context, o options, stdout io.Writer) error {
	t, err := target.Find(ctx, o.Flags)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use: stop what listens there, or choose another address with -address host:port", o.address)
	}
	if err != nil {
		return fmt.Errorf("can't listen on %s (-address): %w", o.address, err)
	}
	// The API itself ends a call after 29 s on AWS.
	caller := &http.Client{Timeout: 30 * time.Second}
	if !t.IsDeployed() {
		caller.Transport = awsclient.DirectTransport()
	}
	page := console.New(ctx, console.Stack{
		AWS: t.AWS, Name: t.Stack, Account: t.Account, Region: t.Region, API: t.API, APIKey: t.APIKey, HTTP: caller, Table: t.Table,
		QueueURL: t.Queue.URL, QueueARN: t.Queue.ARN, DeadLettersURL: t.DeadLetterQueue.URL, DeadLetterARN: t.DeadLetterQueue.ARN,
	}, console.Options{ReadOnly: o.readOnly, Exposed: o.exposed(), Hosts: o.hosts})
	fmt.Fprintf(stdout, "console: http://%s shows the %s; Ctrl-C stops\n", listener.Addr(), t)
	if o.exposed() {
		fmt.Fprintln(stdout, "console: whoever reaches this address can do what the page can: it asks for no password")
	}
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done(): // the page ends its streams
	}
	late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(late)
}

// options are the command line.
type options struct {
	target.Flags
	address  string // host:port
	readOnly bool
	hosts    names
}

// names is a flag that may be repeated.
type names []string

func (n *names) String() string { return strings.Join(*n, ",") }

// Set adds a name.
func (n *names) Set(name string) error {
	*n = append(*n, name)
	return nil
}

func parseOptions(args []string, help io.Writer) (o options, err error) {
	f := flag.NewFlagSet("console", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	o.Register(f)
	f.StringVar(&o.address, "address", "127.0.0.1:3001", "`host:port` of the page; other machines reach it only if you say so here")
	f.BoolVar(&o.readOnly, "read-only", false, "refuse all changes")
	f.Var(&o.hosts, "host", "`name` by which browsers may call the page, besides localhost; may be repeated")
	err = f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(help)
		fmt.Fprintln(help, "Usage: go run ./tools/console -stack name | -endpoint URL -api URL  [flags]")
		f.PrintDefaults()
	}
	if err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	host, _, err := net.SplitHostPort(o.address)
	switch {
	case err != nil:
		return o, fmt.Errorf("-address %q is not host:port, like 127.0.0.1:3001", o.address)
	case host == "":
		return o, fmt.Errorf("-address %q means every address of this machine: say 127.0.0.1%s for this machine only, or 0.0.0.0%s if you mean it", o.address, o.address, o.address)
	}
	return o, o.Check()
}

// exposed tells whether other machines can reach the page.
func (o options) exposed() bool {
	host, _, _ := net.SplitHostPort(o.address) // it was checked
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}
