package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"simple-sam-demo/local/stack"
)

const (
	rampStep  = 20 * time.Second
	rampFrom  = 100.0 // requests a second
	rampTimes = 1.5   // as many in the next step

	// A stack that keeps up answers 99 of 100 requests in this time, and has no more in its queue than the keys of
	// the last seconds.
	rampP99   = 500 * time.Millisecond
	rampQueue = 3 * time.Second
)

// findRate raises the rate until the stack does not keep up.
func (o *options) findRate(ctx context.Context, stdout, _ io.Writer) error {
	return withStack(ctx, o.worker, newPlan(time.Hour, rampFrom), func(ctx context.Context, s *soak) error {
		sustained := 0.0
		for rate := rampFrom; ; rate *= rampTimes {
			why, err := s.tryRate(ctx, stdout, rate)
			if err != nil {
				return err
			}
			if why != "" {
				fmt.Fprintf(stdout, "%s. The highest rate that the stack sustained is %.0f requests a second.\n", why, sustained)
				return nil
			}
			sustained = rate
		}
	})
}

// tryRate loads the stack for a moment, and returns why it does not keep up, if so.
func (s *soak) tryRate(ctx context.Context, stdout io.Writer, rate float64) (why string, err error) {
	s.load.rate = rate
	before, err := s.vitals()
	if err != nil {
		return "", err
	}
	s.begin = time.Now()
	late := s.load.run(ctx, rampStep)
	took := time.Since(s.begin)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	backlog, err := stack.BacklogOf(ctx, s.queues, s.target.Queue.URL)
	if err != nil {
		return "", err
	}
	after, err := s.vitals()
	if err != nil {
		return "", err
	}
	answers, _ := s.load.since()
	p50, p99 := percentiles(answers, 0, 0)
	fmt.Fprintf(stdout, "%6.0f requests a second: p50 %.1f ms, p99 %.1f ms, %.2f cores, %d messages in the queue, %d faults\n",
		rate, p50, p99, (after.Processor-before.Processor)/took.Seconds(), backlog.Total(), s.faults)
	switch {
	case late != nil:
		return late.Error(), nil
	case s.faults > 0:
		return s.first[0], nil
	case p99 > rampP99.Seconds()*1000:
		return fmt.Sprintf("The p99 is over %s", rampP99), nil
	case float64(backlog.Total()) > rate*itemsPerRequest()*rampQueue.Seconds():
		return fmt.Sprintf("The queue holds the keys of more than %s", rampQueue), nil
	}
	return "", nil
}
