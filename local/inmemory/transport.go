// Package inmemory carries HTTP requests to a handler of the same process without a
// socket: cheaper, and fit for testing/synctest, which knows no sockets. It is for handlers that
// answer once and at once: a handler can't stream, nor take over the connection.
package inmemory

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
)

// Transport is an [http.RoundTripper] that calls Handler for every request,
// whatever its host. A request ends early when its context does; the handler then
// sees that its client has gone. A handler that panics is an error of its request.
type Transport struct{ Handler http.Handler }

// RoundTrip calls the handler and returns its answer.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = in.URL.Host
	}
	if in.RemoteAddr == "" {
		in.RemoteAddr = "127.0.0.1:0" // a client on this machine
	}
	type result struct {
		answer *http.Response
		err    error
	}
	handled := make(chan result, 1)
	go func() {
		answer, err := serve(t.Handler, in)
		handled <- result{answer, err}
	}()
	select {
	case r := <-handled:
		return r.answer, r.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// serve calls a handler and returns its answer. A panic is an error, which begins with
// what it says on one line.
func serve(h http.Handler, in *http.Request) (answer *http.Response, err error) {
	defer in.Body.Close()
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	out := httptest.NewRecorder()
	h.ServeHTTP(out, in)
	answer = out.Result()
	answer.ContentLength, answer.Request = int64(out.Body.Len()), in
	return answer, nil
}
