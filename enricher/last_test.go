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

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// lastForItsAge are the attributes of a message that SQS would delete before it comes back.
func lastForItsAge(receiveCount string) map[string]string {
	sent := time.Now().Add(-95*time.Hour - 30*time.Minute)
	return map[string]string{"ApproximateReceiveCount": receiveCount, "SentTimestamp": fmt.Sprint(sent.UnixMilli())}
}

// hangsFor hangs in writes about an item, or in those about any other.
func hangsFor(t *testing.T, id string, others bool) stacktest.Fault {
	return func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		isWrite := function == "EnricherFunction" && (operation == batchWrite || operation == "DynamoDB.UpdateItem")
		if isWrite && strings.Contains(body(t, r), id) != others {
			return hangs(r, next)
		}
		return next.RoundTrip(r)
	}
}

func TestAnItemAtItsLastReceiveForItsAgeIsNotGivenUpForItsNeighbour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, hangsFor(t, sample.Nth(0).ID(), false), t.Output())
		ids, event := storedIDs(t, s, 0, 25)
		for i := range event.Records {
			event.Records[i].Attributes = lastForItsAge("1")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := newHandler(t, s).Handle(ctx, event); err != nil {
			t.Fatal(err)
		}
		deadLetter(t, s) // the only one
		wantAll(t, s, ids[1:], item.Classified)
	})
}

// The others have a receive left, and hang.
func TestAnItemAtItsLastReceiveForItsAgeGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, hangsFor(t, sample.Nth(99).ID(), true), t.Output())
		ids, event := storedIDs(t, s, 0, 100)
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "4"}
		}
		event.Records[99].Attributes = lastForItsAge("3")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a worker's BatchTimeout may be 20
		defer cancel()
		if _, err := newHandler(t, s).Handle(ctx, event); err != nil {
			t.Fatal(err)
		}
		wantAll(t, s, ids[99:], item.Classified)
	})
}

// Somebody has posted one item a hundred times. Ten of its messages are at their last receive, and giving the others back
// hangs.
func TestOfTheMessagesOfOneItemThoseAtTheirLastReceiveGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch operation {
			case "SQS.ChangeMessageVisibility":
				return hangs(r, next)
			case "DynamoDB.BatchGetItem":
				return throttles(r, next)
			}
			return next.RoundTrip(r)
		}, t.Output())
		var event events.SQSEvent
		for i := range 100 {
			count := map[bool]string{true: "5", false: "1"}[i >= 90]
			event.Records = append(event.Records, events.SQSMessage{
				MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i), Body: message(sample.Nth(0).ID()), Attributes: map[string]string{"ApproximateReceiveCount": count},
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second+enricher.GiveUpTime)
		defer cancel()
		out, err := newHandler(t, s).Handle(ctx, event)
		if letters := len(s.DeadLetters(t)); err != nil || letters != 10 || len(out.BatchItemFailures) != 90 {
			t.Errorf("%v; %d given back and %d dead letters, want 90 and 10", err, len(out.BatchItemFailures), letters)
		}
	})
}

// The read of the first item panics, and the table takes 300 ms for each call.
func TestAPanicAsOneItemIsReadLeavesTimeForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := panics("DynamoDB.BatchGetItem", sample.Nth(0).ID(), "")
		s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if function == "EnricherFunction" && strings.HasPrefix(operation, "DynamoDB.") {
				time.Sleep(300 * time.Millisecond)
			}
			return panics(function, operation, r, next)
		}, t.Output())
		ids, event := storedIDs(t, s, 0, 100)
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := newHandler(t, s).Handle(ctx, event); err != nil {
			t.Fatal(err)
		}
		deadLetter(t, s) // the only one
		wantAll(t, s, ids[1:], item.Classified)
	})
}
