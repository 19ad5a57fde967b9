package queue_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
)

// letter is a dead letter with all reasons.
func letter(body string) queue.DeadLetter {
	return queue.DeadLetter{
		Body: body, TraceHeader: trace, OriginalMessageID: "m", ReceiveCount: 5, RequestID: "r",
		OriginalSender: queue.Sender{ID: "AIDA", SentAt: "2026-11-28T10:00:00.000Z"},
		Failure:        item.Failure{Code: "InvalidItem", Reason: "why", FailedAt: "2026-11-28T10:00:01.000Z"},
	}
}

// send dead-letters a message, and returns what SQS gets.
func send(t *testing.T, d queue.DeadLetter) (body string, attributes map[string]any, leftOut int) {
	t.Helper()
	q, sqs := answering(200, `{"MessageId":"m"}`)
	leftOut, err := q.SendDeadLetter(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	request := sqs.Requests[0]
	attributes, _ = request["MessageAttributes"].(map[string]any)
	return request["MessageBody"].(string), attributes, leftOut
}

func text(value string) map[string]any {
	return map[string]any{"DataType": "String", "StringValue": value}
}

// The names are those of docs/runbook.md: people look for them.
func TestADeadLetterSaysWhyInItsAttributes(t *testing.T) {
	q, sqs := answering(200, `{"MessageId":"m"}`)
	if leftOut, err := q.SendDeadLetter(t.Context(), letter("hello")); err != nil || leftOut != 0 {
		t.Fatal(leftOut, err)
	}
	want := []map[string]any{{
		"operation": "AmazonSQS.SendMessage", "QueueUrl": "http://localhost/1/queue", "MessageBody": "hello",
		"MessageSystemAttributes": sentTrace,
		"MessageAttributes": map[string]any{
			"failure_code": text("InvalidItem"), "failure_reason": text("why"), "failed_at": text("2026-11-28T10:00:01.000Z"),
			"original_message_id": text("m"), "original_sender_id": text("AIDA"), "original_sent_at": text("2026-11-28T10:00:00.000Z"),
			"receive_count": text("5"), "request_id": text("r"),
		},
	}}
	if diff := cmp.Diff(want, sqs.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	// SQS takes no empty attribute.
	if _, attributes, _ := send(t, queue.DeadLetter{ReceiveCount: 1}); len(attributes) != 1 {
		t.Errorf("attributes of a message of which nothing is known: %v, want the receive count", attributes)
	}
}

func TestADeadLetterThatIsNotSentNamesTheMessage(t *testing.T) {
	for status, answer := range map[int]string{200: `{}`, 400: `{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}`} {
		q, _ := answering(status, answer)
		d := letter("hello")
		d.Attributes = queue.Attributes{"receive_count": attribute("1")}
		if leftOut, err := q.SendDeadLetter(t.Context(), d); err == nil || !strings.HasPrefix(err.Error(), "dead-letter message m: ") || leftOut != 1 {
			t.Errorf("answered %d: %v, %d left out", status, err, leftOut)
		}
	}
}

func attribute(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

// size is what SQS counts of a message: its body, and the name, the type and the value of each attribute.
func size(body string, attributes map[string]any) int {
	n := len(body)
	for name, a := range attributes {
		a := a.(map[string]any)
		value, _ := a["StringValue"].(string)
		binary, _ := a["BinaryValue"].(string) // base64 of three bytes are four characters
		n += len(name) + len(a["DataType"].(string)) + len(value) + len(binary)/4*3
	}
	return n
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const largest = 1_048_576

func TestABodyIsShortenedWhenTheReasonLeavesNoRoomForIt(t *testing.T) {
	_, attributes, _ := send(t, letter(""))
	room := largest - size("", attributes)
	body, attributes, _ := send(t, letter(strings.Repeat("x", room)))
	if len(body) != room || attributes["original_body_bytes"] != nil {
		t.Errorf("a body that just fits has %d bytes and %v, want %d and nothing", len(body), attributes["original_body_bytes"], room)
	}
	body, attributes, _ = send(t, letter(strings.Repeat("x", room+1)))
	if diff := cmp.Diff(text(fmt.Sprint(room+1)), attributes["original_body_bytes"]); diff != "" || size(body, attributes) != largest {
		t.Errorf("with a byte more the message has %d bytes, want %d; its length (-want +got):\n%s", size(body, attributes), largest, diff)
	}
	key := `{"id":"` + first + `"}`
	if body, _, _ := send(t, letter(key[:len(key)-1]+strings.Repeat(" ", largest)+"}")); body != key {
		t.Errorf("a long body with a key is %.60q, want the key", body)
	}
	d := letter(key[:len(key)-1] + strings.Repeat(" ", largest) + "}")
	d.Attributes = queue.Attributes{"team": attribute("x")}
	if _, attributes, leftOut := send(t, d); leftOut != 0 || attributes["team"] == nil {
		t.Errorf("beside a shortened body %d of the sender's attributes are left out", leftOut)
	}
	for _, start := range []string{"", "x"} { // one of these is cut in the middle of a character
		whole := start + strings.Repeat("é", room)
		body, attributes, _ := send(t, letter(whole))
		if strings.Trim(body, "é") != start || len(body) < largest-1000 {
			t.Errorf("a body of two-byte characters ends with %q", body[len(body)-3:])
		}
		if diff := cmp.Diff(text(fmt.Sprint(len(whole))), attributes["original_body_bytes"]); diff != "" {
			t.Errorf("length of a body of two-byte characters (-want +got):\n%s", diff)
		}
	}
}

func TestASendersAttributesAreKeptAsFarAsTheyFit(t *testing.T) {
	_, reasons, _ := send(t, letter("hello"))
	room := largest - size("hello", reasons)
	for name, test := range map[string]struct {
		attributes queue.Attributes
		kept       []string
	}{
		"to the last byte":        {queue.Attributes{"a": attribute(strings.Repeat("x", room-len("aString")))}, []string{"a"}},
		"not a byte more":         {queue.Attributes{"a": attribute(strings.Repeat("x", room-len("aString")+1))}, nil},
		"binary ones too":         {queue.Attributes{"a": {DataType: aws.String("Binary"), BinaryValue: make([]byte, room-len("aBinary")+1)}}, nil},
		"after one that does not": {queue.Attributes{"a": attribute(strings.Repeat("x", largest)), "b": attribute("y")}, []string{"b"}},
		"beside one another": {queue.Attributes{"a": attribute(strings.Repeat("x", room/2)), "b": attribute(strings.Repeat("x", room/2)), "c": attribute("z")},
			[]string{"a", "c"}},
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
		"up to ten in all":     {queue.Attributes{"a": attribute("1"), "b": attribute("1"), "c": attribute("1")}, []string{"a", "b"}},
		"by their names":       {alphabet(), []string{"a", "b"}},
		"but not as a reason":  {queue.Attributes{"failure_code": attribute("x"), "z": attribute("1")}, []string{"z"}},
		"but not as a length":  {queue.Attributes{"original_body_bytes": attribute("x")}, nil},
		"with none to be kept": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := letter("hello")
			d.Attributes = test.attributes
			_, attributes, leftOut := send(t, d)
			for name := range reasons {
				if diff := cmp.Diff(reasons[name], attributes[name]); diff != "" {
					t.Errorf("reason %s (-want +got):\n%s", name, diff)
				}
				delete(attributes, name)
			}
			var kept []string
			for _, name := range []string{"a", "b", "c", "original_body_bytes", "z"} {
				if attributes[name] != nil {
					kept = append(kept, name)
				}
			}
			if diff := cmp.Diff(test.kept, kept); diff != "" || leftOut != len(test.attributes)-len(test.kept) {
				t.Errorf("%d left out; kept (-want +got):\n%s", leftOut, diff)
			}
		})
	}
}

// alphabet has an attribute of each letter.
func alphabet() queue.Attributes {
	attributes := queue.Attributes{}
	for letter := 'a'; letter <= 'z'; letter++ {
		attributes[string(letter)] = attribute("1")
	}
	return attributes
}

func TestTheReasonIsTakenFromAMessageThatWasMovedBack(t *testing.T) {
	received := queue.ReceivedAttributes(events.SQSMessage{MessageAttributes: map[string]events.SQSMessageAttribute{
		"failure_code": {DataType: "String", StringValue: aws.String("InvalidItem")}, "failure_reason": {DataType: "String", StringValue: aws.String("why")},
		"failed_at": {DataType: "String", StringValue: aws.String("then")}, "original_message_id": {DataType: "String", StringValue: aws.String("m")},
		"original_sender_id": {DataType: "String", StringValue: aws.String("AIDA")}, "original_sent_at": {DataType: "String", StringValue: aws.String("before")},
		"receive_count": {DataType: "String", StringValue: aws.String("5")}, "request_id": {DataType: "String", StringValue: aws.String("r")},
		"original_body_bytes": {DataType: "String", StringValue: aws.String("9")},
		"team":                {DataType: "String", StringValue: aws.String("x")}, "blob": {DataType: "Binary.gif", BinaryValue: []byte{0, 255}},
	}})
	sender := received.TakeReason()
	if want := (queue.Sender{ID: "AIDA", SentAt: "before"}); sender != want {
		t.Errorf("sent by %v, want %v", sender, want)
	}
	want := queue.Attributes{"team": attribute("x"), "blob": {DataType: aws.String("Binary.gif"), BinaryValue: []byte{0, 255}}}
	if diff := cmp.Diff(want, received, cmpopts.IgnoreUnexported(types.MessageAttributeValue{})); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}

// SQS did not say who had sent it. Then the dead letter has the other reasons only.
func TestAReasonWithoutASenderIsTakenFromAMessageToo(t *testing.T) {
	received := queue.Attributes{"failure_code": attribute("InvalidItem"), "receive_count": attribute("5"), "team": attribute("x")}
	if sender := received.TakeReason(); sender != (queue.Sender{}) || len(received) != 1 || received["team"].StringValue == nil {
		t.Errorf("sent by %v; what is left: %v", sender, received)
	}
}
