package enricher_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// environment returns the variables of the enricher in a stack.
func environment(s *stack.Stack) (getenv func(string) string) {
	return s.Getenv("EnricherFunction")
}

// newHandler makes an enricher that is called directly, without the queue.
func newHandler(t testing.TB, s *stacktest.Stack) *enricher.Handler {
	t.Helper()
	h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), s.Config.Log)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNearItsDeadlineTheEnricherGivesBackWhatIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages, timeout = 1000, 10 * time.Second
		f := &fault{operation: "DynamoDB.BatchExecuteStatement", do: hangs}
		s := stacktest.Start(t, nil, f.disturb)
		var event events.SQSEvent
		for i := range messages {
			m := sample.Nth(i)
			event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: message(store(t, s, m))})
		}
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		start := time.Now()
		response, err := newHandler(t, s).Handle(ctx, event)
		if took := time.Since(start); took > timeout-enricher.GiveUpTime/2 {
			t.Errorf("took %s of %s: too near the deadline", took, timeout)
		}
		if err != nil || len(response.BatchItemFailures) != messages {
			t.Errorf("%v; %d of %d messages given back", err, len(response.BatchItemFailures), messages)
		}
	})
}

// However many messages hold one key, or none: found by the simulation.
func TestWhenAllOfAWSHangsTheEnricherAnswersBeforeItsDeadline(t *testing.T) {
	for name, body := range map[string]func(n int) string{
		"for messages of one item":      func(int) string { return message(example.ID()) },
		"for messages of many items":    func(n int) string { return message(fmt.Sprintf("%032x", n)) },
		"for messages that name no one": func(int) string { return "hello" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const messages, timeout = 1000, 30 * time.Second
				hang := func(caller, _ string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if caller != "EnricherFunction" {
						return next.RoundTrip(r)
					}
					return hangs(r, next)
				}
				s := stacktest.Start(t, nil, hang)
				var event events.SQSEvent
				for i := range messages {
					last := map[string]string{"ApproximateReceiveCount": "5"}
					event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body(i), Attributes: last})
				}
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				response, err := newHandler(t, s).Handle(ctx, event)
				if ctx.Err() != nil || err != nil || len(response.BatchItemFailures) != messages {
					t.Errorf("%v, %v; %d of %d messages given back", ctx.Err(), err, len(response.BatchItemFailures), messages)
				}
			})
		})
	}
}

// Thousands of calls and lines, for which there is no time left, would take the answer past the
// deadline on a slow processor.
func TestWithoutTimeLeftMessagesComeBackByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages, timeout = 1000, 30 * time.Second
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "DynamoDB.BatchExecuteStatement" || operation == "SQS.ChangeMessageVisibility" {
				return hangs(r, next)
			}
			return next.RoundTrip(r)
		}, t.Output())
		var log bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		event := stored(t, s, 1, messages)
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		start := time.Now()
		response, err := h.Handle(ctx, event)
		if took := time.Since(start); err != nil || took != timeout-time.Second || len(response.BatchItemFailures) != messages {
			t.Errorf("%v; took %s; %d of %d messages given back", err, took, len(response.BatchItemFailures), messages)
		}
		if lines := strings.Count(log.String(), "message to be retried"); lines == 0 || lines > messages/2 {
			t.Errorf("%d messages have a line, want only those for which there was time", lines)
		}
	})
}

// Marks that hang leave time to send the dead letters of a large batch.
func TestWhenWritesHangEveryLastReceiveEndsWithAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages, timeout = 3000, 30 * time.Second
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: hangs}).disturb, t.Output())
		var event events.SQSEvent
		for i := range messages {
			id := store(t, s, sample.Nth(i))
			last := map[string]string{"ApproximateReceiveCount": "5"}
			event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: message(id), Attributes: last})
		}
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		response, err := newHandler(t, s).Handle(ctx, event)
		if ctx.Err() != nil || err != nil || len(response.BatchItemFailures) > 0 {
			t.Errorf("%v, %v; %d messages given back, for SQS to move", ctx.Err(), err, len(response.BatchItemFailures))
		}
		if visible := s.Backlog(t, "EnrichDeadLetterQueue").Visible; visible != messages {
			t.Errorf("%d dead letters, want %d", visible, messages)
		}
	})
}

// A message that can come back by itself does not take the time of one that cannot: found by the simulation.
func TestLastReceivesAreSettledFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages, last, timeout = 1000, 40, 30 * time.Second
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "SQS.ChangeMessageVisibility" || strings.HasPrefix(operation, "DynamoDB.BatchExecute") || operation == "DynamoDB.UpdateItem" {
				return hangs(r, next)
			}
			return next.RoundTrip(r)
		}, t.Output())
		event := stored(t, s, 1, messages)
		for i := range last {
			event.Records[messages-1-i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		response, err := newHandler(t, s).Handle(ctx, event)
		if ctx.Err() != nil || err != nil || len(response.BatchItemFailures) != messages-last {
			t.Errorf("%v, %v; %d messages given back, want %d", ctx.Err(), err, len(response.BatchItemFailures), messages-last)
		}
		if visible := s.Backlog(t, "EnrichDeadLetterQueue").Visible; visible != last {
			t.Errorf("%d dead letters, want %d", visible, last)
		}
	})
}

// A queue that is slow is slower yet if it gets other calls beside the dead letters.
func TestNothingIsGivenBackBeforeAllLastReceivesAreTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages, last = 40, 20
		var letters, early atomic.Int32
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch operation {
			case "SQS.SendMessage":
				letters.Add(1)
				<-time.After(300 * time.Millisecond)
			case "SQS.ChangeMessageVisibility":
				if letters.Load() < last {
					early.Add(1)
				}
				return answers(200, "{}")(r, next)
			}
			return next.RoundTrip(r)
		}, t.Output())
		event := stored(t, s, 1, messages)
		for i := range last {
			event.Records[messages-1-i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // no time to read
		defer cancel()
		letters.Store(0) // the writer's
		if out, err := newHandler(t, s).Handle(ctx, event); err != nil || len(out.BatchItemFailures) != messages-last || letters.Load() != last {
			t.Errorf("%v; %d messages given back, and %d dead letters, want %d and %d", err, len(out.BatchItemFailures), letters.Load(), messages-last, last)
		}
		if n := early.Load(); n > 0 {
			t.Errorf("%d messages are given back before the last dead letter is sent", n)
		}
	})
}

// An item that is worth reading again does not wait for messages that can come back by themselves: found by the simulation.
func TestALastReceiveIsReadAgainBesideCallsThatHang(t *testing.T) {
	const messages, timeout = 1000, 30 * time.Second
	for name, test := range map[string]struct {
		hanging string // beside ChangeMessageVisibility
		left    int32  // how many reads leave the key unprocessed
		want    item.Status
	}{
		"writes hang, and the second read has the item": {"DynamoDB.BatchExecuteStatement", 1, item.Classified},
		"writes hang, and no read has the item":         {"DynamoDB.BatchExecuteStatement", 4, item.Failed},
		"reads hang, and the second has the item":       {"DynamoDB.BatchGetItem", 1, item.Classified},
		"reads hang, and none has the item":             {"DynamoDB.BatchGetItem", 4, item.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leaves := &fault{operation: "DynamoDB.BatchGetItem", do: answers(200, unprocessedKeys), limit: test.left}
				s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					switch {
					case strings.Contains(body(t, r), example.ID()):
						return leaves.disturb(function, operation, r, next)
					case operation == test.hanging, operation == "SQS.ChangeMessageVisibility":
						return hangs(r, next)
					default:
						return next.RoundTrip(r)
					}
				}, t.Output())
				event := stored(t, s, 1, messages)
				last := map[string]string{"ApproximateReceiveCount": "5"}
				event.Records = append(event.Records, events.SQSMessage{MessageId: "last", Body: message(store(t, s, example)), Attributes: last})
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				response, err := newHandler(t, s).Handle(ctx, event)
				if ctx.Err() != nil || err != nil || len(response.BatchItemFailures) != messages {
					t.Errorf("%v, %v; %d messages given back, want all but the last receive", ctx.Err(), err, len(response.BatchItemFailures))
				}
				if got := get(t, s, example.ID()).Status(); got != test.want {
					t.Errorf("the item is %s, want %s", got, test.want)
				}
				if letters := len(s.DeadLetters(t)); (letters == 1) != (test.want == item.Failed) {
					t.Errorf("%d dead letters", letters)
				}
			})
		})
	}
}

func TestAWriteThatAnotherConsumerWonIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		newer := item.Prediction{Target: "newer", Probability: 1, ModelVersion: "2999-01-01.01", ClassifiedAt: "then"}
		var s *stacktest.Stack
		f := &fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if err := s.Table.WritePrediction(t.Context(), example.ID(), newer); err != nil {
				t.Error(err)
			}
			return next.RoundTrip(r)
		}}
		s = stacktest.Start(t, nil, f.disturb)
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(time.Second)
		if got := *get(t, s, id).Prediction; got != newer {
			t.Errorf("the item is classified as %v, want %v", got, newer)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

func TestAFailureIsNotWrittenOverANewerClassification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
		s := stacktest.Start(t, nil, f.disturb)
		id := store(t, s, example)
		newer := item.Prediction{Target: "newer", Probability: 1, ModelVersion: "2999-01-01.01", ClassifiedAt: "then"}
		if err := s.Table.WritePrediction(t.Context(), id, newer); err != nil {
			t.Fatal(err)
		}
		s.Send(t, message(id))
		stacktest.Wait(time.Hour)
		if got := get(t, s, id).Status(); got != item.Classified {
			t.Errorf("the item is %s", got)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

// One that has waited past its visibility timeout, say: found by the simulation.
func TestAMessageThatIsTwiceInABatchIsOverWhenEitherIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
		s := stacktest.Start(t, nil, f.disturb)
		body := message(store(t, s, example))
		var event events.SQSEvent
		for _, receive := range []string{"4", "5"} {
			count := map[string]string{"ApproximateReceiveCount": receive}
			event.Records = append(event.Records, events.SQSMessage{MessageId: "late", Body: body, Attributes: count})
		}
		response, err := newHandler(t, s).Handle(t.Context(), event)
		if letters := s.DeadLetters(t); err != nil || len(response.BatchItemFailures) != 0 || len(letters) != 1 {
			t.Errorf("%v; %d messages given back, %d dead letters, want 0 and 1", err, len(response.BatchItemFailures), len(letters))
		}
	})
}
