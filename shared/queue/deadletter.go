package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/item"
)

// The limits of a message in SQS: its bytes, counted over the body and over the name, type and value
// of each message attribute; and the number of attributes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	maxMessage    = 1 << 20
	maxAttributes = 10
)

// Attributes are the message attributes of a message, by name.
type Attributes map[string]types.MessageAttributeValue

// ReceivedAttributes returns the message attributes of a message that a function received.
func ReceivedAttributes(m events.SQSMessage) Attributes {
	attributes := make(Attributes, len(m.MessageAttributes))
	for name, a := range m.MessageAttributes {
		attributes[name] = types.MessageAttributeValue{DataType: &a.DataType, StringValue: a.StringValue, BinaryValue: a.BinaryValue}
	}
	return attributes
}

// DeadLetter is a message that the enricher gave up, with the reason.
type DeadLetter struct {
	Body              string // as received
	TraceHeader       string // as received, or ""
	OriginalMessageID string
	OriginalSender    Sender
	Attributes        Attributes // as received
	ReceiveCount      int
	RequestID         string // of the invocation that gave it up
	Failure           item.Failure
}

// Sender is who sent a message first, and when.
type Sender struct {
	ID     string // as SQS names it: an account's, a user's, or a role's with its session; or ""
	SentAt string // in [item.TimeFormat], or ""
}

const (
	senderID  = "original_sender_id"
	sentAt    = "original_sent_at"
	bodyBytes = "original_body_bytes"
)

// reasonNames are the attributes that say why a message was given up. A sender's own attributes of
// these names are left out.
var reasonNames = []string{"failure_code", "failure_reason", "failed_at", "original_message_id", senderID, sentAt, "receive_count", "request_id", bodyBytes}

// TakeReason removes the attributes that say why a message was given up from one that was moved back,
// and returns the sender that they name.
func (a Attributes) TakeReason() Sender {
	sender := Sender{aws.ToString(a[senderID].StringValue), aws.ToString(a[sentAt].StringValue)}
	for _, name := range reasonNames {
		delete(a, name)
	}
	return sender
}

// SendDeadLetter puts a message into this queue, with the reason as attributes. When the body leaves no
// room for them, it is shortened: to the key, if it holds one, or else to its beginning. Its length
// in bytes is then an attribute, too. The sender's own attributes go with the message as far as they
// fit; leftOut is the number of those that do not.
func (q *Queue) SendDeadLetter(ctx context.Context, d DeadLetter) (leftOut int, err error) {
	body, attributes := d.reason()
	leftOut = attributes.add(d.Attributes, maxMessage-len(body))
	err = q.send(ctx, &sqs.SendMessageInput{
		MessageBody:             &body,
		MessageAttributes:       attributes,
		MessageSystemAttributes: trace(d.TraceHeader),
	})
	if err != nil {
		return leftOut, fmt.Errorf("dead-letter message %s: %w", d.OriginalMessageID, err)
	}
	return leftOut, nil
}

// reason returns the body that is sent, and the attributes that say why.
func (d DeadLetter) reason() (string, Attributes) {
	attributes := Attributes{}
	for name, value := range map[string]string{
		"failure_code":        d.Failure.Code,
		"failure_reason":      d.Failure.Reason,
		"failed_at":           d.Failure.FailedAt,
		"original_message_id": d.OriginalMessageID,
		senderID:              d.OriginalSender.ID,
		sentAt:                d.OriginalSender.SentAt,
		"receive_count":       strconv.Itoa(d.ReceiveCount),
		"request_id":          d.RequestID,
	} {
		attributes.set(name, value)
	}
	if maxMessage-attributes.size() >= len(d.Body) {
		return d.Body, attributes
	}
	attributes.set(bodyBytes, strconv.Itoa(len(d.Body)))
	return shorten(d.Body, maxMessage-attributes.size()), attributes
}

// set adds a text, unless it is empty: SQS takes no empty attribute.
func (a Attributes) set(name, value string) {
	if value != "" {
		a[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
}

// add adds those of a sender's attributes that fit, in the order of their names, to the attributes
// that say why. room is for all of them, in bytes.
func (a Attributes) add(others Attributes, room int) (leftOut int) {
	room -= a.size()
	for _, name := range slices.Sorted(maps.Keys(others)) {
		size := Attributes{name: others[name]}.size()
		if slices.Contains(reasonNames, name) || len(a) == maxAttributes || size > room {
			leftOut++
			continue
		}
		a[name] = others[name]
		room -= size
	}
	return leftOut
}

// size returns how many bytes SQS counts.
func (a Attributes) size() (n int) {
	for name, value := range a {
		n += len(name) + len(aws.ToString(value.DataType)) + len(aws.ToString(value.StringValue)) + len(value.BinaryValue)
	}
	return n
}

// shorten returns the key if the text holds one, or else the beginning of the text: as many whole
// characters as fit into size bytes.
func shorten(text string, size int) string {
	if id, err := ParseBody(text); err == nil {
		return body{id}.text()
	}
	return strings.ToValidUTF8(text[:size], "")
}
