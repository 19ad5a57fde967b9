// Command local runs the whole of template.yaml in one process: the API, the queue,
// the table, the event source mapping and the functions. This package reads the command line,
// opens the addresses and runs the demo. The stack itself is put together in local/stack.
//
//	go run ./local
//	go run ./local -help
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/template"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	collectLess()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args)
	switch {
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, usage())
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "local: %v (go run ./local -help lists the flags)\n", err)
		return 2
	}
	if err := serve(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "local: %v\n", err)
		return 1
	}
	return 0
}

// serve starts everything, and stops it when ctx ends or the demo is over.
func serve(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.demo && o.anyStack() {
		running, err := isStack(ctx, "http://"+o.api, o.apiKey)
		if err != nil {
			return err
		}
		if running {
			fmt.Fprintf(stdout, "the stack that runs at http://%s is used\n", o.api)
			return demo(ctx, "http://"+o.api, o.apiKey, stdout, stderr)
		}
	}
	if o.demo {
		o.useFreePorts()
	}
	start := time.Now()
	path, err := findTemplate(o.template)
	if err != nil {
		return err
	}
	t, err := template.Read(path, o.parameters)
	if err != nil {
		return err
	}
	api, err := listen(o.api, "-api")
	if err != nil {
		return err
	}
	defer api.Close()
	cfg := stack.Config{Template: t, APIKey: o.apiKey, Log: newLogger(stderr, o.demo)}
	if o.endpoint != "" {
		cfg.AWS.URL = o.endpoint
	} else if uri := o.parameters["ModelUri"]; strings.HasPrefix(uri, "s3://") {
		return fmt.Errorf("-parameter ModelUri=%s: S3 is not part of the local stack: give the path of a file, or with -endpoint an emulator that has S3", uri)
	} else {
		listener, err := listen(o.aws, "-aws")
		if err != nil {
			return err
		}
		cfg.AWS = stack.InMemory()
		cfg.AWS.URL = "http://" + reachable(listener)
		server := startServer(listener, cfg.AWS.Handler)
		defer server.stop(time.Second) // a long poll would last for up to 20
	}
	s, err := stack.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer stopStack(s, grace)
	server := startServer(api, s.API)
	defer server.stop(grace) // first: the last requests need the stack
	if o.demo {
		return demo(ctx, "http://"+reachable(api), o.apiKey, stdout, stderr)
	}
	banner{
		api: reachable(api), endpoint: cfg.AWS.URL, apiKey: o.apiKey,
		table: s.Ref("IrisTable"), deadLetterQueue: s.Ref("EnrichDeadLetterQueue"),
	}.print(stdout, time.Since(start))
	releaseMemory(ctx)
	fmt.Fprintln(stdout, "stopping")
	return nil
}

// newLogger writes one readable line a record. During the demo, which has a progress
// bar, it keeps quiet about what goes well.
func newLogger(w io.Writer, quiet bool) *slog.Logger {
	level := slog.LevelDebug // the functions' own level is the template's
	if quiet {
		level = slog.LevelWarn
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: "15:04:05.000",
		NoColor:    !isTerminal(w) || os.Getenv("NO_COLOR") != "",
	}))
}

func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
