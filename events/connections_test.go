package events_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"simple-sam-demo/internal/template"
)

// connections says how many connections each function opens before its first invocation.
var connections = map[string]int{"writer": 2, "reader": 1, "enricher": 5}

// checkConnections checks that a function opens its connections before it asks for its first
// invocation.
func checkConnections(t *testing.T, bin, folder string, f template.Function) {
	t.Helper()
	n := connections[folder]
	var arrived, answered atomic.Int32
	all := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if int(arrived.Add(1)) == n {
			close(all)
		}
		select {
		case <-all: // all are open at the same time
			answered.Add(1)
		case <-r.Context().Done(): // the function gave up
		}
	}))
	defer server.Close()
	p := startProcess(t, bin, folder, server.URL, f, f.Environment)
	await(t, p, p.api.polls, "its first poll")
	if int(answered.Load()) != n {
		t.Errorf("%d connections are open, want %d", answered.Load(), n)
	}
	if lines := p.newLines(t); len(lines) > 0 {
		t.Errorf("it logged %s", lines)
	}
}
