package sqs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

func TestAReceivedMessageStaysHiddenForItsVisibilityTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		settings settings
		request  int32 // the visibility timeout in the request, in seconds
		want     time.Duration
	}{
		"of 30 seconds unless told otherwise": {nil, 0, 30 * time.Second},
		"of the queue":                        {settings{"VisibilityTimeout": "120"}, 0, 2 * time.Minute},
		"of the request":                      {settings{"VisibilityTimeout": "120"}, 7, 7 * time.Second},
		"of twelve hours":                     {settings{"VisibilityTimeout": "43200"}, 0, 12 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, test.settings, func(t *testing.T, q *queue) {
				id := q.send("hello")
				q.receiveOne(func(in *sqs.ReceiveMessageInput) { in.VisibilityTimeout = test.request })
				wait(test.want - time.Millisecond)
				q.wantNone()
				wait(time.Millisecond)
				if again := q.receiveOne(); *again.MessageId != id || *again.Body != "hello" {
					t.Errorf("received %s %q, want %s again", *again.MessageId, *again.Body, id)
				}
			})
		})
	}
}

func TestEveryReceiveCounts(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		sent := time.Now()
		q.send("hello")
		wait(5 * time.Second)
		first := time.Now()
		for _, want := range []string{"1", "2", "3"} {
			got := q.receiveOne().Attributes
			if diff := cmp.Diff(map[string]string{
				"SenderId":                         "000000000000",
				"SentTimestamp":                    milliseconds(sent),
				"ApproximateFirstReceiveTimestamp": milliseconds(first),
				"ApproximateReceiveCount":          want,
			}, got); diff != "" {
				t.Errorf("receive %s (-want +got):\n%s", want, diff)
			}
			wait(time.Minute)
		}
	})
}

func TestChangeMessageVisibilityCountsFromNow(t *testing.T) {
	const after = 10 * time.Second // while the queue's 30 seconds run
	for name, timeout := range map[string]time.Duration{
		"given back": 0,
		"shortened":  5 * time.Second,
		"extended":   time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				q.send("hello")
				m := q.receiveOne()
				wait(after)
				q.changeVisibility(m, timeout)
				if timeout > 0 {
					wait(timeout - time.Millisecond)
					q.wantNone()
					wait(time.Millisecond)
				}
				if again := q.receiveOne(); again.Attributes["ApproximateReceiveCount"] != "2" {
					t.Errorf("receive count %s, want 2", again.Attributes["ApproximateReceiveCount"])
				}
			})
		})
	}
}

// The limit of 12 hours counts from the ReceiveMessage request. A longer visibility timeout does not
// start it again.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
func TestVisibilityCanNotBeExtendedPastTwelveHoursAfterTheReceive(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		q.send("hello")
		m := q.receiveOne()
		wait(10 * time.Second)
		wantError(t, q.tryChangeVisibility(m, 12*time.Hour), "InvalidParameterValue", "beyond the limit [43200 seconds]")
		q.changeVisibility(m, 12*time.Hour-10*time.Second)
		q.wantNone()
	})
}

// receiptHandles are the states of a receipt handle, and the answers to a call with it.
var receiptHandles = map[string]struct {
	handle       func(q *queue) types.Message
	deleteCode   string
	deletes      bool
	changingCode string
}{
	"of a message in flight": {
		handle:  func(q *queue) types.Message { return q.receiveOne() },
		deletes: true,
	},
	// A slow consumer may have done its work nevertheless.
	"of a message that is visible again": {
		handle: func(q *queue) types.Message {
			m := q.receiveOne()
			wait(30 * time.Second)
			return m
		},
		deletes: true,
	},
	// Without the most recent receipt handle, the request succeeds, but the message might
	// not be deleted.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
	"of an earlier receive": {
		handle: func(q *queue) types.Message {
			m := q.receiveOne()
			wait(30 * time.Second)
			q.receiveOne()
			return m
		},
	},
	"of a message that is deleted": {
		handle: func(q *queue) types.Message {
			m := q.receiveOne()
			q.delete(m)
			return m
		},
		deletes:      true, // the test deleted it before
		changingCode: "InvalidParameterValue",
	},
	"of another queue": {
		handle: func(q *queue) types.Message {
			other := newQueue(q.t, q.client, "Other", nil)
			other.send("hello")
			return other.receiveOne()
		},
		deleteCode:   "ReceiptHandleIsInvalid",
		changingCode: "ReceiptHandleIsInvalid",
	},
	"that is not a receipt handle": {
		handle:       func(*queue) types.Message { return types.Message{ReceiptHandle: aws.String("AQEB")} },
		deleteCode:   "ReceiptHandleIsInvalid",
		changingCode: "ReceiptHandleIsInvalid",
	},
	"that is empty": {
		handle:       func(*queue) types.Message { return types.Message{ReceiptHandle: aws.String("")} },
		deleteCode:   "MissingParameter",
		changingCode: "MissingParameter",
	},
}

func TestDeleteMessageWithAReceiptHandle(t *testing.T) {
	for name, test := range receiptHandles {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				q.send("hello")
				m := test.handle(q)
				if got := codeOf(q.tryDelete(m)); got != test.deleteCode {
					t.Errorf("error %q, want %q", got, test.deleteCode)
				}
				if deleted := q.counts() == (counts{"0", "0", "0"}); deleted != test.deletes {
					t.Errorf("the message is deleted: %v, want %v", deleted, test.deletes)
				}
			})
		})
	}
}

func TestChangeMessageVisibilityWithAReceiptHandle(t *testing.T) {
	for name, test := range receiptHandles {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				q.send("hello")
				m := test.handle(q)
				before := q.counts()
				if got := codeOf(q.tryChangeVisibility(m, time.Minute)); got != test.changingCode {
					t.Errorf("error %q, want %q", got, test.changingCode)
				}
				if after := q.counts(); after != before {
					t.Errorf("the queue counted %+v, and then %+v", before, after)
				}
			})
		})
	}
}

// AWS was seen to do so in both cases.
func TestAnyReceiptHandleOfAMessageChangesItsVisibilityWhileItIsInFlight(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		for range 5 {
			q.send("hello")
		}
		first := q.receive()
		wait(30 * time.Second)
		for _, m := range first {
			q.changeVisibility(m, time.Minute)
		}
		q.wantCounts("5", "0", "0") // still visible
		q.receive()
		q.changeVisibility(first[0], 0)
		q.wantCounts("1", "4", "0")
		if got := q.receiveOne().Attributes["ApproximateReceiveCount"]; got != "3" {
			t.Errorf("receive count %s, want 3", got)
		}
	})
}

func TestAReceiptHandleOfADeletedQueueIsNotValidInANewQueueOfThatName(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		q.send("old")
		m := q.receiveOne()
		if _, err := q.client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url}); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute) // until then SQS refuses to create a queue with the name
		again := newQueue(t, q.client, "Orders", nil)
		again.send("new")
		again.receiveOne()
		again.delete(m)
		again.wantCounts("0", "1", "0")
	})
}
