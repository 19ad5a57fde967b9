package enricher_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// second returns a second message of an event's first item, with a receive count.
func second(event events.SQSEvent, receiveCount string) events.SQSMessage {
	again := event.Records[0]
	again.MessageId, again.ReceiptHandle = "second", "second"
	again.Attributes = map[string]string{"ApproximateReceiveCount": receiveCount}
	return again
}

func TestAnItemIsWrittenAloneWhicheverOfItsMessagesComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		ids, event := storedIDs(t, s, 0, 3)
		event.Records = append(event.Records, second(event, "2"))
		if _, err := newHandler(t, s).Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		wantAll(t, s, ids, item.Classified)
		if alone, together := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"), s.Calls("EnricherFunction", batchWrite); alone != 1 || together != 1 {
			t.Errorf("%d items were written alone and the others by %d calls, want 1 and 1", alone, together)
		}
	})
}

func TestAnItemIsMarkedAsFailedWhicheverOfItsMessagesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
		s := stacktest.Build(t, nil, f.disturb, t.Output())
		ids, event := storedIDs(t, s, 0, 1)
		event.Records = append(event.Records, second(event, "5")) // the last receive
		answer, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(answer.BatchItemFailures) != 1 || answer.BatchItemFailures[0].ItemIdentifier != "0" {
			t.Errorf("answered %v, %v, want the first message to be retried", answer, err)
		}
		wantAll(t, s, ids, item.Failed)
	})
}

// SQS would delete the second message by its age before it comes back, and the first was received more often.
func TestAnItemIsMarkedAsFailedForAMessageThatIsGivenUpForItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
		s := stacktest.Build(t, nil, f.disturb, t.Output())
		ids, event := storedIDs(t, s, 0, 1)
		event.Records[0].Attributes = map[string]string{"ApproximateReceiveCount": "2"}
		old := second(event, "1")
		old.Attributes["SentTimestamp"] = fmt.Sprint(time.Now().Add(-95 * time.Hour).UnixMilli())
		event.Records = append(event.Records, old)
		answer, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(answer.BatchItemFailures) != 1 || answer.BatchItemFailures[0].ItemIdentifier != "0" {
			t.Errorf("answered %v, %v, want the first message to be retried", answer, err)
		}
		_, why := deadLetter(t, s)
		if failure := get(t, s, ids[0]).Failure; failure == nil || failure.FailedAt != why["failed_at"] {
			t.Errorf("the item has the failure %+v, and the dead letter says %v", failure, why)
		}
	})
}

func TestAMarkThatHangsConcernsItsBatchAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hanging atomic.Bool
		f := &fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if hanging.Load() {
				return hangs(r, next)
			}
			return next.RoundTrip(r)
		}}
		s := stacktest.Build(t, nil, f.disturb, t.Output())
		id, h := spoil(t, s, tooSmall), newHandler(t, s)
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(id)}}}
		for _, hangs := range []bool{true, false} {
			hanging.Store(hangs)
			if _, err := h.Handle(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			want := item.Failed
			if hangs {
				want = item.Pending
			}
			wantAll(t, s, []string{id}, want)
		}
	})
}

// An artifact that is uploaded again has another tag, and is the same.
func TestTheModelThatServesIsNoRefusedOneWhenItIsUploadedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		b.put(artifact(t, v2))
		wantNextVersion(t, s, v2)
		b.put(artifact(t, v2))
		wantNextVersion(t, s, v2)
		if refused := s.Sums("EnricherFunction")["ModelRefused"]; refused != 0 {
			t.Errorf("%v models were refused", refused)
		}
		b.put(artifact(t, v1))
		wantNextVersion(t, s, v2)
		if refused := s.Sums("EnricherFunction")["ModelRefused"]; refused != 1 {
			t.Errorf("%v models were refused, want the older one", refused)
		}
		stacktest.Wait(time.Second)
	})
}

func TestTheModelThatServesRepairsARefusedOneWhenItIsPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		for i, test := range []struct {
			put     string
			serves  string
			refused float64 // since the start
		}{
			{"{}", v1, 1}, {artifact(t, v1), v1, 1}, // as at the start
			{artifact(t, v2), v2, 1}, {"{}", v2, 2}, {artifact(t, v2), v2, 2}, // as put later
			{"{}", v2, 3}, {"{}", v2, 3}, // the same artifact once more
		} {
			b.put(test.put)
			wantNextVersion(t, s, test.serves)
			if refused := s.Sums("EnricherFunction")["ModelRefused"]; refused != test.refused {
				t.Errorf("after upload %d: %v models were refused, want %v", i, refused, test.refused)
			}
		}
		stacktest.Wait(time.Second)
	})
}

// Two messages of an item that is not there yet: one is so old that no writer could store the item for it.
func TestAnItemIsReadAgainWhicheverOfItsMessagesIsYoung(t *testing.T) {
	for name, ages := range map[string][]time.Duration{"the first": {0, time.Hour}, "the second": {time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *stacktest.Stack
				reads := &fault{operation: "DynamoDB.BatchGetItem"}
				reads.do = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if reads.calls.Load() == 2 {
						store(t, s, example)
					}
					return next.RoundTrip(r)
				}
				s = stacktest.Build(t, nil, reads.disturb, t.Output())
				var event events.SQSEvent
				for i, age := range ages {
					sent := map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-age).UnixMilli())}
					event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i), Body: message(example.ID()), Attributes: sent})
				}
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) > 0 {
					t.Errorf("%v; given back %v", err, out.BatchItemFailures)
				}
				if n := reads.calls.Load(); n != 2 {
					t.Errorf("%d reads, want 2", n)
				}
			})
		})
	}
}

// The mark concerns the item, and a message that has its own dead letter has the same reason, of the same time.
func TestAnItemThatIsGivenUpForTwoMessagesIsMarkedOnceAndSaysTheSameAsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			<-time.After(500 * time.Millisecond)
			return next.RoundTrip(r)
		}}).disturb, t.Output())
		ids, event := unusable(t, s, 1)
		event.Records = append(event.Records, second(event, "2"))
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if n := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); err != nil || len(out.BatchItemFailures) > 0 || n != 1 {
			t.Errorf("%v; given back %v after %d marks, want one", err, out.BatchItemFailures, n)
		}
		letters := s.DeadLetters(t)
		if len(letters) != 2 {
			t.Errorf("%d dead letters, want one for each message", len(letters))
		}
		failure := get(t, s, ids[0]).Failure
		for _, letter := range letters {
			if at := *letter.MessageAttributes["failed_at"].StringValue; failure == nil || at != failure.FailedAt {
				t.Errorf("a dead letter failed at %s, and the item says %+v", at, failure)
			}
		}
	})
}

// The first message of the item can come back by itself, like those of the others. Near the deadline there is no time for
// the hundred calls that hang, but there is for what is given up.
func TestAnItemIsSettledFirstWhicheverOfItsMessagesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "SQS.ChangeMessageVisibility" || operation == batchWrite || operation == "DynamoDB.UpdateItem" {
				return hangs(r, next)
			}
			return next.RoundTrip(r)
		}, t.Output())
		event := stored(t, s, 1, 100)
		last := event.Records[99]
		last.MessageId, last.Attributes = "last", map[string]string{"ApproximateReceiveCount": "5"}
		event.Records = append(event.Records, last)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		out, err := newHandler(t, s).Handle(ctx, event)
		if letters := len(s.DeadLetters(t)); err != nil || len(out.BatchItemFailures) != 100 || letters != 1 {
			t.Errorf("%v; %d messages given back and %d dead letters, want all but the last receive", err, len(out.BatchItemFailures), letters)
		}
	})
}
