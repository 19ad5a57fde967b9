package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// HTTP_PROXY may be set for calls to AWS. The worker's own health is not asked there.
func TestTheHealthCheckDoesNotGoThroughAProxy(t *testing.T) {
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	address := "0.0.0.0:" + port // for 127.0.0.1 no proxy is asked anyway
	stop, err := serveHealth(address, func() time.Duration { return 0 })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ask := exec.Command(os.Args[0], "-health")
	ask.Env = append(os.Environ(), asWorker+"=1", "HEALTH_ADDRESS="+address, "HTTP_PROXY=http://"+freeAddress(t), "NO_PROXY=")
	if output, err := ask.CombinedOutput(); err != nil {
		t.Errorf("it ends with %v: %s", err, output)
	}
}

// Something else may listen there.
func TestOnlyAnAnswer200IsHealthy(t *testing.T) {
	for status, healthy := range map[int]bool{200: true, 204: false, 404: false, 500: false, 503: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		if err := askHealth(strings.TrimPrefix(server.URL, "http://")); (err == nil) != healthy || !healthy && !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Errorf("%d: %v", status, err)
		}
		server.Close()
	}
}

func TestAWorkerThatIsNotHealthySaysHowLateItsBatchIs(t *testing.T) {
	address := freeAddress(t)
	stop, err := serveHealth(address, func() time.Duration { return 12600 * time.Millisecond })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	answer, err := http.Get("http://" + address + "/health")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), "13s over its deadline") {
		t.Errorf("%s, %v", text, err)
	}
}
