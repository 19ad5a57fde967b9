package enricher_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/enricher"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// A message does not harm its neighbours: of a message that names no item, an item that is unusable, and two that are
// new, none waits for the calls of another.
func TestCallsThatHangDelayNoOtherMessagesOfTheirBatch(t *testing.T) {
	const read, mark, letter = "DynamoDB.BatchGetItem", "DynamoDB.UpdateItem", "SQS.SendMessage"
	for hanging, others := range map[string][]string{
		letter:     {read, mark, batchWrite},
		read:       {letter},
		mark:       {letter, batchWrite},
		batchWrite: {letter, mark},
	} {
		t.Run(hanging, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				first := map[string]time.Time{}
				s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if function != "EnricherFunction" {
						return next.RoundTrip(r)
					}
					mu.Lock()
					if _, again := first[operation]; !again {
						first[operation] = time.Now()
					}
					mu.Unlock()
					if operation == hanging {
						return hangs(r, next)
					}
					return next.RoundTrip(r)
				}, t.Output())
				_, spoiled := unusable(t, s, 1)
				spoiled.Records[0].MessageId = "unusable"
				_, event := storedIDs(t, s, 1, 2)
				event.Records = append(event.Records, spoiled.Records[0], events.SQSMessage{MessageId: "none", ReceiptHandle: "none", Body: "hello"})
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				start := time.Now()
				if _, err := newHandler(t, s).Handle(ctx, event); err != nil {
					t.Fatal(err)
				}
				for _, operation := range others {
					if at, called := first[operation]; !called || !at.Equal(start) {
						t.Errorf("%s was called: %v, after %s; want it at once", operation, called, at.Sub(start))
					}
				}
			})
		})
	}
}

// When there is no time to read and to classify, there still is time to give a message up that names no item.
func TestAMessageThatNamesNoItemIsDeadLetteredNearTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		event := stored(t, s, 1, 1)
		event.Records = append(event.Records, events.SQSMessage{MessageId: "none", ReceiptHandle: "none", Body: "hello"})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // of which the last 8.2 are for giving up
		defer cancel()
		out, err := newHandler(t, s).Handle(ctx, event)
		if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "0" {
			t.Errorf("%v; given back %v, want the item's message alone", err, out.BatchItemFailures)
		}
		if m, why := deadLetter(t, s); *m.Body != "hello" || why["failure_code"] != "MalformedMessage" {
			t.Errorf("the dead letter is %s with %v", *m.Body, why)
		}
	})
}

// Ten calls are under way at once, whether the messages name ten items or one.
func TestMessagesOfOneItemAreSettledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "SQS.SendMessage", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			<-time.After(500 * time.Millisecond)
			return next.RoundTrip(r)
		}}).disturb, t.Output())
		_, event := unusable(t, s, 1)
		for i := range 9 {
			again := second(event, "1")
			again.MessageId = fmt.Sprint("again ", i)
			event.Records = append(event.Records, again)
		}
		start := time.Now()
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if took := time.Since(start); err != nil || len(out.BatchItemFailures) > 0 || took != 500*time.Millisecond {
			t.Errorf("%v; given back %v; took %s, want the time of one call", err, out.BatchItemFailures, took)
		}
	})
}

// Each mark gets an answer, so none looks as if the table hung. But a hundred of them take longer than there is time. Half
// of the time is for the dead letters: after 3.6 s, which is enough for three times ten marks and their letters, none is made.
func TestASlowTableLeavesTimeForTheDeadLetters(t *testing.T) {
	for name, test := range map[string]struct {
		do     func(*http.Request, http.RoundTripper) (*http.Response, error)
		marked int
	}{
		"that refuses marks": {answers(400, `{"__type":"x#AccessDeniedException"}`), 0},
		"that takes marks":   {func(r *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(r) }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					switch operation {
					case "DynamoDB.UpdateItem":
						time.Sleep(900 * time.Millisecond)
						return test.do(r, next)
					case "SQS.SendMessage":
						time.Sleep(300 * time.Millisecond)
					}
					return next.RoundTrip(r)
				}, t.Output())
				ids, event := storedIDs(t, s, 0, 100)
				for i := range event.Records {
					event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
				}
				wantDeadLetters(t, s, event, len(ids))
				failed := slices.DeleteFunc(ids, func(id string) bool { return get(t, s, id).Status() != item.Failed })
				if len(failed) != test.marked {
					t.Errorf("%d items are marked, want %d", len(failed), test.marked)
				}
			})
		})
	}
}

// Messages that are to be given up come back by themselves, too, when no time is left. On a slow processor many calls
// and lines would take longer than the second that is left.
func TestWithoutTimeLeftMessagesThatAreGivenUpComeBackByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages, timeout = 1000, 30 * time.Second
		s := stacktest.Build(t, nil, (&fault{operation: "SQS.SendMessage", do: hangs}).disturb, t.Output())
		var log bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		var event events.SQSEvent
		for i := range messages {
			event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i), Body: "hello"})
		}
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		response, err := h.Handle(ctx, event)
		if err != nil || len(response.BatchItemFailures) != messages {
			t.Errorf("%v; %d of %d messages given back", err, len(response.BatchItemFailures), messages)
		}
		if lines := strings.Count(log.String(), "message not dead-lettered"); lines == 0 || lines > messages/2 {
			t.Errorf("%d messages have a line, want only those for which there was time", lines)
		}
	})
}

// The table takes marks, and then hangs. A mark that is under way when half of the time is over is given up: its three
// attempts would leave no time for the dead letters of the others.
func TestAMarkThatHangsEndsWhenHalfOfTheTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch operation {
			case "DynamoDB.UpdateItem":
				if time.Since(start) > 2*time.Second {
					return hangs(r, next)
				}
				time.Sleep(900 * time.Millisecond)
			case "SQS.SendMessage":
				time.Sleep(300 * time.Millisecond)
			}
			return next.RoundTrip(r)
		}, t.Output())
		_, event := storedIDs(t, s, 0, 100)
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		start = time.Now()
		wantDeadLetters(t, s, event, 100)
	})
}
