package enricher_test

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"

	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/stacktest"
)

// fault disturbs the enricher's calls of one operation.
type fault struct {
	operation string
	do        func(r *http.Request, next http.RoundTripper) (*http.Response, error)
	calls     atomic.Int32 // disturbed
	limit     int32        // of calls to disturb; 0 for all
}

func (f *fault) disturb(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if function != "EnricherFunction" || operation != f.operation {
		return next.RoundTrip(r)
	}
	if n := f.calls.Add(1); f.limit > 0 && n > f.limit {
		return next.RoundTrip(r)
	}
	return f.do(r, next)
}

var _ stacktest.Fault = (*fault)(nil).disturb

// answers gives AWS's answer itself, or nobody's when it is empty.
func answers(status int, body string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		header := http.Header{}
		if body != "" {
			header.Set("X-Amzn-Requestid", "r")
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewBufferString(body)), Request: r}, nil
	}
}

var throttles = answers(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded for arn:aws:secret"}`)

// hangs never answers.
func hangs(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// crashes kills the execution environment.
func crashes(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
	lambda.Kill(r.Context())
	return nil, r.Context().Err()
}

// losesTheAnswer lets the call take effect, and then breaks the connection.
func losesTheAnswer(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if response, err := next.RoundTrip(r); err == nil {
		response.Body.Close()
	}
	return nil, io.ErrUnexpectedEOF
}
