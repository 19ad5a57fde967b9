package sqs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// withDeadLetters runs a test on a queue with a dead-letter queue.
func withDeadLetters(t *testing.T, maxReceiveCount string, test func(t *testing.T, q, deadLetters *queue)) {
	t.Helper()
	withQueue(t, nil, func(t *testing.T, q *queue) {
		deadLetters := newQueue(t, q.client, "DeadLetters", nil)
		q.redrivesTo(deadLetters, maxReceiveCount)
		test(t, q, deadLetters)
	})
}

// receiveTimes receives a message n times. Each time it waits until the message is visible again.
func (q *queue) receiveTimes(n int) (last types.Message) {
	q.t.Helper()
	for range n {
		last = q.receiveOne()
		wait(30 * time.Second)
	}
	return last
}

// A message moves when one more receive would make its receive count larger than the maxReceiveCount.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func TestAMessageMovesAtTheFirstReceiveAfterMaxReceiveCountReceives(t *testing.T) {
	for name, test := range map[string]struct {
		maxReceiveCount string
		receives        int
	}{
		"1":                        {"1", 1},
		"5":                        {"5", 5},
		"3, as a string":           {`"3"`, 3},
		"1000, the most there can": {"1000", 1000},
	} {
		t.Run(name, func(t *testing.T) {
			withDeadLetters(t, test.maxReceiveCount, func(t *testing.T, q, deadLetters *queue) {
				q.send("poison")
				q.receiveTimes(test.receives)
				// The end of the visibility timeout alone moves nothing.
				wait(time.Hour)
				q.wantCounts("1", "0", "0")
				deadLetters.wantCounts("0", "0", "0")

				q.wantNone()
				q.wantCounts("0", "0", "0")
				deadLetters.wantCounts("1", "0", "0")
			})
		})
	}
}

func TestAMessageKeepsItsIDAndContentInTheDeadLetterQueue(t *testing.T) {
	withDeadLetters(t, "2", func(t *testing.T, q, deadLetters *queue) {
		q.send("poison", func(in *sqs.SendMessageInput) {
			in.MessageAttributes = map[string]types.MessageAttributeValue{
				"colour": stringAttribute("red"),
				"raw":    {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
			}
			in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
				"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-5759e988-bd862e3fe1be46a994272793")},
			}
		})
		want := q.receiveTimes(2)
		q.wantNone()
		wait(time.Minute)
		got := deadLetters.receiveOne()
		if got.Attributes["DeadLetterQueueSourceArn"] != q.arn {
			t.Errorf("DeadLetterQueueSourceArn is %q, want %q", got.Attributes["DeadLetterQueueSourceArn"], q.arn)
		}
		ownToAReceive := cmp.Options{
			cmpopts.IgnoreFields(types.Message{}, "ReceiptHandle"),
			cmpopts.IgnoreMapEntries(func(name, _ string) bool {
				return name == "ApproximateReceiveCount" || name == "DeadLetterQueueSourceArn"
			}),
			cmpopts.IgnoreUnexported(types.Message{}, types.MessageAttributeValue{}),
		}
		if diff := cmp.Diff(want, got, ownToAReceive); diff != "" {
			t.Errorf("the message changed when it moved (-before +after):\n%s", diff)
		}
	})
}

func TestAReceiveReturnsTheNextMessageWhenTheFirstOneMoves(t *testing.T) {
	withDeadLetters(t, "1", func(t *testing.T, q, deadLetters *queue) {
		q.send("poison")
		q.receiveTimes(1)
		q.send("fresh")
		m := q.receiveOne(func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 1 })
		if *m.Body != "fresh" {
			t.Errorf("received %q, want fresh", *m.Body)
		}
		deadLetters.wantCounts("1", "0", "0")
	})
}

// Other emulators have a fault here: a message never reaches the dead-letter queue if its consumer
// changes its visibility timeout.
func TestAMessageThatIsMadeVisibleEarlyMovesToTheDeadLetterQueueToo(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"at once": 0, "after a while": time.Minute} {
		t.Run(name, func(t *testing.T) {
			withDeadLetters(t, "3", func(t *testing.T, q, deadLetters *queue) {
				q.send("poison")
				for range 3 {
					q.changeVisibility(q.receiveOne(), timeout)
					wait(timeout)
				}
				q.wantNone()
				deadLetters.wantCounts("1", "0", "0")
			})
		})
	}
}

func TestTheAgeOfAMessageInTheDeadLetterQueueCountsFromItsFirstSend(t *testing.T) {
	withDeadLetters(t, "1", func(t *testing.T, q, deadLetters *queue) {
		if err := deadLetters.set(settings{"MessageRetentionPeriod": "3600"}); err != nil {
			t.Fatal(err)
		}
		q.send("poison")
		q.receiveTimes(1) // takes 30 seconds
		q.wantNone()
		wait(59 * time.Minute)
		deadLetters.wantCounts("1", "0", "0")
		wait(30 * time.Second)
		deadLetters.wantCounts("0", "0", "0")
	})
}

// "The maxReceiveCount is the number of times a consumer can receive a message from a source queue before it is moved".
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
// The count that a consumer sees is that of all queues:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func TestADeadLetterQueueCountsItsOwnReceivesForItsOwnRedrivePolicy(t *testing.T) {
	withDeadLetters(t, "3", func(t *testing.T, q, retries *queue) {
		last := newQueue(t, q.client, "Last", nil)
		retries.redrivesTo(last, "2")
		q.send("poison")
		q.receiveTimes(3)
		q.wantNone()
		if m := retries.receiveTimes(2); m.Attributes["ApproximateReceiveCount"] != "5" {
			t.Errorf("receive count %s, want 5", m.Attributes["ApproximateReceiveCount"])
		}
		retries.wantNone()
		if m := last.receiveOne(); m.Attributes["DeadLetterQueueSourceArn"] != retries.arn {
			t.Errorf("it comes from %s, want %s", m.Attributes["DeadLetterQueueSourceArn"], retries.arn)
		}
	})
}

func TestALowerMaxReceiveCountAppliesToMessagesInTheQueue(t *testing.T) {
	withDeadLetters(t, "10", func(t *testing.T, q, deadLetters *queue) {
		q.send("poison")
		q.receiveTimes(3)
		q.redrivesTo(deadLetters, "2")
		q.wantNone()
		deadLetters.wantCounts("1", "0", "0")
	})
}

func TestAQueueWhoseDeadLetterQueueIsGoneKeepsItsMessages(t *testing.T) {
	withDeadLetters(t, "1", func(t *testing.T, q, deadLetters *queue) {
		if _, err := q.client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &deadLetters.url}); err != nil {
			t.Fatal(err)
		}
		q.send("poison")
		if m := q.receiveTimes(3); m.Attributes["ApproximateReceiveCount"] != "3" {
			t.Errorf("receive count %s, want 3", m.Attributes["ApproximateReceiveCount"])
		}
	})
}

// AWS was seen to accept such a policy. We do not know what AWS does with it.
func TestAQueueThatIsItsOwnDeadLetterQueueKeepsItsMessages(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		q.redrivesTo(q, "1")
		q.send("poison")
		if m := q.receiveTimes(3); m.Attributes["ApproximateReceiveCount"] != "3" {
			t.Errorf("receive count %s, want 3", m.Attributes["ApproximateReceiveCount"])
		}
	})
}

func TestADeadLetterQueueKnowsItsSources(t *testing.T) {
	withDeadLetters(t, "3", func(t *testing.T, q, deadLetters *queue) {
		newQueue(t, q.client, "Alone", nil)
		out, err := q.client.ListDeadLetterSourceQueues(t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &deadLetters.url})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{q.url}, out.QueueUrls); diff != "" {
			t.Errorf("sources (-want +got):\n%s", diff)
		}

		another := newQueue(t, q.client, "Zebras", settings{"RedrivePolicy": q.attributes()["RedrivePolicy"]})
		var paged []string
		pages := sqs.NewListDeadLetterSourceQueuesPaginator(q.client, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &deadLetters.url, MaxResults: aws.Int32(1)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil || len(page.QueueUrls) != 1 {
				t.Fatal(page, err)
			}
			paged = append(paged, page.QueueUrls...)
		}
		if diff := cmp.Diff([]string{q.url, another.url}, paged); diff != "" {
			t.Errorf("sources by pages of one (-want +got):\n%s", diff)
		}
	})
}
