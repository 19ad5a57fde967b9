package awsclient

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limited is an HTTP client that makes at most [MaxConnections] requests to a host at once. Another
// request waits for its turn, and only then its timeout begins. (http.Transport.MaxConnsPerHost alone
// would count the wait into the timeout.) The turn ends when the body of the answer is closed, because
// the request has the connection until then.
type limited struct {
	client Client
	mu     sync.Mutex
	turns  map[string]chan struct{} // by host
}

// Do makes the request when it is its turn. If the request's context ends before, the error is the
// context's.
func (l *limited) Do(r *http.Request) (*http.Response, error) {
	turns := l.turnsOf(r.URL.Host)
	select {
	case turns <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	endTurn := sync.OnceFunc(func() { <-turns })
	answered := false
	defer func() {
		if !answered { // after an error, or a panic
			endTurn()
		}
	}()
	answer, err := l.client.Do(r)
	if err != nil {
		return nil, err
	}
	answered = true
	shortenRetryAfter(answer.Header)
	// A body that nobody closes, after a panic say, is cut off by the client's timeout.
	late := time.AfterFunc(AttemptTimeout, endTurn)
	answer.Body = body{answer.Body, func() { late.Stop(); endTurn() }}
	return answer, nil
}

// body is an answer's body whose closing ends the request's turn.
type body struct {
	io.ReadCloser
	endTurn func()
}

func (b body) Close() error {
	defer b.endTurn()
	return b.ReadCloser.Close()
}

func (l *limited) turnsOf(host string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	turns, ok := l.turns[host]
	if !ok {
		turns = make(chan struct{}, MaxConnections)
		l.turns[host] = turns
	}
	return turns
}

// shortenRetryAfter shortens the delay that a service asks for. The SDK would wait for up to 5 s,
// whatever MaxBackoff is.
func shortenRetryAfter(header http.Header) {
	const name = "X-Amz-Retry-After" // milliseconds
	if ms, _ := strconv.ParseInt(header.Get(name), 10, 64); ms > maxBackoff.Milliseconds() {
		header.Set(name, strconv.FormatInt(maxBackoff.Milliseconds(), 10))
	}
}
