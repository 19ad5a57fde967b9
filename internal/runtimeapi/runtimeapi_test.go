package runtimeapi_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"simple-sam-demo/internal/runtimeapi"
)

func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(testFunction)
		return
	}
	os.Exit(m.Run())
}

// event is what [testFunction] is told to do.
type event struct{ Fail, Hang, Exit bool }

// testFunction is the function that the test's own binary is (see TestMain): it answers how
// many milliseconds it may take.
func testFunction(ctx context.Context, e event) (int64, error) {
	switch {
	case e.Fail:
		return 0, errors.New("as the event says")
	case e.Exit:
		os.Exit(3)
	case e.Hang:
		select {} // until it is killed
	}
	deadline, _ := ctx.Deadline()
	return time.Until(deadline).Milliseconds(), nil
}

func startTestFunction(t *testing.T) *runtimeapi.Environment {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e, err := runtimeapi.Start(t.Context(), runtimeapi.Program{Path: self})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	return e
}

func TestAFunctionIsInvokedAgainAndAgainWithADeadline(t *testing.T) {
	e := startTestFunction(t)
	for range 3 {
		got, lasted, err := e.Invoke(t.Context(), []byte("{}"), time.Minute)
		if err != nil || lasted <= 0 || len(got.Payload) != len("59990") || !strings.HasPrefix(string(got.Payload), "59") {
			t.Errorf("after %v it answered %s, %v; want nearly 60000", lasted, got.Payload, err)
		}
	}
}

func TestAnInvocationThatFailsSaysWhy(t *testing.T) {
	_, _, err := startTestFunction(t).Invoke(t.Context(), []byte(`{"Fail":true}`), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "as the event says") {
		t.Errorf("error %v", err)
	}
}

func TestAnInvocationThatHangsIsCutOff(t *testing.T) {
	_, lasted, err := startTestFunction(t).Invoke(t.Context(), []byte(`{"Hang":true}`), 50*time.Millisecond)
	if !errors.Is(err, runtimeapi.ErrTimedOut) || lasted != 50*time.Millisecond {
		t.Errorf("after %v: error %v", lasted, err)
	}
}

func TestAProcessThatEndsInAnInvocationIsNoUseAnyMore(t *testing.T) {
	e := startTestFunction(t)
	for range 2 {
		_, _, err := e.Invoke(t.Context(), []byte(`{"Exit":true}`), time.Minute)
		if _, ended := errors.AsType[*runtimeapi.EndedError](err); !ended || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("error %v", err)
		}
	}
}
