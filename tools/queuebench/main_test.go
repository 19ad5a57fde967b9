package main

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stack"
)

func endpoint(t *testing.T) (url string) {
	server := httptest.NewServer(stack.InMemory().Handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestEachEndpointIsMeasuredAtEachBacklog(t *testing.T) {
	first, second := endpoint(t), endpoint(t)
	o, err := parseOptions([]string{"-messages", "25", "-backlogs", "7,40", first, second})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := o.run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var got [][]string // without the figures, but for the first endpoint's ratio to itself
	for line := range strings.Lines(out.String()) {
		columns := strings.Fields(line)
		got = append(got, []string{columns[0], columns[1], columns[3]})
	}
	got[2][2], got[4][2] = "", ""
	want := [][]string{{"backlog", "endpoint", "a"}, {"7", first, "1.00"}, {"7", second, ""}, {"40", first, "1.00"}, {"40", second, ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
}

func TestMessagesThatAreNotGivenOutAreAnError(t *testing.T) {
	q, err := newQueue(t.Context(), endpoint(t), 5)
	if err != nil {
		t.Fatal(err)
	}
	q.waiting, q.patience = 5, time.Millisecond // none was sent
	if _, err := q.rate(t.Context(), 5, 5, 1); err == nil || !strings.Contains(err.Error(), "5 messages that were sent are not given out") {
		t.Errorf("error %v", err)
	}
}

func TestWrongUsageIsRefused(t *testing.T) {
	for _, args := range [][]string{{"-backlogs", "0"}, {"-backlogs", "1,x"}, {"-messages", "0"}, {"-clients", "0"}} {
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	o, err := parseOptions(nil)
	if diff := cmp.Diff([]string{"http://127.0.0.1:4566"}, o.endpoints); diff != "" || err != nil {
		t.Errorf("without arguments: %s, %v", diff, err)
	}
}
