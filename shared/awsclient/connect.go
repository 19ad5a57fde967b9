package awsclient

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// connectTimeout bounds how long connections are waited for before the first invocation. A
// handshake takes some 20 ms there.
const connectTimeout = 500 * time.Millisecond

// Client is what the SDK's clients send requests with.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// Opener is the HTTP client of one SDK call that opens connections, and is not made. The call is
// prepared as always, with its endpoint and its signature, and gets an empty answer at once. In
// its place the opener sends GET / over new connections, which needs no permission: DynamoDB
// answers 200 "healthy: …", as the tests of dynalite have recorded, and SQS answers 404
// UnknownOperationException. A connection that cannot be opened is no error: the first call that
// needs it opens it, and says what is wrong.
//
// It is for the time before the first invocation: Lambda gives a function a whole processor then, and
// afterwards, with 256 MB, a seventh of one.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
type Opener struct {
	Client      Client // keeps the connections for later calls
	Connections int    // at most [MaxConnections]
}

// Do opens the connections, and returns after 500 ms at the latest.
func (o Opener) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), connectTimeout)
	defer cancel()
	var answered, all sync.WaitGroup
	answered.Add(o.Connections)
	for range o.Connections {
		all.Go(func() {
			answer := o.get(ctx, r)
			answered.Done()
			// Before its answer is read a connection takes no other request, so that each has its own.
			answered.Wait()
			_, _ = io.Copy(io.Discard, answer)
			answer.Close()
		})
	}
	all.Wait()
	empty := io.NopCloser(strings.NewReader("{}"))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: empty, Request: r}, nil
}

func (o Opener) get(ctx context.Context, r *http.Request) io.ReadCloser {
	url := *r.URL
	url.Path, url.RawQuery = "/", ""
	get := (&http.Request{Method: http.MethodGet, URL: &url, Header: http.Header{}}).WithContext(ctx)
	answer, err := o.Client.Do(get)
	if err != nil {
		return http.NoBody
	}
	return answer.Body
}
