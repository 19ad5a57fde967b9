package awsclient

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// connectTimeout is the longest wait for connections before the first invocation. A handshake takes
// some 20 ms then.
const connectTimeout = 500 * time.Millisecond

// Client sends the requests of the SDK's clients.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// Opener is an HTTP client that opens connections. It is given to one call of the SDK, which prepares
// its request as always, with the endpoint and a signature. The opener does not send this request. It
// sends GET / over new connections to the same host, and answers the SDK with nothing, which it takes for a success.
//
// GET / needs no permission. DynamoDB answers 200 "healthy: …", as the tests of dynalite have recorded,
// and SQS answers 404 UnknownOperationException. When a connection cannot be opened, that is no
// error: the first call that needs it opens it, or says what is wrong.
//
// An opener is for the time before the first invocation. Lambda gives a function a whole processor
// then. Afterwards a function with 256 MB has a seventh of one.
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
			// A connection takes no other request until its answer is read. So each request gets its own.
			answered.Wait()
			_, _ = io.Copy(io.Discard, answer)
			answer.Close()
		})
	}
	all.Wait()
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func (o Opener) get(ctx context.Context, r *http.Request) io.ReadCloser {
	url := *r.URL
	url.Path, url.RawQuery = "/", ""
	get := (&http.Request{Method: http.MethodGet, URL: &url}).WithContext(ctx)
	answer, err := o.Client.Do(get)
	if err != nil {
		return http.NoBody
	}
	return answer.Body
}
