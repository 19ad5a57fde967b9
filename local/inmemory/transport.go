// Package inmemory carries HTTP requests to a handler of the same process without a
// socket: cheaper, and fit for testing/synctest, which knows no sockets. It is for handlers that
// answer once and at once: a handler can't stream, nor take over the connection.
package inmemory

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
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
		answer, err := Serve(t.Handler, in)
		handled <- result{answer, err}
	}()
	select {
	case r := <-handled:
		return r.answer, r.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// Serve calls a handler and returns its answer. A panic is an error, which begins with
// what it says on one line.
func Serve(h http.Handler, in *http.Request) (answer *http.Response, err error) {
	defer in.Body.Close()
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	out := &recorder{header: http.Header{}}
	h.ServeHTTP(out, in)
	out.WriteHeader(http.StatusOK) // unless it has
	return out.response(in), nil
}

// recorder is an [http.ResponseWriter] that keeps the answer.
type recorder struct {
	header http.Header // as the handler sees it
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, r.header.Clone()
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) response(to *http.Request) *http.Response {
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        r.sent,
		Body:          io.NopCloser(&r.body),
		ContentLength: int64(r.body.Len()),
		Request:       to,
	}
}
