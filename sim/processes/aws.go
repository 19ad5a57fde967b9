package processes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"

	"simple-sam-demo/internal/binary"
	"simple-sam-demo/local/stack"
)

// awsVariable tells a process of this program that it is AWS.
const awsVariable = "SIM_AWS"

// IsAWS tells whether this process is AWS for another one. If it is, that one has ended when IsAWS returns.
func IsAWS() bool {
	if os.Getenv(awsVariable) == "" {
		return false
	}
	server := httptest.NewServer(stack.InMemory().Handler) // the local stack's SQS and DynamoDB, empty
	fmt.Println(server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // it has also ended if there is an error
	return true
}

// startAWS starts AWS as a process. It ends when stop is called, or when this process ends.
func startAWS(ctx context.Context) (url string, stop func(), err error) {
	out, stop, err := binary.Helper(context.WithoutCancel(ctx), awsVariable+"=1") // so that Ctrl-C ends the other processes first
	if err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the process that is AWS did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
