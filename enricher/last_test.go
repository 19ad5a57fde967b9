package enricher_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
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

// giveBacksHang lets reads be throttled, and nothing be given back.
func giveBacksHang(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	switch operation {
	case "SQS.ChangeMessageVisibility":
		return hangs(r, next)
	case "DynamoDB.BatchGetItem":
		return throttles(r, next)
	}
	return next.RoundTrip(r)
}

// receive is the nth message of a batch, at its first receive or at its last.
func receive(n int, body string, last bool) events.SQSMessage {
	count := map[bool]string{true: "5", false: "1"}[last]
	return events.SQSMessage{
		MessageId: fmt.Sprint(n), ReceiptHandle: fmt.Sprint(n), Body: body, Attributes: map[string]string{"ApproximateReceiveCount": count},
	}
}

// wantDeadLetters deals with a batch as its time to classify is over, and wants so many dead letters.
func wantDeadLetters(t *testing.T, s *stacktest.Stack, event events.SQSEvent, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second+enricher.GiveUpTime)
	defer cancel()
	out, err := newHandler(t, s).Handle(ctx, event)
	letters, back := s.Backlog(t, "EnrichDeadLetterQueue").Visible, len(out.BatchItemFailures)
	if err != nil || letters != want || back != len(event.Records)-want {
		t.Errorf("%v; %d given back and %d dead letters, want %d of %d", err, back, letters, want, len(event.Records))
	}
}

// Somebody has posted one item a hundred times. Ten of its messages are at their last receive.
func TestOfTheMessagesOfOneItemThoseAtTheirLastReceiveGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, giveBacksHang, t.Output())
		var event events.SQSEvent
		for i := range 100 {
			event.Records = append(event.Records, receive(i, message(sample.Nth(0).ID()), i >= 90))
		}
		wantDeadLetters(t, s, event, 10)
	})
}

// Fifty items were posted twice each. One message of each is at its last receive, and giving the others back hangs.
func TestOfTheMessagesOfManyItemsThoseAtTheirLastReceiveGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, giveBacksHang, t.Output())
		var event events.SQSEvent
		for i := range 100 {
			event.Records = append(event.Records, receive(i, message(sample.Nth(i%50).ID()), i < 50))
		}
		wantDeadLetters(t, s, event, 50)
	})
}

// Ninety messages that name no item come for the first time, ten for the last. A dead letter takes 900 ms.
func TestOfMessagesThatNameNoItemThoseAtTheirLastReceiveGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "SQS.SendMessage" {
				time.Sleep(900 * time.Millisecond)
			}
			return next.RoundTrip(r)
		}, t.Output())
		var event events.SQSEvent
		for i := range 100 {
			event.Records = append(event.Records, receive(i, fmt.Sprint("hello ", i), i >= 90))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second+enricher.GiveUpTime)
		defer cancel()
		out, err := newHandler(t, s).Handle(ctx, event)
		if err != nil {
			t.Fatal(err)
		}
		for _, failed := range out.BatchItemFailures {
			if n, _ := strconv.Atoi(failed.ItemIdentifier); n >= 90 {
				t.Errorf("message %d was at its last receive, and is given back", n)
			}
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
