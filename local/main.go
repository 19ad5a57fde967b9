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
	"runtime/debug"
	"strings"
	"time"

	"github.com/lmittmann/tint"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// The services leave much garbage and keep little: for a hundred thousand items by batch, this
		// takes 15 % less processor time than Go's own 100.
		debug.SetGCPercent(200)
	}
	commandline.Main(run)
}

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	program := o.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	do := serve
	if o.demo {
		do = runDemo
	}
	return program.End(ctx, do(ctx, o, stdout, stderr), stderr)
}

// serve runs a stack until ctx ends.
func serve(ctx context.Context, o options, stdout, stderr io.Writer) error {
	start := time.Now()
	return withStack(ctx, o, stderr, func(b banner) error {
		stop, err := serveConsole(ctx, o, &b)
		if err != nil {
			return err
		}
		defer stop()
		b.print(stdout, time.Since(start))
		<-ctx.Done()
		fmt.Fprintln(stdout, "stopping")
		return nil
	})
}

// withStack starts a stack, lets use do something with it, and stops it.
func withStack(ctx context.Context, o options, stderr io.Writer, use func(banner) error) error {
	if _, err := os.Stat(o.template); err != nil && !o.given["template"] {
		if o.template, err = template.Find(); err != nil {
			return fmt.Errorf("%w: run it in the repository, or give the file's path with -template", err)
		}
	}
	t, err := readTemplate(o)
	if err != nil {
		return err
	}
	api, err := commandline.Listen("-api", o.api)
	if err != nil {
		return err
	}
	defer api.Close()
	b := banner{api: commandline.Reachable(api), apiKey: o.apiKey, modelURI: modelURI(t, o.parameters)}
	if o.apiKey == "" {
		b.warn(api, "the API (-api)")
	}
	cfg := stack.Config{Template: t, APIKey: o.apiKey, Worker: o.worker, Log: newLogger(stderr, o.demo)}
	if o.endpoint != "" {
		cfg.AWS.URL = o.endpoint
	} else if strings.HasPrefix(b.modelURI, "s3://") {
		return fmt.Errorf("ModelUri is %s: S3 is not part of the local stack: give the path of a file with -parameter ModelUri=path, or with -endpoint an emulator that has S3", b.modelURI)
	} else {
		listener, err := commandline.Listen("-aws", o.aws)
		if err != nil {
			return err
		}
		b.warn(listener, "SQS and DynamoDB (-aws)")
		cfg.AWS = stack.InMemory()
		cfg.AWS.URL = "http://" + commandline.Reachable(listener)
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
	b.endpoint, b.signed, b.items, b.table = cfg.AWS.URL, s.Signed, s.Names.Items, s.Ref(s.Names.Table)
	if !s.Consumes() {
		const none = "nobody here consumes the queue, so items stay PENDING: let the function (-parameter EnricherEnabled=true) or a worker (-worker) do it"
		if o.demo && o.endpoint == "" { // somebody else at an endpoint may do it
			return errors.New(none)
		}
		b.warnings = append(b.warnings, none)
	}
	b.queue, b.deadLetterQueue = s.Ref("EnrichQueue"), s.Ref("EnrichDeadLetterQueue")
	return use(b)
}

// readTemplate reads the template with the values of its parameters. With a worker, the function does not
// consume the queue unless a parameter says so.
func readTemplate(o options) (*template.Template, error) {
	t, err := template.Read(o.template, o.parameters)
	if _, given := o.parameters[enricherEnabled]; err != nil || !o.worker || given {
		return t, err
	}
	if _, there := t.Parameters[enricherEnabled]; !there {
		return nil, fmt.Errorf("template %s has no parameter %[2]s, by which -worker keeps the function from consuming the queue: add it, with Enabled: !Ref %[2]s at the function's event, or leave -worker out", o.template, enricherEnabled)
	}
	o.parameters[enricherEnabled] = "false"
	return template.Read(o.template, o.parameters)
}

// modelURI is the value of the template's parameter, which may have a default.
func modelURI(t *template.Template, values map[string]string) string {
	uri, given := values["ModelUri"]
	if fallback := t.Parameters["ModelUri"].Default; !given && fallback != nil {
		return *fallback
	}
	return uri
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
		NoColor:    !commandline.IsTerminal(w) || os.Getenv("NO_COLOR") != "",
	}))
}
