package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func inGroup(group string) func(*sqs.SendMessageInput) {
	return func(in *sqs.SendMessageInput) { in.MessageGroupId = &group }
}

func (q *queue) wantGroup(want string) {
	q.t.Helper()
	if got := q.receiveOne().Attributes["MessageGroupId"]; got != want {
		q.t.Errorf("MessageGroupId %q, want %q", got, want)
	}
}

// A standard queue whose messages have a group is a fair queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
func TestTheReceiverGetsTheGroupOfAMessage(t *testing.T) {
	for name, group := range map[string]string{
		"a word":             "tenant-1",
		"all punctuation":    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
		"of 128 characters":  strings.Repeat("a", 128),
		"of one":             "1",
		"of digits and case": "Ab9",
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				q.send("hello", inGroup(group))
				q.wantGroup(group)
			})
		})
	}
}

func TestAMessageKeepsItsGroupInTheDeadLetterQueueAndBack(t *testing.T) {
	withDeadLetters(t, "1", func(t *testing.T, q, deadLetters *queue) {
		q.send("poison", inGroup("tenant-1"))
		q.receiveTimes(1)
		q.wantNone()
		deadLetters.changeVisibility(deadLetters.receiveOne(), 0)
		deadLetters.wantGroup("tenant-1")
	})
	withFailed(t, 0, func(t *testing.T, q, deadLetters *queue) {
		deadLetters.send("poison", inGroup("tenant-1"))
		deadLetters.move(to(q))
		q.wantGroup("tenant-1")
	})
}
