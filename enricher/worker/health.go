package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// overdueLimit is how long after its deadline a batch may go on. The handler answers before the deadline,
// whatever hangs, so a batch that goes on for longer never ends.
const overdueLimit = 10 * time.Second

// healthAddress returns where the worker says whether it is healthy. ECS runs the health check inside of
// the container, so that nothing comes in from outside.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
func healthAddress(getenv func(string) string) string {
	return cmp.Or(getenv("HEALTH_ADDRESS"), "127.0.0.1:8080")
}

// health answers GET /health: 200, or 503 if a batch does not end.
func health(overdue func() time.Duration) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		if late := overdue(); late > overdueLimit {
			http.Error(w, fmt.Sprintf("a batch is %s over its deadline", late.Round(time.Second)), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "healthy")
	})
	return mux
}

// serve lets a handler answer at an address.
func serve(address string, h http.Handler) (stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for health checks (HEALTH_ADDRESS): %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	return func() { _ = server.Close() }, nil
}

// askHealth returns an error unless the worker at the address is healthy.
func askHealth(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/health", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(r) // without HTTP_PROXY
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the worker at %s answered %s", address, answer.Status)
	}
	return nil
}
