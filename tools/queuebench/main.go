// Command queuebench measures how fast SQS endpoints, the local stack's and others, give
// out messages while many more wait: each message is received and deleted, ten a call.
//
//	go run ./tools/queuebench http://127.0.0.1:4566 http://127.0.0.1:4100
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

type options struct {
	endpoints []string // URLs
	backlogs  []int
	messages  int
	clients   int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parseOptions(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "queuebench:", err)
		os.Exit(2)
	}
	if err := o.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "queuebench:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	o := options{backlogs: []int{100, 100_000}}
	f := flag.NewFlagSet("queuebench", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "Usage: go run ./tools/queuebench [flags] [URL of an SQS endpoint, http://127.0.0.1:4566 ...]")
		f.PrintDefaults()
	}
	f.IntVar(&o.messages, "messages", 10_000, "how many messages are received and deleted in each turn")
	f.IntVar(&o.clients, "clients", 4, "how many clients do so at once")
	f.Func("backlogs", "how many messages wait, `numbers` with commas between (default 100,100000)", func(text string) (err error) {
		o.backlogs, err = numbers(text)
		return err
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.messages < 1 || o.clients < 1 {
		return o, errors.New("-messages and -clients must be at least 1")
	}
	o.endpoints = f.Args()
	if len(o.endpoints) == 0 {
		o.endpoints = []string{"http://127.0.0.1:4566"}
	}
	return o, nil
}

func numbers(text string) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a positive number", part)
		}
		all = append(all, n)
	}
	return all, nil
}

// subject is an endpoint with some messages waiting, and its rates.
type subject struct {
	url     string
	backlog int
	queue   *queue
	rates   []float64 // messages a second, of each turn
}

func (s subject) rate() float64 {
	slices.Sort(s.rates)
	return s.rates[len(s.rates)/2]
}

// run measures each endpoint at each backlog, and prints the rates and how they compare.
func (o options) run(ctx context.Context, out io.Writer) error {
	subjects, err := o.measure(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "backlog\tendpoint\tmessages a second\tby the first endpoint\tby the first backlog")
	n := len(o.endpoints)
	for i, s := range subjects {
		fmt.Fprintf(w, "%d\t%s\t%.0f\t%.2f\t%.2f\n", s.backlog, s.url, s.rate(), s.rate()/subjects[i-i%n].rate(), s.rate()/subjects[i%n].rate())
	}
	return w.Flush()
}

// turns is how often each subject is measured; the median counts.
const turns = 3

// measure lets the subjects take turns, so that what disturbs the machine disturbs all.
func (o options) measure(ctx context.Context) (subjects []subject, err error) {
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.queue.remove())
		}
	}()
	for _, backlog := range o.backlogs {
		for _, url := range o.endpoints {
			q, err := newQueue(ctx, url, backlog)
			if err != nil {
				return subjects, fmt.Errorf("%s: %w", url, err)
			}
			subjects = append(subjects, subject{url: url, backlog: backlog, queue: q})
		}
	}
	for range turns {
		for i := range subjects {
			s := &subjects[i]
			rate, err := s.queue.rate(ctx, s.backlog, o.messages, o.clients)
			if err != nil {
				return subjects, fmt.Errorf("%s: %w", s.url, err)
			}
			s.rates = append(s.rates, rate)
		}
	}
	return subjects, nil
}
