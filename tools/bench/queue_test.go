package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stack"
)

// sqsEndpoint starts an SQS, and returns its URL.
func sqsEndpoint(t *testing.T) (url string) {
	server := httptest.NewServer(stack.NewEndpoint("http://embedded"))
	t.Cleanup(server.Close)
	return server.URL
}

func TestEachEndpointIsMeasuredWithEachBacklog(t *testing.T) {
	first, second := sqsEndpoint(t), sqsEndpoint(t)
	speeds, err := queueLoad{backlogs: []int{7, 40}, messages: 25, clients: 4, turns: 3}.measure(t.Context(), []string{first, second})
	if err != nil {
		t.Fatal(err)
	}
	type subject struct {
		endpoint string
		backlog  int
	}
	var got []subject
	for i, s := range speeds {
		got = append(got, subject{s.Endpoint, s.Backlog})
		if s.PerSecond <= 0 || s.ToFirst != s.PerSecond/speeds[i/2*2].PerSecond || s.ToLeast != s.PerSecond/speeds[i%2].PerSecond {
			t.Errorf("%+v", s)
		}
	}
	want := []subject{{first, 7}, {second, 7}, {first, 40}, {second, 40}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(subject{})); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
	var section strings.Builder
	if err := writeSections(&section, results{Queue: speeds}, "queue"); err != nil || !strings.Contains(section.String(), "| 40 | "+second+" |") {
		t.Errorf("error %v, and:\n%s", err, section.String())
	}
}

func TestMessagesThatAreNotGivenOutAreAnError(t *testing.T) {
	q, err := newQueue(t.Context(), sqsEndpoint(t), 5)
	if err != nil {
		t.Fatal(err)
	}
	q.waiting, q.patience = 5, time.Millisecond // none was sent
	if _, err := q.rate(t.Context(), 5, 5, 1); err == nil || !strings.Contains(err.Error(), "5 messages that were sent are not given out") {
		t.Errorf("error %v", err)
	}
}
