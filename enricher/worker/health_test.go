package main

import (
	"net"
	"os"
	"os/exec"
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
