// Package sqs is an SQS of its own for the local stack: standard queues in memory,
// spoken to over SQS's JSON protocol. It exists because no Go library gets receive
// counts and redrive right.
//
// The protocol is in server.go and errors.go, the operations in ops_*.go, the state
// in service.go, queue.go and message.go.
package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// targetPrefix precedes the operation in the X-Amz-Target header.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
const targetPrefix = "AmazonSQS."

// maxRequest is more than any valid request: 1 MiB of messages, escaped.
const maxRequest = 8 << 20

// operation handles one request. Its argument is the JSON body, its result is
// encoded to JSON; an [*apiError] is answered as such.
type operation func(s *Service, ctx context.Context, body []byte) (any, error)

// operations lists what is supported.
var operations = map[string]operation{}

// register adds an operation whose request is decoded into In.
func register[In, Out any](name string, do func(s *Service, ctx context.Context, in *In) (Out, error)) {
	operations[name] = func(s *Service, ctx context.Context, body []byte) (any, error) {
		var in In
		if len(body) > 0 {
			if err := json.Unmarshal(body, &in); err != nil {
				return nil, errSerialization(err)
			}
		}
		return do(s, ctx, &in)
	}
}

// request is what an operation needs of a request's headers.
type request struct {
	trace   string // that SDKs send of themselves, or ""
	baseURL string // that the client has used
}

type requestKey struct{}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// newRequest trusts Host alone. Anyone can send X-Forwarded-Host and X-Forwarded-Proto, and
// a URL with another host would send a client's messages there.
func newRequest(r *http.Request) request {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	host := r.Host
	if address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && host == "" { // HTTP/1.0
		host = address.String()
	}
	return request{trace: r.Header.Get("X-Amzn-Trace-Id"), baseURL: scheme + "://" + host}
}

// empty is the answer of an operation that has none.
type empty struct{}

// ServeHTTP answers one request of the JSON protocol.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		writeError(w, errSerialization(err))
		return
	}
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	if !ok {
		writeError(w, errUnsupported("only SQS (JSON protocol, header X-Amz-Target: AmazonSQS.*) and DynamoDB are served here"))
		return
	}
	do, ok := operations[name]
	if !ok {
		writeError(w, errUnsupported(fmt.Sprintf("operation %s is not supported here", name)))
		return
	}
	ctx := context.WithValue(r.Context(), requestKey{}, newRequest(r))
	out, err := do(s, ctx, body)
	if r.Context().Err() != nil {
		return // the client has gone
	}
	if err != nil {
		writeError(w, err)
		return
	}
	write(w, http.StatusOK, out)
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // a programming error: all answers are plain structs
		panic(err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may have gone
}

func writeError(w http.ResponseWriter, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{status: http.StatusInternalServerError, shape: "com.amazonaws.sqs#InternalFailure", code: "InternalFailure", message: err.Error()}
	}
	w.Header().Set("x-amzn-query-error", e.code+";Sender")
	write(w, e.status, struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.shape, e.message})
}
