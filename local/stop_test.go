package main

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"simple-sam-demo/shared/awsclient"
)

// A client whose POST is cut off does not know whether its item was stored.
func TestRequestsInProgressAreAnsweredWhenAServerStops(t *testing.T) {
	t.Parallel()
	const clients = 50
	var arrived sync.WaitGroup
	arrived.Add(clients)
	release := make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Done()
		<-release
		_, _ = io.WriteString(w, "done")
	}))
	transport := awsclient.DirectTransport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var posting sync.WaitGroup
	for range clients {
		posting.Go(func() {
			response, err := client.Post("http://"+l.Addr().String(), "text/plain", nil)
			if err != nil {
				t.Errorf("a POST was cut off: %v", err)
				return
			}
			defer response.Body.Close()
			if text, err := io.ReadAll(response.Body); err != nil || string(text) != "done" {
				t.Errorf("answered %q, %v", text, err)
			}
		})
	}
	arrived.Wait()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.stop(grace)
	}()
	time.AfterFunc(2*lull, func() { close(release) })
	<-stopped
	posting.Wait()
}
