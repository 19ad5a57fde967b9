package enricher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// panics lets the enricher's calls of some operations panic that hold some text and not another.
func panics(operations, with, without string) stacktest.Fault {
	return func(function, called string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if function != "EnricherFunction" || !strings.Contains(operations, called) {
			return next.RoundTrip(r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(body), with) && (without == "" || !strings.Contains(string(body), without)) {
			panic("poisoned")
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return next.RoundTrip(r)
	}
}

func TestAMessageThatPanicsIsDeadLetteredAndItsNeighboursAreServed(t *testing.T) {
	poison := example
	read, written := panics("DynamoDB.BatchGetItem", poison.ID(), ""), panics("DynamoDB.BatchExecuteStatement DynamoDB.UpdateItem", poison.ID(), ":code")
	for name, test := range map[string]struct {
		fault      stacktest.Fault
		neighbours int
	}{
		"as its item is read":                            {read, 9},
		"as its item is read with a single neighbour":    {read, 1},
		"as its item is written":                         {written, 9},
		"as its item is written with a single neighbour": {written, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, test.fault)
				bodies := []string{message(store(t, s, poison))}
				var neighbours []string
				for n := range test.neighbours {
					id := store(t, s, sample.Nth(n))
					neighbours = append(neighbours, id)
					bodies = append(bodies, message(id))
				}
				s.Send(t, bodies...)
				stacktest.Wait(time.Second)
				for _, id := range neighbours {
					if got := get(t, s, id); got.Status() != item.Classified {
						t.Errorf("a neighbour is %s", got.Status())
					}
				}
				stacktest.Wait(20 * time.Minute)
				if got := get(t, s, poison.ID()); got.Status() != item.Failed || got.Failure.Reason != "the enricher panicked" {
					t.Errorf("the item is %s, %+v", got.Status(), got.Failure)
				}
				if _, why := deadLetter(t, s); why["failure_code"] != "RetriesExhausted" || why["receive_count"] != "5" {
					t.Errorf("the dead letter says %v", why)
				}
				s.WantEmpty(t, "EnrichQueue")
			})
		})
	}
}

func TestAPanicAsAMessageIsGivenUpLosesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		fault  stacktest.Fault
		reason string
	}{
		"as the item is marked":          {panics("DynamoDB.UpdateItem", ":code", ""), "MalformedMessage"},
		"as the dead letter is sent":     {panics("SQS.SendMessage", "", ""), ""}, // until SQS moves it
		"as the message would come back": {panics("SQS.ChangeMessageVisibility", "", ""), "MalformedMessage"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, test.fault)
				id := store(t, s, example)
				s.Send(t, "hello", message(id))
				stacktest.Wait(time.Hour)
				if got := get(t, s, id); got.Status() != item.Classified {
					t.Errorf("the neighbour is %s", got.Status())
				}
				if m, why := deadLetter(t, s); *m.Body != "hello" || why["failure_code"] != test.reason {
					t.Errorf("the dead letter %s says %v", *m.Body, why)
				}
				s.WantEmpty(t, "EnrichQueue")
			})
		})
	}
}

func TestAPanicIsLoggedAsOneErrorWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, panics("DynamoDB.UpdateItem", "", ""))
		defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
		var log bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"),
			slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
		if err != nil {
			t.Fatal(err)
		}
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(store(t, s, example))}}}
		response, err := h.Handle(t.Context(), event)
		want := []events.SQSBatchItemFailure{{ItemIdentifier: "m"}}
		if diff := cmp.Diff(want, response.BatchItemFailures); err != nil || diff != "" {
			t.Errorf("%v, failures (-want +got):\n%s", err, diff)
		}
		first, _, _ := bytes.Cut(log.Bytes(), []byte("\n"))
		var line struct{ Level, Msg, Error, Stack string }
		if err := json.Unmarshal(first, &line); err != nil || line.Level != "ERROR" || line.Msg != "panic" || line.Error != "panic: poisoned" {
			t.Errorf("logged %s", log.Bytes())
		}
		if !strings.Contains(line.Stack, "shared/table.(*Table).WritePrediction") {
			t.Errorf("the stack does not lead to the call:\n%s", line.Stack)
		}
	})
}

// A panic counts as a failed call: the message comes back after a backoff, and not only when its visibility timeout ends.
func TestAPanicAsADeadLetterIsSentGivesTheMessageBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var delays []string
		sends := panics("SQS.SendMessage", "", "")
		s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "SQS.ChangeMessageVisibility" {
				delays = append(delays, body(t, r))
				return answers(200, "{}")(r, next)
			}
			return sends(function, operation, r, next)
		}, t.Output())
		defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
		attributes := map[string]string{"ApproximateReceiveCount": "5"}
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: "hello", Attributes: attributes}}}
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != 1 || len(delays) != 1 {
			t.Fatalf("%v; %d messages given back by the calls %q, want one", err, len(out.BatchItemFailures), delays)
		}
		var call struct{ VisibilityTimeout int }
		if err := json.Unmarshal([]byte(delays[0]), &call); err != nil || call.VisibilityTimeout < 450 || call.VisibilityTimeout > 900 {
			t.Errorf("given back by %s, want it after 450 to 900 s", delays[0])
		}
	})
}

// A reason on the message alone is better than none.
func TestAPanicAsAnItemIsMarkedDoesNotKeepItsDeadLetterBackAtTheLastReceive(t *testing.T) {
	for receives, givenBack := range map[string]int{"4": 1, "5": 0} {
		synctest.Test(t, func(t *testing.T) {
			s := stacktest.Build(t, nil, panics("DynamoDB.UpdateItem", ":code", ""), t.Output())
			defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
			_, event := unusable(t, s, 1)
			event.Records[0].Attributes = map[string]string{"ApproximateReceiveCount": receives}
			out, err := newHandler(t, s).Handle(t.Context(), event)
			if letters := len(s.DeadLetters(t)); err != nil || len(out.BatchItemFailures) != givenBack || letters != 1-givenBack {
				t.Errorf("receive %s: %v; given back %v and %d dead letters, want %d given back", receives, err, out.BatchItemFailures, letters, givenBack)
			}
		})
	}
}

func TestAMessageThatAnotherReceiveMayHaveIsNotGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: throttles}).disturb, t.Output())
		h := newHandler(t, s)
		h.Release = func(_ context.Context, handle string) time.Time {
			if handle == "0" {
				return time.Now()
			}
			return time.Now().Add(time.Second)
		}
		_, event := storedIDs(t, s, 0, 3)
		out, err := h.Handle(t.Context(), event)
		if n := s.Calls("EnricherFunction", "SQS.ChangeMessageVisibility"); err != nil || n != 2 || len(out.BatchItemFailures) != 3 {
			t.Errorf("%v; %d of %d messages are given back by a call, want 2 of 3", err, n, len(out.BatchItemFailures))
		}
	})
}

// Release is the worker's. The panic is one message's, and its line tells of all of them.
func TestAPanicAsAMessageIsReleasedLeavesTheLineOfItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: throttles}).disturb, t.Output())
		var log bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&log, slog.LevelError+1))
		if err != nil {
			t.Fatal(err)
		}
		h.Release = func(_ context.Context, handle string) time.Time {
			if handle == "0" {
				panic("poisoned")
			}
			return time.Now().Add(time.Second)
		}
		_, event := storedIDs(t, s, 0, 3)
		out, err := h.Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != 3 || !strings.Contains(log.String(), `"BatchSize":3`) || !strings.Contains(log.String(), `"Retries":3`) {
			t.Errorf("%v; given back %v; its line is %s", err, out.BatchItemFailures, log.String())
		}
		if n := s.Calls("EnricherFunction", "SQS.ChangeMessageVisibility"); n != 2 {
			t.Errorf("%d messages given back early, want the two others", n)
		}
	})
}
