// Command worker is the enricher as a process that runs on, for Amazon ECS on Fargate. It polls the queue
// itself, and hands each batch to the same handler that runs on Lambda. docs/worker.md says when that pays,
// and how to deploy it.
//
// On SIGTERM it receives no more, deals with what it has, and exits. With the argument -health it asks the
// worker in this container whether it is healthy, and exits with 1 if it is not.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher"
	"simple-sam-demo/shared/poller"
	"simple-sam-demo/shared/telemetry"
)

func main() {
	address := healthAddress(os.Getenv)
	switch {
	case len(os.Args) == 1:
		work(address)
	case len(os.Args) == 2 && os.Args[1] == "-health":
		if err := askHealth(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "unexpected arguments %q: the worker takes its settings from environment variables (docs/worker.md lists them), and -health asks a running worker whether it is healthy\n", os.Args[1:])
		os.Exit(2)
	}
}

// work runs the worker until a signal ends it. A second Ctrl-C ends it at once.
func work(address string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	log := telemetry.NewLogger()
	announced := make(chan struct{})
	unsignalled := context.AfterFunc(ctx, func() {
		signal.Reset(os.Interrupt)
		log.Info("worker is stopping; it deals with what it has")
		close(announced)
	})
	w, err := newWorker(ctx, os.Getenv, address, log)
	if err == nil {
		err = w.run(ctx)
	}
	if !unsignalled() {
		<-announced // so that the log ends with the line below
	} else if err != nil {
		log.Error("worker can't start", "error", err)
		os.Exit(1)
	}
	log.Info("worker stopped")
}

// worker is a worker as its environment describes it.
type worker struct {
	getenv   func(string) string
	settings poller.Settings
	handler  aws.Config // of the handler's calls
	poller   aws.Config // of the poller's calls, with connections of its own
	serve    func(health http.Handler) (stop func(), err error)
	log      *slog.Logger
}

func newWorker(ctx context.Context, getenv func(string) string, address string, log *slog.Logger) (*worker, error) {
	s, err := readSettings(getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := loadConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &worker{
		getenv: getenv, settings: s, handler: cfg, poller: withOwnConnections(cfg), log: log,
		serve: func(health http.Handler) (func(), error) { return serve(address, health) },
	}, nil
}

// run consumes the queue until ctx ends, or until the queue's attributes change.
func (w *worker) run(ctx context.Context) error {
	queue, err := lookUpQueue(ctx, w.handler, w.settings.QueueURL)
	if err != nil {
		return err
	}
	handler, err := enricher.New(queue.over(w.getenv), w.handler, w.log)
	if err != nil {
		return err
	}
	w.settings.QueueARN = queue.arn
	p := newPoller(w.poller, w.settings, handler, w.log)
	stopHealth, err := w.serve(health(p.Overdue))
	if err != nil {
		return err
	}
	defer stopHealth()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go queue.watch(ctx, w.handler, w.log, stop)
	w.log.Info("worker started", "queue", w.settings.QueueURL, "batchSize", w.settings.BatchSize, "batchesAtOnce", w.settings.BatchesAtOnce)
	p.Run(ctx)
	return nil
}

// newPoller returns a poller that renews the handler's messages until the handler gives them back.
func newPoller(cfg aws.Config, s poller.Settings, handler *enricher.Handler, log *slog.Logger) *poller.Poller {
	p := poller.New(cfg, s, handler.Handle, log)
	handler.Release = p.Release
	return p
}
