package awsclient

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// EndpointClient returns a client for an endpoint on this machine. It uses no proxy (see
// [DirectTransport]). A timeout of 0 is none.
func EndpointClient(timeout time.Duration) *http.Client {
	return &http.Client{Transport: wholeBody{DirectTransport()}, Timeout: timeout}
}

// wholeBody sends a request's body as bytes, and not as the SDK's reader. The SDK (smithy-go 1.28.9)
// closes its reader as soon as an answer begins. An endpoint on the same machine can begin to answer
// before net/http has seen the reader's end. Then net/http may take the closed reader for an error, and
// close the connection in the middle of the answer: "use of closed network connection". On a busy
// machine, that was one of ten answers of some kilobytes. AWS is too far away for that.
// See findings/sdk-go-cuts-off-an-answer-that-comes-early.sh.
type wholeBody struct{ next http.RoundTripper }

// RoundTrip sends the request.
func (t wholeBody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.ContentLength <= 0 {
		return t.next.RoundTrip(r)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	_ = r.Body.Close() // it was read
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return t.next.RoundTrip(r)
}
