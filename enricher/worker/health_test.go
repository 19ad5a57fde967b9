package main

import (
	"fmt"
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
	stop, err := serve(address, health(func() time.Duration { return 0 }))
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

func TestAWorkerIsHealthyUntilABatchIsTenSecondsOverItsDeadline(t *testing.T) {
	for late, want := range map[time.Duration]string{
		0:                                     "200 healthy\n",
		10 * time.Second:                      "200 healthy\n",
		10*time.Second + 1:                    "503 a batch is 10s over its deadline\n",
		12*time.Second + 600*time.Millisecond: "503 a batch is 13s over its deadline\n",
	} {
		if got := ask(health(func() time.Duration { return late })); got != want {
			t.Errorf("%s late: %q, want %q", late, got, want)
		}
	}
}

// ask returns what the health check is answered.
func ask(health http.Handler) string {
	answer := httptest.NewRecorder()
	health.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/health", nil))
	return fmt.Sprintf("%d %s", answer.Code, answer.Body)
}
