package pipeline_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher"
	"simple-sam-demo/reader"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/writer"
)

// hosts counts the requests without a signature, by their hosts, and the others under "signed".
type hosts struct {
	mu       sync.Mutex
	requests map[string]int
	fails    bool
}

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	host := r.URL.Host
	if r.Header.Get("Authorization") != "" || r.Method != http.MethodGet {
		host = "signed"
	}
	h.requests[host]++
	if h.fails {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

const tableHost, queueHost = "dynamodb.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"

// connecting has a function that makes each handler, and returns its Connect.
func connecting(network awsclient.Client) map[string]func() (func(context.Context), error) {
	log := slog.New(slog.DiscardHandler)
	environment := func(name string) string {
		switch {
		case strings.HasSuffix(name, "_SECONDS"), name == "MAX_RECEIVE_COUNT":
			return "100"
		case name == "MODEL_URI":
			return ""
		}
		return "https://" + queueHost + "/1/" + name
	}
	cfg := awsclient.AtEndpoint("")
	cfg.BaseEndpoint, cfg.HTTPClient = nil, network
	return map[string]func() (func(context.Context), error){
		"writer": func() (func(context.Context), error) {
			h, err := writer.New(environment, cfg, log)
			return h.Connect, err
		},
		"reader": func() (func(context.Context), error) {
			h, err := reader.New(environment, cfg, log)
			return h.Connect, err
		},
		"enricher": func() (func(context.Context), error) {
			h, err := enricher.New(environment, cfg, log)
			return h.Connect, err
		},
	}
}

// A function opens the connections that an invocation needs while Lambda gives it a whole processor: a POST sends one
// message and writes one item; a GET reads one; and a batch of 100 items is written by four calls, 25 in each.
func TestAFunctionOpensItsConnectionsBeforeTheFirstInvocation(t *testing.T) {
	for name, want := range map[string]map[string]int{
		"writer":   {tableHost: 1, queueHost: 1},
		"reader":   {tableHost: 1},
		"enricher": {tableHost: 4, queueHost: 1},
	} {
		for _, fails := range []bool{false, true} { // a connection that can't be opened is not tried again
			t.Run(name, func(t *testing.T) {
				network := &hosts{requests: map[string]int{}, fails: fails}
				connect, err := connecting(network)[name]()
				if err != nil {
					t.Fatal(err)
				}
				connect(t.Context())
				if diff := cmp.Diff(want, network.requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// hanging answers nothing.
type hanging struct{}

func (hanging) Do(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// Lambda charges for the start too, and a client waits for it.
func TestServicesThatHangDelayAStartByHalfASecondTogether(t *testing.T) {
	for name, start := range connecting(hanging{}) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				connect, err := start()
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				connect(t.Context())
				if took := time.Since(began); took != 500*time.Millisecond {
					t.Errorf("the start took %s, want 500ms", took)
				}
			})
		})
	}
}
