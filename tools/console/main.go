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
	"strings"
	"time"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/console"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/awsclient"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	program := o.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	return program.End(ctx, serve(ctx, o, stdout), stderr)
}

// serve serves the page until ctx ends.
func serve(ctx context.Context, o options, stdout io.Writer) error {
	t, err := target.Find(ctx, o.Flags)
	if err != nil {
		return err
	}
	listener, err := commandline.Listen("-address", o.address)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "console: http://%s shows the %s; Ctrl-C stops\n", commandline.Reachable(listener), t)
	if commandline.IsExposed(listener) {
		fmt.Fprintln(stdout, "console: "+commandline.Warning("the page (-address)"))
	}
	page := console.New(ctx, stackOf(t), console.Options{ReadOnly: o.readOnly, Exposed: commandline.IsExposed(listener), Hosts: o.hosts})
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second}
	commandline.DropUnused(server)
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

// stackOf is what the page has to know of a stack.
func stackOf(t *target.Target) console.Stack {
	client := &http.Client{}
	if !t.IsDeployed() {
		client = awsclient.EndpointClient(0)
	}
	client.Timeout = 30 * time.Second // the API itself ends a call after 29 s on AWS
	return console.Stack{
		AWS: t.AWS, Name: t.Stack, Account: t.Account, Region: t.Region, API: t.API, APIKey: t.APIKey, HTTP: client, Table: t.Table,
		QueueURL: t.Queue.URL, QueueARN: t.Queue.ARN, DeadLettersURL: t.DeadLetterQueue.URL, DeadLetterARN: t.DeadLetterQueue.ARN,
	}
}

// options are the command line.
type options struct {
	target.Flags
	address  string // host:port
	readOnly bool
	hosts    []string
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path:  "./tools/console",
		Usage: "-stack name | -endpoint URL -api URL  [flags]",
		About: "Serves a page on which people see a stack and try it.",
		Flags: func(f *flag.FlagSet) {
			o.Register(f)
			f.StringVar(&o.address, "address", "127.0.0.1:3001", "`host:port` of the page, or a port alone for this machine only")
			f.BoolVar(&o.readOnly, "read-only", false, "refuse all changes")
			f.Func("host", "`name` by which browsers may call the page, besides localhost; may be repeated", func(name string) error {
				if name == "" || strings.ContainsAny(name, ":/[]") && net.ParseIP(name) == nil {
					return errors.New("give a name alone, like box.local, without a scheme or port")
				}
				o.hosts = append(o.hosts, name)
				return nil
			})
		},
		Check: func(*flag.FlagSet) error { return o.check() },
	}
}

func (o *options) check() (err error) {
	if o.address, err = commandline.Address("-address", o.address); err != nil {
		return err
	}
	return o.Check()
}
