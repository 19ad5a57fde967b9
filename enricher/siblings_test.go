package enricher_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/stacktest"
)

// docs/design.md: the deadline is near at its first receive, so the message is retried at once. That its item cannot be marked for the sake of
// another message, which is at its last receive, or that a newer model has marked it, is not this message's matter.
func TestAMarkThatFailsForOneMessageDoesNotChangeWhatBecomesOfAnother(t *testing.T) {
	for name, test := range map[string]struct {
		age        time.Duration
		marked     bool // by a newer model
		otherFirst bool
	}{
		"it is young": {time.Second, false, false},
		"it would be given up, if it stayed away for long":                       {95*time.Hour - 5*time.Second, false, false},
		"it is young, and a newer model has marked the item":                     {time.Second, true, false},
		"it would be given up so, and a newer model has marked the item as well": {95*time.Hour - 5*time.Second, true, false},
		"it is the first one, and a newer model has marked the item":             {time.Second, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var delays []string
				var s *stacktest.Stack
				s = stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					switch {
					case function == "EnricherFunction" && operation == "DynamoDB.UpdateItem" && test.marked:
						failByNewer(t, s, example.ID(), embedded(t).Version())
						return next.RoundTrip(r)
					case function == "EnricherFunction" && operation == "DynamoDB.UpdateItem":
						return throttles(r, next)
					case operation == "SQS.ChangeMessageVisibility":
						delays = append(delays, body(t, r))
						return answers(200, "{}")(r, next)
					default:
						return next.RoundTrip(r)
					}
				}, t.Output())
				id := store(t, s, example)
				received := func(name, count string, age time.Duration) events.SQSMessage {
					return events.SQSMessage{MessageId: name, ReceiptHandle: name, Body: message(id), Attributes: map[string]string{
						"ApproximateReceiveCount": count, "SentTimestamp": fmt.Sprint(time.Now().Add(-age).UnixMilli()),
					}}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // no time to read
				defer cancel()
				records := []events.SQSMessage{received("last", "5", time.Second), received("other", "1", test.age)}
				if test.otherFirst {
					slices.Reverse(records)
				}
				out, err := newHandler(t, s).Handle(ctx, events.SQSEvent{Records: records})
				if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "other" {
					t.Errorf("%v; given back %v, want other", err, out.BatchItemFailures)
				}
				if got := strings.Join(delays, ""); !strings.Contains(got, `"VisibilityTimeout":0`) {
					t.Errorf("given back by %q, want at once", got)
				}
				if n := len(s.DeadLetters(t)); n != 1 {
					t.Errorf("%d dead letters, want that of the last receive", n)
				}
			})
		})
	}
}

// body returns a request's body, and leaves it for the next.
func body(t *testing.T, r *http.Request) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	return string(text)
}
