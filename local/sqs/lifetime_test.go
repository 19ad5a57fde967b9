package sqs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestADelayedMessageAppearsWhenItsDelayEnds(t *testing.T) {
	for name, test := range map[string]struct {
		settings settings
		message  int32 // the message's own delay in seconds
		want     time.Duration
	}{
		"of the queue":       {settings{"DelaySeconds": "60"}, 0, time.Minute},
		"of the message":     {nil, 5, 5 * time.Second},
		"of both, the own":   {settings{"DelaySeconds": "60"}, 900, 15 * time.Minute},
		"of both, a shorter": {settings{"DelaySeconds": "60"}, 1, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, test.settings, func(t *testing.T, q *queue) {
				q.send("hello", delayed(test.message))
				wait(test.want - time.Millisecond)
				q.wantNone()
				q.wantCounts("0", "0", "1")
				wait(time.Millisecond)
				if m := q.receiveOne(); m.Attributes["ApproximateReceiveCount"] != "1" {
					t.Errorf("receive count %s, want 1", m.Attributes["ApproximateReceiveCount"])
				}
			})
		})
	}
}

// When a standard queue gets a new delay, the messages in it keep the old one.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
func TestANewDelayOfTheQueueAppliesToNewMessagesOnly(t *testing.T) {
	withQueue(t, settings{"DelaySeconds": "60"}, func(t *testing.T, q *queue) {
		q.send("old")
		if err := q.set(settings{"DelaySeconds": "0"}); err != nil {
			t.Fatal(err)
		}
		q.send("new")
		q.wantCounts("1", "0", "1")
	})
}

func TestAMessageIsGoneAtTheEndOfItsRetention(t *testing.T) {
	for name, test := range map[string]struct {
		settings settings
		want     time.Duration
	}{
		"of 4 days unless told otherwise": {nil, 4 * 24 * time.Hour},
		"of a minute":                     {settings{"MessageRetentionPeriod": "60"}, time.Minute},
		"of 14 days":                      {settings{"MessageRetentionPeriod": "1209600"}, 14 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, test.settings, func(t *testing.T, q *queue) {
				q.send("visible")
				q.send("in flight")
				m := q.receiveOne(func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 1 })
				q.send("delayed", delayed(900))
				wait(test.want - time.Second)
				if got := q.counts(); got == (counts{"0", "0", "0"}) {
					t.Error("the messages are gone too early")
				}
				wait(time.Second)
				q.wantCounts("0", "0", "0")
				q.wantNone()
				q.delete(m) // must not be an error
			})
		})
	}
}

func TestTheQueueCountsVisibleInFlightAndDelayedMessages(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		for range 3 {
			q.send("now")
		}
		q.send("later", delayed(60))
		q.wantCounts("3", "0", "1")

		two := q.receive(func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 2 })
		q.wantCounts("1", "2", "1")
		q.delete(two[0])
		q.wantCounts("1", "1", "1")
		q.changeVisibility(two[1], 0)
		q.wantCounts("2", "0", "1")

		wait(time.Minute)
		q.wantCounts("3", "0", "0")
		q.receive()
		q.wantCounts("0", "3", "0")
		wait(30 * time.Second)
		q.wantCounts("3", "0", "0")
	})
}

func TestPurgeQueueRemovesEveryMessage(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		q.send("in flight")
		m := q.receiveOne()
		q.send("visible")
		q.send("delayed", delayed(60))
		if _, err := q.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &q.url}); err != nil {
			t.Fatal(err)
		}
		q.wantCounts("0", "0", "0")
		q.delete(m)
		wait(time.Hour)
		q.wantNone()

		q.send("after")
		if got := *q.receiveOne().Body; got != "after" {
			t.Errorf("received %q, want after", got)
		}
		q.wantCounts("0", "1", "0")
	})
}

func TestAQueueIsPurgedOnceAMinute(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		purge := func() error {
			_, err := q.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &q.url})
			return err
		}
		if err := purge(); err != nil {
			t.Fatal(err)
		}
		q.send("later")
		wait(59 * time.Second)
		if err := purge(); !is[*types.PurgeQueueInProgress](err) {
			t.Errorf("got %v, want PurgeQueueInProgress", err)
		}
		q.wantCounts("1", "0", "0")
		wait(time.Second)
		if err := purge(); err != nil {
			t.Error(err)
		}
		q.wantCounts("0", "0", "0")
	})
}
