package main

import (
	"context"
	"fmt"
	"os"
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
