package enricher

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/panics"
	"simple-sam-demo/shared/telemetry"
)

// A receive count that cannot be true must not make a message's first receive its last.
func TestAMessageWithoutAReceiveCountIsReceivedForTheFirstTime(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "2": 2, "1000": 1000, "": 1, "0": 1, "-1": 1, "many": 1, "99999999999999999999": 1} {
		message := events.SQSMessage{Attributes: map[string]string{"ApproximateReceiveCount": text}}
		if got := newDelivery(message).receiveCount; got != want {
			t.Errorf("%q is receive %d, want %d", text, got, want)
		}
	}
}

// SentTimestamp is in milliseconds since 1970.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func TestAMessageWithoutATimeOrFromTheFutureIsSentNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now() // 2000-01-01T00:00:00Z
		for text, want := range map[string]time.Time{
			"946684799999": now.Add(-time.Millisecond), "946684800001": now, "": now, "then": now, "99999999999999999999": now,
		} {
			message := events.SQSMessage{Attributes: map[string]string{"SentTimestamp": text}}
			if got := newDelivery(message).sent; !got.Equal(want) {
				t.Errorf("%q is sent at %s, want %s", text, got, want)
			}
		}
	})
}

// After a panic some messages of the batch were not looked at. None of these may be deleted.
func TestAMessageThatWasNotLookedAtComesBack(t *testing.T) {
	event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "done"}, {MessageId: "retried"}, {MessageId: "next"}, {MessageId: "last"}}}
	b := &batch{deliveries: []*delivery{{fate: done}, {fate: retry}}}
	want := []events.SQSBatchItemFailure{{ItemIdentifier: "retried"}, {ItemIdentifier: "next"}, {ItemIdentifier: "last"}}
	if diff := cmp.Diff(want, b.response(event).BatchItemFailures); diff != "" {
		t.Errorf("batch item failures (-want +got):\n%s", diff)
	}
}

// A panic that no message caused is no error of the function, which would be counted as a crash. All messages come back.
func TestAPanicBesideTheMessagesBringsAllOfThemBack(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	h := &Handler{log: log, meter: telemetry.NewMeter(os.Getenv, log)} // without a classifier
	out, err := h.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a"}, {MessageId: "b"}}})
	want := []events.SQSBatchItemFailure{{ItemIdentifier: "a"}, {ItemIdentifier: "b"}}
	if diff := cmp.Diff(want, out.BatchItemFailures); err != nil || diff != "" {
		t.Errorf("%v; batch item failures (-want +got):\n%s", err, diff)
	}
}

// It takes no call. If it were not acknowledged, it would be received, read and counted once more.
func TestTheMessageOfAClassifiedItemIsDoneAlsoWhenNoTimeIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &delivery{receiveCount: 1}
	h := &Handler{log: slog.New(slog.DiscardHandler), maxReceiveCount: 5} // without a queue: a call would panic
	h.settle(ctx, &batch{}, []*task{{id: "a", deliveries: []*delivery{d}, finding: finding{kind: upToDate}}})
	if d.fate != done {
		t.Errorf("its fate is %d, want %d", d.fate, done)
	}
}

// It is the item's doing, perhaps: to be received at once would not help.
func TestAPanicIsNoLackOfTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := failed(ctx, time.Now(), panics.Catch(func() { panic("poisoned") })); got.kind != callFailed || got.cause != "the enricher panicked" {
		t.Errorf("found %+v, want a panic", got)
	}
}
