// Package runtimeapi runs a function's program as Lambda runs it: as a process that asks Lambda's Runtime API
// for invocations. It is for tools that look at real processes. The local stack runs the functions in its own
// process: see local/lambda.
//
// It limits neither the processor nor the memory of a process, and it runs one invocation after the other.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package runtimeapi

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// api is Lambda's side of one execution environment.
type api struct {
	listener    net.Listener
	polls       chan time.Time // when the function asked for an invocation, and so was done with the last
	invocations chan invocation
	answers     chan Answer
}

// invocation is what a function is given.
type invocation struct {
	event    []byte
	deadline time.Time
}

// Answer is what a function gives back.
type Answer struct {
	Payload []byte

	at     time.Time
	failed bool // the payload is an error
}

func newAPI() (*api, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &api{listener, make(chan time.Time, 1), make(chan invocation), make(chan Answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.receive(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.receive(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.receive(true))
	go func() { _ = http.Serve(listener, mux) }() // until the listener closes
	return a, nil
}

var requests atomic.Int64

// next answers when there is an invocation.
func (a *api) next(w http.ResponseWriter, r *http.Request) {
	a.polls <- time.Now()
	select {
	case i := <-a.invocations:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("00000000-0000-4000-8000-%012x", requests.Add(1)))
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-67878e34-a5da4e55ff75051fe37c2907;Parent=c2400a20eaadd70c;Sampled=1")
		_, _ = w.Write(i.event) // an error means that the function has ended, and Invoke notices that
	case <-r.Context().Done():
	}
}

// receive takes an answer of the function, or an error.
func (a *api) receive(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		payload, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		a.answers <- Answer{payload, at, failed}
	}
}
