package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// measureStarts starts each program n times, in turns, and notes the median of the time
// until it asks for its first invocation.
func measureStarts(ctx context.Context, programs []program, n int) error {
	api, err := newRuntimeAPI()
	if err != nil {
		return err
	}
	defer api.Close()
	taken := make([][]time.Duration, len(programs))
	for range n + 1 { // the first round only fills the page cache
		for i, p := range programs {
			e, err := api.start(ctx, p.path, unconnected, nil)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			e.stop()
			taken[i] = append(taken[i], e.Init)
		}
	}
	for i := range programs {
		programs[i].Start = median(taken[i][1:])
	}
	return nil
}

// unconnected is the environment of functions that reach nothing: a proxy refuses every
// connection at once. It has no AWS_CA_BUNDLE, as Lambda does not set one.
var unconnected = []string{
	"HTTPS_PROXY=http://127.0.0.1:1",
	"TABLE_NAME=t", "QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/q", "DEAD_LETTER_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/d",
	"MAX_RECEIVE_COUNT=5", "MESSAGE_RETENTION_SECONDS=345600", "WRITER_TIMEOUT_SECONDS=10", "GOGC=400", "GOMEMLIMIT=200MiB",
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
