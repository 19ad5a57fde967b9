package events_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// runtimeAPI is Lambda's part of one execution environment. The function's process asks it for
// invocations.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	address string // host:port, as in AWS_LAMBDA_RUNTIME_API

	polls   chan struct{}   // the process asks for an invocation, so it is done with the one before
	work    chan invocation // invocations for the process
	answers chan answer     // answers of the process
}

type invocation struct {
	requestID string
	function  string // logical id
	trace     string
	timeout   time.Duration
	event     []byte
}

type answer struct {
	requestID string // "" if the process could not start
	failed    bool   // whether the payload is an error
	payload   string
}

func startRuntimeAPI(t *testing.T) *runtimeAPI {
	t.Helper()
	// There is only one invocation at a time, so each channel needs room for one value.
	r := &runtimeAPI{polls: make(chan struct{}, 1), work: make(chan invocation, 1), answers: make(chan answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", r.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", r.receive(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", r.receive(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", r.receive(true))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r.address = strings.TrimPrefix(server.URL, "http://")
	return r
}

// next answers as soon as there is an invocation. If there is none, it never answers.
func (r *runtimeAPI) next(w http.ResponseWriter, request *http.Request) {
	r.polls <- struct{}{}
	select {
	case i := <-r.work:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.requestID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.timeout).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Trace-Id", i.trace)
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:simple-sam-demo-"+i.function)
		_, _ = w.Write(i.event) // if the process has ended, invoke notices it
	case <-request.Context().Done():
	}
}

func (r *runtimeAPI) receive(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		payload, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		r.answers <- answer{request.PathValue("id"), failed, string(payload)}
	}
}
