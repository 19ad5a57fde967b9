package pipeline_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// A function opens the connections that an invocation needs while Lambda gives it a whole processor: a POST sends one
// message and writes one item; a GET reads one; and a batch of 100 items is written by four calls, 25 in each.
func TestAFunctionOpensItsConnectionsBeforeTheFirstInvocation(t *testing.T) {
	const table, queue = "dynamodb.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"
	log := slog.New(slog.DiscardHandler)
	environment := func(name string) string {
		switch {
		case strings.HasSuffix(name, "_SECONDS"), name == "MAX_RECEIVE_COUNT":
			return "100"
		case name == "MODEL_URI":
			return ""
		}
		return "https://" + queue + "/1/" + name
	}
	for name, test := range map[string]struct {
		connect func(aws.Config) (func(context.Context), error)
		want    map[string]int
	}{
		"writer": {func(cfg aws.Config) (func(context.Context), error) {
			h, err := writer.New(environment, cfg, log)
			return h.Connect, err
		}, map[string]int{table: 1, queue: 1}},
		"reader": {func(cfg aws.Config) (func(context.Context), error) {
			h, err := reader.New(environment, cfg, log)
			return h.Connect, err
		}, map[string]int{table: 1}},
		"enricher": {func(cfg aws.Config) (func(context.Context), error) {
			h, err := enricher.New(environment, cfg, log)
			return h.Connect, err
		}, map[string]int{table: 4, queue: 1}},
	} {
		for _, fails := range []bool{false, true} { // a connection that can't be opened is not tried again
			t.Run(name, func(t *testing.T) {
				network := &hosts{requests: map[string]int{}, fails: fails}
				cfg := awsclient.AtEndpoint("")
				cfg.BaseEndpoint, cfg.HTTPClient = nil, network
				connect, err := test.connect(cfg)
				if err != nil {
					t.Fatal(err)
				}
				connect(t.Context())
				if diff := cmp.Diff(test.want, network.requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		}
	}
}
