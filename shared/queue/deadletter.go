package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/iris"
)

// maxMessage is how many bytes SQS takes: the body, and the name, type and value of each
// message attribute.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const maxMessage = 1 << 20

// DeadLetter is a message that the enricher gave up, with the reason.
type DeadLetter struct {
	Body              string // as received
	TraceHeader       string // as received, or ""
	OriginalMessageID string
	ReceiveCount      int
	RequestID         string // of the invocation that gave it up
	Failure           iris.Failure
}

// SendDeadLetter puts a message into this queue, with the reason as attributes. A body
// that leaves no room for them is shortened: to the key, if it holds one, or else to its
// beginning. Its length in bytes is then an attribute too.
func (q *Queue) SendDeadLetter(ctx context.Context, d DeadLetter) error {
	body, attributes := d.message()
	err := q.send(ctx, &sqs.SendMessageInput{
		MessageBody:             &body,
		MessageAttributes:       attributes,
		MessageSystemAttributes: trace(d.TraceHeader),
	})
	if err != nil {
		return fmt.Errorf("dead-letter message %s: %w", d.OriginalMessageID, err)
	}
	return nil
}

func (d DeadLetter) message() (string, map[string]types.MessageAttributeValue) {
	values := map[string]string{
		"failure_code":        d.Failure.Code,
		"failure_reason":      d.Failure.Reason,
		"failed_at":           d.Failure.FailedAt,
		"original_message_id": d.OriginalMessageID,
		"receive_count":       strconv.Itoa(d.ReceiveCount),
		"request_id":          d.RequestID,
	}
	text := d.Body
	if room(values) < len(text) {
		values["original_body_bytes"] = strconv.Itoa(len(text))
		text = shorten(text, room(values))
	}
	attributes := map[string]types.MessageAttributeValue{}
	for name, value := range values {
		if value != "" { // SQS takes no empty attribute
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
	}
	return text, attributes
}

// room returns how many bytes of body fit beside string attributes.
func room(values map[string]string) int {
	n := maxMessage
	for name, value := range values {
		n -= len(name) + len("String") + len(value)
	}
	return n
}

// shorten cuts what is no key at the last character that ends within size bytes.
func shorten(text string, size int) string {
	if id, err := ParseBody(text); err == nil {
		key, _ := json.Marshal(body{id}) // never fails on a string
		return string(key)
	}
	return strings.ToValidUTF8(text[:size], "")
}
