package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// A helper is another process of this program. It plays AWS, so that AWS's work is not counted as the
// functions'. One of these environment variables tells it what to be.
const (
	awsVariable      = "BENCH_AWS"      // serveAWS: its value is a folder for the certificates
	endpointVariable = "BENCH_ENDPOINT" // serveEndpoint: its value is how long each call takes
)

// isHelper tells whether this process is a helper. If it is, it has done its work when isHelper returns.
func isHelper(ctx context.Context) bool {
	folder := os.Getenv(awsVariable)
	switch {
	case os.Getenv(endpointVariable) != "":
		serveEndpoint(os.Stdin, os.Stdout)
	case folder != "":
		if err := serveAWS(ctx, folder, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	default:
		return false
	}
	return true
}

// startHelper starts a helper. It writes to out where it can be reached, and ends when stop closes its
// input, or when this process ends.
func startHelper(ctx context.Context, variable string) (out io.Reader, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	command := exec.CommandContext(ctx, self)
	command.Env = append(os.Environ(), variable)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if out, err = command.StdoutPipe(); err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	return out, func() { _, _ = in.Close(), command.Wait() }, nil
}
