package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"simple-sam-demo/shared/awsclient"
)

// A client whose POST is cut off does not know whether its flower was stored. One whose
// connection is refused knows that it was not.
func TestCtrlCAnswersThePOSTsInProgress(t *testing.T) {
	const clients = 50
	s := start(t)
	transport := awsclient.DirectTransport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var posting sync.WaitGroup
	var answered atomic.Int32
	busy := make(chan struct{})
	for range clients {
		posting.Go(func() {
			for {
				response, err := client.Post(s.api+"/v0/iris", "application/json", strings.NewReader(`{"sepal_length":0}`))
				if errors.Is(err, syscall.ECONNREFUSED) {
					return
				}
				if err != nil {
					t.Errorf("a POST was cut off: %v", err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if answered.Add(1) == 10*clients {
					close(busy)
				}
			}
		})
	}
	<-busy
	if status := s.stop(); status != 0 {
		t.Errorf("status %d", status)
	}
	posting.Wait()
}
