// Command local runs the whole of template.yaml in one process: the API, the queue,
// the table, the event source mapping and the functions.
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
	"net"
	"net/http"
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
	start := time.Now()
	t, err := template.Read(o.template, o.parameters)
	if err != nil {
		return err
	}
	api, err := listen(o.api, "-api")
	if err != nil {
		return err
	}
	defer api.Close()
	b := banner{api: reachable(api), endpoint: o.endpoint}
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
		defer listener.Close()
		b.endpoint = "http://" + reachable(listener)
		cfg.AWS = stack.InMemory()
		cfg.AWS.URL = b.endpoint
		server := &http.Server{Handler: cfg.AWS.Handler, ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = server.Serve(listener) }() // until the listener closes
	}
	s, err := stack.Start(ctx, cfg)
	if err != nil {
		return err
	}
	stop := startServing(s, api)
	defer stop()
	if o.demo {
		return demo(ctx, "http://"+b.api, o.apiKey, stdout, stderr)
	}
	b.table, b.deadLetterQueue, b.apiKey = s.Ref("IrisTable"), s.Ref("EnrichDeadLetterQueue"), o.apiKey
	b.print(stdout, time.Since(start))
	releaseMemory(ctx)
	fmt.Fprintln(stdout, "stopping")
	return nil
}

func listen(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use: stop what listens there, or choose another address with %s host:port", address, flag)
	case err != nil:
		return nil, fmt.Errorf("can't listen on %s (%s): %w", address, flag, err)
	}
	return l, nil
}

// reachable returns the host:port at which programs on this machine reach a listener. One
// that listens everywhere has no address of its own, but is at the loopback address, too.
func reachable(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// startServing serves the API. The function that it returns stops it and the stack, when the requests and batches in hand are done or after some seconds.
func startServing(s *stack.Stack, api net.Listener) (stop func()) {
	const grace = 5 * time.Second
	server := &http.Server{Handler: s.API, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(api) }() // until Shutdown
	return func() {
		late, done := context.WithTimeout(context.Background(), grace)
		defer done()
		_ = server.Shutdown(late)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			s.Stop()
		}()
		select {
		case <-stopped:
		case <-late.Done():
		}
	}
}

// newLogger writes one readable line a record. During the demo, which has a progress
// bar, it keeps quiet about what goes well.
func newLogger(w io.Writer, quiet bool) *slog.Logger {
	level := slog.LevelDebug // the functions' own level is the template's
	if quiet {
		level = slog.LevelWarn
	}
	file, isFile := w.(*os.File)
	return slog.New(tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: "15:04:05.000",
		NoColor:    !isFile || !term.IsTerminal(int(file.Fd())) || os.Getenv("NO_COLOR") != "",
	}))
}
