package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"simple-sam-demo/local/stack"
)

const (
	// grace is how long Ctrl-C waits for requests and batches in progress.
	grace = 5 * time.Second
	// lull is how long a connection without a request is kept when the server stops: the client
	// may have sent one that has not been read yet.
	lull = 100 * time.Millisecond
)

// listen takes an address of the form that [address] returns.
func listen(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use: stop what listens there, or choose another address with %s host:port", address, flag)
	case err != nil:
		return nil, fmt.Errorf("can't listen on %s (%s): %w", address, flag, err)
	}
	return l, nil
}

// reachable returns the host:port at which programs on this machine reach a listener. One
// that listens everywhere has no address of its own, but is at the loopback address, too.
func reachable(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// server answers requests from its start to its stop.
type server struct {
	http     http.Server
	listener net.Listener
	stopping atomic.Bool
}

func startServer(l net.Listener, handler http.Handler) *server {
	s := &server{listener: l}
	s.http.ReadHeaderTimeout = 10 * time.Second
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			w.Header().Set("Connection", "close") // so that the client sends no more
		}
		handler.ServeHTTP(w, r)
	})
	go func() { _ = s.http.Serve(l) }() // until the listener closes
	return s
}

// stop takes no more connections, and returns when the requests in progress are answered, or after
// some time.
func (s *server) stop(within time.Duration) {
	s.stopping.Store(true)
	_ = s.listener.Close() // what comes now is refused, and the client knows that nothing was done
	time.Sleep(lull)
	late, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	_ = s.http.Shutdown(late)
	_ = s.http.Close() // what is still open, like a long poll
}

// stopStack stops a stack when the batches in progress are done, or after some time.
func stopStack(s *stack.Stack, within time.Duration) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Stop()
	}()
	select {
	case <-stopped:
	case <-time.After(within):
	}
}
