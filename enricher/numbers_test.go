package enricher_test

import (
	"context"
	"fmt"
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
)

// docs/design.md: "reads missing keys again within the invocation, a few times over some 200 ms".
func TestAMissingItemIsReadFourTimesInTwoHundredMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var start time.Time
		var at []time.Duration
		f := &fault{operation: "DynamoDB.BatchGetItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			at = append(at, time.Since(start))
			return next.RoundTrip(r)
		}}
		s := stacktest.Build(t, nil, f.disturb, t.Output())
		h := newHandler(t, s)
		sent := fmt.Sprint(time.Now().UnixMilli())
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: message(example.ID()), Attributes: map[string]string{"SentTimestamp": sent}}}}
		start = time.Now()
		if out, err := h.Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) != 1 {
			t.Errorf("%v; given back %v, want the message", err, out.BatchItemFailures)
		}
		want := []time.Duration{0, 20 * time.Millisecond, 80 * time.Millisecond, 200 * time.Millisecond}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("reads (-want +got):\n%s", diff)
		}
	})
}

// The read in 80 ms would come too late. The message is given back all the same, rather than left to its visibility timeout.
func TestAMissingItemWhoseNextReadComesTooLateIsGivenBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		h := newHandler(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 8200*time.Millisecond+50*time.Millisecond)
		defer cancel()
		start := time.Now()
		sent := fmt.Sprint(start.UnixMilli())
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: message(example.ID()), Attributes: map[string]string{"SentTimestamp": sent}}}}
		if out, err := h.Handle(ctx, event); err != nil || len(out.BatchItemFailures) != 1 {
			t.Errorf("%v; given back %v, want the message", err, out.BatchItemFailures)
		}
		if n, took := s.Calls("EnricherFunction", "SQS.ChangeMessageVisibility"), time.Since(start); n != 1 || took > 60*time.Millisecond {
			t.Errorf("after %s, %d calls have changed the visibility, want 1 after 50 ms", took, n)
		}
	})
}

// The last invocation that may store an item began when its key was sent, and ends with the writer's timeout. Ten
// seconds are for clocks that differ.
func TestAMessageIsAnOrphanTenSecondsAfterTheWritersTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		age       time.Duration
		givenBack int
	}{
		"a millisecond before": {25*time.Second - time.Millisecond, 1},
		"then":                 {25 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, nil, t.Output())
				getenv := with(environment(s.Stack), "WRITER_TIMEOUT_SECONDS", "15")
				h, err := enricher.New(getenv, s.Config.FunctionAWS("EnricherFunction"), s.Config.Log)
				if err != nil {
					t.Fatal(err)
				}
				// Rereads would take time, in which the message grows old.
				ctx, cancel := context.WithTimeout(t.Context(), time.Second+enricher.GiveUpTime+time.Nanosecond)
				defer cancel()
				sent := fmt.Sprint(time.Now().Add(-test.age).UnixMilli())
				event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: message(example.ID()), Attributes: map[string]string{"SentTimestamp": sent}}}}
				out, err := h.Handle(ctx, event)
				if err != nil || len(out.BatchItemFailures) != test.givenBack {
					t.Errorf("%v; %d messages given back, want %d", err, len(out.BatchItemFailures), test.givenBack)
				}
			})
		})
	}
}

// The writer may store the item while the answer to the last read, 200 ms after the first, is on its way.
func TestAMessageIsAsOldAsWhenTheReadOfItsItemBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fault{operation: "DynamoDB.BatchGetItem"}
		slow.do = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if slow.calls.Load() == 4 {
				time.Sleep(500 * time.Millisecond)
			}
			return response, err
		}
		s := stacktest.Build(t, nil, slow.disturb, t.Output())
		sent := fmt.Sprint(time.Now().Add(200*time.Millisecond - orphanAge + time.Millisecond).UnixMilli())
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", ReceiptHandle: "h", Body: message(example.ID()), Attributes: map[string]string{"SentTimestamp": sent}}}}
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != 1 || slow.calls.Load() != 4 {
			t.Errorf("%v; %d messages given back after %d reads, want 1 after 4", err, len(out.BatchItemFailures), slow.calls.Load())
		}
	})
}

func with(getenv func(string) string, variable, value string) func(string) string {
	return func(name string) string {
		if name == variable {
			return value
		}
		return getenv(name)
	}
}

// SQS: maxReceiveCount is 1 to 1,000, MessageRetentionPeriod 60 s to 14 days. Lambda: a timeout is 1 s to 15 minutes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
func TestTheSettingsHaveTheLimitsOfSQSAndLambda(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		for name, limits := range map[string]struct{ tooFew, least, most, tooMany string }{
			"MAX_RECEIVE_COUNT":         {"0", "1", "1000", "1001"},
			"MESSAGE_RETENTION_SECONDS": {"59", "60", "1209600", "1209601"},
			"WRITER_TIMEOUT_SECONDS":    {"0", "1", "900", "901"},
		} {
			for value, allowed := range map[string]bool{limits.tooFew: false, limits.least: true, limits.most: true, limits.tooMany: false} {
				_, err := enricher.New(with(environment(s.Stack), name, value), s.Config.FunctionAWS("EnricherFunction"), s.Config.Log)
				if (err == nil) != allowed || !allowed && !strings.Contains(err.Error(), name) {
					t.Errorf("%s=%s: %v", name, value, err)
				}
			}
		}
		for _, name := range []string{"TABLE_NAME", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "ENRICHER_ROLE_ID"} {
			_, err := enricher.New(with(environment(s.Stack), name, ""), s.Config.FunctionAWS("EnricherFunction"), s.Config.Log)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("without %s: %v", name, err)
			}
		}
	})
}

// An invocation answers a second before its deadline, and reads and classifies until GiveUpTime before that: time for
// two calls of three attempts. Each attempt takes a second, and the waits between them are 300 ms.
func TestAnInvocationClassifiesUntilThereIsTimeForTwoCalls(t *testing.T) {
	if want := 2 * (3*time.Second + 2*300*time.Millisecond); enricher.GiveUpTime != want {
		t.Errorf("GiveUpTime is %s, want %s", enricher.GiveUpTime, want)
	}
	if enricher.RetentionMargin != time.Hour || enricher.LongestBackoff != 15*time.Minute {
		t.Errorf("%s before SQS deletes a message, and %s between two receives; want 1h and 15m", enricher.RetentionMargin, enricher.LongestBackoff)
	}
	for name, test := range map[string]struct {
		left  time.Duration
		calls int
	}{
		"with a nanosecond more": {8200*time.Millisecond + time.Nanosecond, 1},
		"with no more":           {8200 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, nil, t.Output())
				id := store(t, s, sample.Nth(1))
				h := newHandler(t, s)
				ctx, cancel := context.WithTimeout(t.Context(), test.left)
				defer cancel()
				before := s.Calls("EnricherFunction", "DynamoDB.BatchGetItem")
				_, _ = h.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: message(id)}}})
				if calls := s.Calls("EnricherFunction", "DynamoDB.BatchGetItem") - before; calls != test.calls {
					t.Errorf("%d reads, want %d", calls, test.calls)
				}
			})
		})
	}
}
