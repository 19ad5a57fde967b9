package commandline_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"simple-sam-demo/internal/commandline"
)

// As a browser does: it has a connection ready for the next click.
func TestAServerWaitsForNoConnectionThatNobodyHasUsed(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-release
		}
		_, _ = io.WriteString(w, "done")
	})}
	commandline.DropUnused(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	unused, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()

	get := func(path string) {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		if text, err := io.ReadAll(response.Body); err != nil || string(text) != "done" {
			t.Errorf("%s is answered %q, %v", path, text, err)
		}
	}
	get("/") // comes after the unused connection, which is accepted then
	slow := make(chan struct{})
	go func() { defer close(slow); get("/slow") }()
	<-arrived
	server.RegisterOnShutdown(func() { close(release) })
	within, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := server.Shutdown(within); err != nil {
		t.Errorf("the server still waits: %v", err)
	}
	<-slow
}
