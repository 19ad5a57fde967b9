// Package inmemory carries HTTP requests to a handler of the same process without a
// socket: cheaper, and fit for testing/synctest, which knows no sockets.
package inmemory

import (
	"bytes"
	"io"
	"net/http"
)

// Transport is an [http.RoundTripper] that calls Handler for every request,
// whatever its host. A request ends early when its context does; the handler then
// sees that its client has gone.
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
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	handled := make(chan struct{})
	go func() {
		defer close(handled)
		defer in.Body.Close()
		t.Handler.ServeHTTP(answer, in)
	}()
	select {
	case <-handled:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{
		Status:        http.StatusText(answer.status),
		StatusCode:    answer.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        answer.header,
		Body:          io.NopCloser(&answer.body),
		ContentLength: int64(answer.body.Len()),
		Request:       r,
	}, nil
}

type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.wrote = true
	return r.body.Write(p)
}
