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
	err := run(ctx, os.Getenv, address, log)
	if !unsignalled() {
		<-announced // so that the log ends with the line below
	} else if err != nil {
		log.Error("worker can't start", "error", err)
		os.Exit(1)
	}
	log.Info("worker stopped")
}

// run consumes the queue until ctx ends, or until the queue's attributes change.
func run(ctx context.Context, getenv func(string) string, address string, log *slog.Logger) error {
	s, err := readSettings(getenv)
	if err != nil {
		return err
	}
	cfg, err := loadConfig(ctx)
	if err != nil {
		return err
	}
	queue, err := lookUpQueue(ctx, cfg, s.QueueURL)
	if err != nil {
		return err
	}
	handler, err := enricher.New(queue.over(getenv), cfg, log)
	if err != nil {
		return err
	}
	s.QueueARN = queue.arn
	p := newPoller(cfg, s, handler, log)
	stopHealth, err := serveHealth(address, p.Overdue)
	if err != nil {
		return err
	}
	defer stopHealth()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go queue.watch(ctx, cfg, log, stop)
	log.Info("worker started", "queue", s.QueueURL, "batchSize", s.BatchSize, "batchesAtOnce", s.BatchesAtOnce)
	p.Run(ctx)
	return nil
}

// newPoller returns a poller that renews the handler's messages until the handler gives them back.
func newPoller(cfg aws.Config, s poller.Settings, handler *enricher.Handler, log *slog.Logger) *poller.Poller {
	p := poller.New(withOwnConnections(cfg), s, handler.Handle, log)
	handler.Release = p.Release
	return p
}
