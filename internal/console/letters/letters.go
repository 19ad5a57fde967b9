// Package letters looks into a dead-letter queue: it reads messages and gives them back, and moves or
// deletes those that are chosen. It does not decide what is to become of a message.
//
// SQS has no way to look at a message without receiving it. Until a message is given back, nobody else
// receives it. So a look is short: it ends after some seconds, and then all messages that it has
// received are made visible again. Should the program end in between, SQS does that after [Visibility].
package letters

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
)

// Letter is a message of the dead-letter queue.
type Letter struct {
	ID   string // of the message in this queue
	Body string

	// What the enricher says of a message that it gave up. Code is "" when SQS itself moved the
	// message: then nobody can say why.
	Code, Reason string
	FailedAt     string // in [item.TimeFormat]
	RequestID    string // of the invocation that gave it up
	OriginalID   string // of the message in the queue that it comes from
	Sender       string // as SQS names it
	ReceiveCount string // in that queue
	SentAt       time.Time

	Attributes map[string]types.MessageAttributeValue
	trace      string
	receipt    string
}

// The names of the message attributes of a dead letter; see docs/design.md.
const (
	codeAttribute   = "failure_code"
	reasonAttribute = "failure_reason"
)

func newLetter(m types.Message) Letter {
	attribute := func(name string) string { return aws.ToString(m.MessageAttributes[name].StringValue) }
	l := Letter{
		ID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body),
		Code: attribute(codeAttribute), Reason: attribute(reasonAttribute),
		FailedAt: attribute("failed_at"), RequestID: attribute("request_id"),
		OriginalID:   attribute("original_message_id"),
		Sender:       cmp.Or(attribute("original_sender_id"), m.Attributes["SenderId"]),
		ReceiveCount: attribute("receive_count"),
		Attributes:   m.MessageAttributes,
		trace:        m.Attributes["AWSTraceHeader"],
		receipt:      aws.ToString(m.ReceiptHandle),
	}
	if ms, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64); err == nil {
		l.SentAt = time.UnixMilli(ms)
	}
	if l.FailedAt == "" && !l.SentAt.IsZero() {
		l.FailedAt = item.FormatTime(l.SentAt)
	}
	return l
}

// Item returns the id of the item that the message is about, or "".
func (l Letter) Item() string {
	id, err := queue.ParseBody(l.Body)
	if err != nil {
		return ""
	}
	return id
}

// Preview returns the beginning of the body, at most n characters on one line.
func (l Letter) Preview(n int) string {
	text := strings.ToValidUTF8(l.Body[:min(len(l.Body), 4*n)], "")
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > n {
		return string(runes[:n]) + "…"
	}
	if len(l.Body) > 4*n {
		return string(runes) + "…"
	}
	return string(runes)
}

// size is about how many bytes a letter takes in memory.
func (l Letter) size() int {
	n := len(l.Body) + 1024
	for name, value := range l.Attributes {
		n += len(name) + len(aws.ToString(value.StringValue)) + len(value.BinaryValue)
	}
	return n
}
