package main

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/local/stack"
)

const (
	// grace is how long Ctrl-C waits for requests and batches in progress.
	grace = 5 * time.Second
	// lull is how long a stopping server waits for one more request. A client may have sent one over a
	// connection that it has open, and nobody has read it yet.
	lull = 200 * time.Millisecond
)

// server answers requests from its start to its stop.
type server struct {
	http     http.Server
	listener net.Listener
	stopping atomic.Bool
	late     chan struct{} // an answer began while the server stopped
}

func startServer(l net.Listener, handler http.Handler) *server {
	s := &server{listener: l, late: make(chan struct{}, 1)}
	s.http.ReadHeaderTimeout = 10 * time.Second
	commandline.DropUnused(&s.http)
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&answer{ResponseWriter: w, server: s}, r)
	})
	go func() { _ = s.http.Serve(l) }() // until the listener closes
	return s
}

// answer is an answer that closes its connection if the server stops, so that the client sends nothing
// more over it.
type answer struct {
	http.ResponseWriter
	server *server
	begun  bool
}

// Unwrap lets a handler flush what it has written, as the page's streams do.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	a.begun = true
	if a.server.stopping.Load() {
		a.Header().Set("Connection", "close")
		select {
		case a.server.late <- struct{}{}:
		default:
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(text []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(text)
}

// stop takes no more connections, and returns when the requests in progress are answered, or after
// some time.
func (s *server) stop(within time.Duration) {
	s.stopping.Store(true)
	_ = s.listener.Close() // a client that comes now is refused, and knows that nothing was done
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for waiting := true; waiting; {
		select {
		case <-s.late:
		case <-time.After(lull):
			waiting = false
		case <-ctx.Done():
			waiting = false
		}
	}
	_ = s.http.Shutdown(ctx)
	_ = s.http.Close() // whatever is still open, such as a long poll
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
