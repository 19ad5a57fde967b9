package enricher_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// DynamoDB throttles both statements. The time ends while the enricher waits to repeat them, or the call that repeats them hangs.
func TestAThrottledStatementIsNoLackOfTime(t *testing.T) {
	for name, left := range map[string]time.Duration{"while it waits": time.Millisecond, "while a call repeats it": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) { throttlesAStatement(t, left) })
	}
}

func throttlesAStatement(t *testing.T, left time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		var mu sync.Mutex
		var delays []string
		s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch operation {
			case batchWrite:
				if calls++; calls > 1 {
					return hangs(r, next)
				}
				return answersStatements("ThrottlingError", "")(r, next)
			case "SQS.ChangeMessageVisibility":
				mu.Lock()
				defer mu.Unlock()
				delays = append(delays, body(t, r))
			}
			return next.RoundTrip(r)
		}, t.Output())
		_, event := storedIDs(t, s, 0, 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second+enricher.GiveUpTime+left)
		defer cancel()
		if _, err := newHandler(t, s).Handle(ctx, event); err != nil {
			t.Fatal(err)
		}
		if len(delays) != 2 || strings.Contains(strings.Join(delays, ""), `"VisibilityTimeout":0`) {
			t.Errorf("given back: %v; want a delay for both", delays)
		}
	})
}

// The table leaves a key unprocessed, and is throttled or too slow when the key is read again.
func TestTheReasonIsTheLastAnswerToAReadAndNotALackOfTime(t *testing.T) {
	for want, then := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"table left keys unprocessed": hangs, "ThrottlingException": throttles,
	} {
		synctest.Test(t, func(t *testing.T) { tellsWhyAKeyIsNotRead(t, then, want) })
	}
}

func tellsWhyAKeyIsNotRead(t *testing.T, then func(*http.Request, http.RoundTripper) (*http.Response, error), want string) {
	reads := 0
	read := &fault{operation: "DynamoDB.BatchGetItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if reads++; reads > 1 {
			return then(r, next)
		}
		return answers(200, unprocessedKeys)(r, next)
	}}
	s := stacktest.Build(t, nil, read.disturb, t.Output())
	event := events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "m", ReceiptHandle: "m", Body: message(store(t, s, example)), Attributes: map[string]string{"ApproximateReceiveCount": "5"},
	}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second+enricher.GiveUpTime+900*time.Millisecond) // a read with all its attempts may take 600 ms
	defer cancel()
	if _, err := newHandler(t, s).Handle(ctx, event); err != nil {
		t.Fatal(err)
	}
	if _, why := deadLetter(t, s); why["failure_reason"] != want {
		t.Errorf("the dead letter says %q, want %q", why["failure_reason"], want)
	}
}

// The first item's write is throttled at once. The other's hangs until the time to classify is over.
func TestAWriteThatFailedSaysWhyAlsoIfTheTimeEndsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch text := body(t, r); {
			case !strings.Contains(text, ":probability"): // a mark
				return next.RoundTrip(r)
			case strings.Contains(text, sample.Nth(0).ID()):
				return throttles(r, next)
			}
			return hangs(r, next)
		}}).disturb, t.Output())
		_, event := storedIDs(t, s, 0, 2)
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if out, err := newHandler(t, s).Handle(ctx, event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; given back %v", err, out.BatchItemFailures)
		}
		var reasons []string
		for _, letter := range s.DeadLetters(t) {
			reasons = append(reasons, aws.ToString(letter.MessageAttributes["failure_reason"].StringValue))
		}
		slices.Sort(reasons)
		if want := []string{"ThrottlingException", "deadline near"}; !slices.Equal(reasons, want) {
			t.Errorf("the dead letters say %q, want %q", reasons, want)
		}
	})
}
