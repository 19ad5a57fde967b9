package enricher_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// received is a batch of messages for items that are stored, at their nth receive.
func received(t *testing.T, s *stacktest.Stack, receive, n int) (event events.SQSEvent) {
	t.Helper()
	_, event = storedIDs(t, s, 0, n)
	for i := range event.Records {
		event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": fmt.Sprint(receive)}
	}
	return event
}

// A call has three attempts, see awsclient. To ask for each item alone would be thirty more.
func TestAReadThatFailsIsNotRepeatedItemByItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: throttles}).disturb, t.Output())
		out, err := newHandler(t, s).Handle(t.Context(), received(t, s, 1, 10))
		if n := s.Calls("EnricherFunction", "DynamoDB.BatchGetItem"); err != nil || len(out.BatchItemFailures) != 10 || n != 3 {
			t.Errorf("%v; %d messages given back after %d attempts, want 10 after 3", err, len(out.BatchItemFailures), n)
		}
	})
}

func TestAReadThatPanicsIsRepeatedItemByItem(t *testing.T) {
	for poisoned := range 3 {
		t.Run(fmt.Sprint("because of item ", poisoned), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, panics("DynamoDB.BatchGetItem", sample.Nth(poisoned).ID(), ""), t.Output())
				defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
				event := received(t, s, 1, 3)
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != event.Records[poisoned].MessageId {
					t.Errorf("%v; given back %v, want message %d of three", err, out.BatchItemFailures, poisoned)
				}
				for n := range 3 {
					if got := get(t, s, sample.Nth(n).ID()).Status(); n != poisoned && got != item.Classified {
						t.Errorf("item %d is %s", n, got)
					}
				}
			})
		})
	}
}

// DynamoDB may be too busy to read all keys of a call. That says nothing about the items.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
func TestAKeyThatIsLeftUnprocessedIsNoMissingItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: answers(200, unprocessedKeys)}).disturb, t.Output())
		sent := fmt.Sprint(time.Now().Add(-time.Hour).UnixMilli()) // no writer could store a missing item now
		event := events.SQSEvent{Records: []events.SQSMessage{{
			MessageId: "m", ReceiptHandle: "h", Body: message(store(t, s, example)), Attributes: map[string]string{"SentTimestamp": sent},
		}}}
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != 1 {
			t.Errorf("%v; given back %v, want the message", err, out.BatchItemFailures)
		}
	})
}

// People look for the reason on the dead letters: each has its own, also if one call failed for all of them.
func TestEveryMessageSaysWhyItWasGivenUp(t *testing.T) {
	for want, do := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"ThrottlingException":         throttles,
		"timed out":                   hangs,
		"table left keys unprocessed": answers(200, unprocessedKeys),
		"item not found":              answers(200, `{"Responses":{},"UnprocessedKeys":{}}`),
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: do}).disturb, t.Output())
				event := received(t, s, 5, 2)
				if want == "table left keys unprocessed" {
					event.Records = []events.SQSMessage{{MessageId: "m", Body: message(example.ID()), Attributes: event.Records[0].Attributes}}
				}
				if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
					t.Errorf("%v; given back %v", err, out.BatchItemFailures)
				}
				var reasons []string
				for _, letter := range s.DeadLetters(t) {
					reasons = append(reasons, aws.ToString(letter.MessageAttributes["failure_reason"].StringValue))
				}
				if !slices.Equal(reasons, slices.Repeat([]string{want}, len(event.Records))) {
					t.Errorf("the dead letters say %q, want %q on each of %d", reasons, want, len(event.Records))
				}
			})
		})
	}
}

// A message that SQS will delete within the hour is given up, also if the enricher had no time for its item, or panicked.
func TestAnOldMessageIsGivenUpWhateverHindersItsRead(t *testing.T) {
	for name, test := range map[string]struct {
		fault stacktest.Fault
		left  time.Duration // until the deadline
		want  string
	}{
		"the deadline": {nil, 5 * time.Second, "deadline near"}, // no time to read
		"a panic":      {panics("DynamoDB.BatchGetItem", "", ""), 30 * time.Second, "the enricher panicked"},
		"a throttle":   {(&fault{operation: "DynamoDB.BatchGetItem", do: throttles}).disturb, 30 * time.Second, "ThrottlingException"},
	} {
		for age, givenBack := range map[time.Duration]int{94 * time.Hour: 1, 95 * time.Hour: 0} { // of 96 hours
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := stacktest.Build(t, nil, test.fault, t.Output())
					defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
					sent := map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-age).UnixMilli())}
					event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(store(t, s, example)), Attributes: sent}}}
					ctx, cancel := context.WithTimeout(t.Context(), test.left)
					defer cancel()
					out, err := newHandler(t, s).Handle(ctx, event)
					if err != nil || len(out.BatchItemFailures) != givenBack {
						t.Errorf("after %s: %v; given back %v, want %d", age, err, out.BatchItemFailures, givenBack)
					}
					if givenBack > 0 {
						s.WantEmpty(t, "EnrichDeadLetterQueue")
					} else if _, why := deadLetter(t, s); why["failure_reason"] != test.want {
						t.Errorf("the dead letter says %v, want %s", why, test.want)
					}
				})
			})
		}
	}
}

// A message is as old as when the read of its item began: one that would come back in time does so, however long the
// calls of this receive hang.
func TestCallsThatHangDoNotMakeAMessageOlder(t *testing.T) {
	for _, operation := range []string{"DynamoDB.BatchGetItem", "DynamoDB.UpdateItem"} {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, (&fault{operation: operation, do: hangs}).disturb, t.Output())
				// At most two seconds later it would be received again, a second before it is too old. Three attempts take longer.
				sent := map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-95*time.Hour + 3*time.Second).UnixMilli())}
				event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(store(t, s, example)), Attributes: sent}}}
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) != 1 {
					t.Errorf("%v; given back %v, want the message", err, out.BatchItemFailures)
				}
				s.WantEmpty(t, "EnrichDeadLetterQueue")
			})
		})
	}
}
