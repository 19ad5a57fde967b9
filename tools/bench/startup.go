package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
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
			took, err := api.start(ctx, p.path)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			taken[i] = append(taken[i], took)
		}
	}
	for i := range programs {
		programs[i].Start = median(taken[i][1:])
	}
	return nil
}

// runtimeAPI is Lambda's side of an execution environment, which never has an invocation.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	net.Listener
	polls chan time.Time
}

func newRuntimeAPI() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := &runtimeAPI{listener, make(chan time.Time, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, r *http.Request) {
		api.polls <- time.Now()
		<-r.Context().Done()
	})
	go func() { _ = http.Serve(listener, mux) }() // until the listener closes
	return api, nil
}

// start returns how long a program takes until its first poll.
func (api *runtimeAPI) start(ctx context.Context, path string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, path)
	command.Stderr = os.Stderr
	command.Env = []string{ // without AWS_CA_BUNDLE, which Lambda does not set
		"AWS_LAMBDA_RUNTIME_API=" + api.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_LOG_FORMAT=JSON", "HOME=/nonexistent",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_SESSION_TOKEN=c",
		"TABLE_NAME=t", "QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/q", "DEAD_LETTER_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/d",
		"MAX_RECEIVE_COUNT=5", "MESSAGE_RETENTION_SECONDS=345600", "WRITER_TIMEOUT_SECONDS=10", "GOGC=400", "GOMEMLIMIT=200MiB",
	}
	begin := time.Now()
	if err := command.Start(); err != nil {
		return 0, err
	}
	defer func() { _, _ = command.Process.Kill(), command.Wait() }()
	select {
	case polled := <-api.polls:
		return polled.Sub(begin), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("no poll: %w", ctx.Err())
	}
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
