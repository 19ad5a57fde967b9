package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// event is what [testFunction] is told to do.
type event struct{ Fail, Hang bool }

// testFunction is the function that the test's own binary is (see TestMain): it answers how
// many milliseconds it may take.
func testFunction(ctx context.Context, e event) (int64, error) {
	switch {
	case e.Fail:
		return 0, errors.New("as the event says")
	case e.Hang:
		select {} // until it is killed
	}
	deadline, _ := ctx.Deadline()
	return time.Until(deadline).Milliseconds(), nil
}

func startTestFunction(t *testing.T) *environment {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	api, err := newRuntimeAPI()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	e, err := api.start(t.Context(), self, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.stop)
	return e
}

func TestAFunctionIsInvokedAgainAndAgainWithADeadline(t *testing.T) {
	e := startTestFunction(t)
	for range 3 {
		got, lasted, err := e.invoke(t.Context(), []byte("{}"), time.Minute)
		if err != nil || lasted <= 0 || len(got.payload) != len("59990") || !strings.HasPrefix(string(got.payload), "59") {
			t.Errorf("after %v it answered %s, %v; want nearly 60000", lasted, got.payload, err)
		}
	}
	if processorTimeOf(e.command.Process.Pid) <= 0 {
		t.Log("processor time is not measured here")
	}
}

func TestAnInvocationThatFailsSaysWhy(t *testing.T) {
	_, _, err := startTestFunction(t).invoke(t.Context(), []byte(`{"Fail":true}`), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "as the event says") {
		t.Errorf("error %v", err)
	}
}

func TestAnInvocationThatHangsIsCutOff(t *testing.T) {
	_, lasted, err := startTestFunction(t).invoke(t.Context(), []byte(`{"Hang":true}`), 50*time.Millisecond)
	if !errors.Is(err, errTimedOut) || lasted != 50*time.Millisecond {
		t.Errorf("after %v: error %v", lasted, err)
	}
}

func TestItemsThatAreLeftForLaterAreCounted(t *testing.T) {
	post, batch, messages := kinds[0], kinds[1], kinds[3]
	for name, test := range map[string]struct {
		kind
		answer string
		want   int
	}{
		"a POST":                      {post, `{"statusCode":201,"body":"{}"}`, 0},
		"a POST that is unavailable":  {post, `{"statusCode":503,"body":"{}"}`, 1},
		"a batch":                     {batch, `{"statusCode":200,"body":"{\"created\":97,\"existing\":1,\"failed\":2}"}`, 2},
		"a batch that is unavailable": {batch, `{"statusCode":503,"body":"{}"}`, 100},
		"messages":                    {messages, `{"batchItemFailures":[]}`, 0},
		"messages given back":         {messages, `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := test.notDone([]byte(test.answer)); err != nil || got != test.want {
				t.Errorf("%d, %v, want %d", got, err, test.want)
			}
		})
	}
	for _, answer := range []string{`{"statusCode":400,"body":"no"}`, `{"statusCode":200,"body":"{\"created\":3}"}`} {
		if _, err := batch.notDone([]byte(answer)); err == nil {
			t.Errorf("%s is no error", answer)
		}
	}
}
