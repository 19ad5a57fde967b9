package sqs_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// refusal is a call that SQS refuses with an error. It changes nothing.
type refusal struct {
	name string
	call func(s *server) error
	want string
}

func (o refusal) String() string          { return o.name }
func (o refusal) on(s *server) facts      { return facts{"error": errorOf(o.call(s))} }
func (o refusal) expect(*reference) facts { return facts{"error": o.want} }

// sending returns the refusal of a SendMessage.
func sending(name, want string, change func(*sqs.SendMessageInput)) refusal {
	return refusal{"SendMessage " + name, func(s *server) error {
		_, err := s.queues[orders].trySend("never", change)
		return err
	}, want}
}

func sendingAttribute(name, want, attribute string, value types.MessageAttributeValue) refusal {
	return sending(name, want, withAttributes(map[string]types.MessageAttributeValue{attribute: value}))
}

func receiving(name, want string, change func(*sqs.ReceiveMessageInput)) refusal {
	return refusal{"ReceiveMessage " + name, func(s *server) error {
		_, err := s.queues[orders].tryReceive(s.t.Context(), change)
		return err
	}, want}
}

func setting(name, want string, value func(*server) settings) refusal {
	return refusal{"SetQueueAttributes " + name, func(s *server) error { return s.queues[orders].set(value(s)) }, want}
}

func fixed(name, value string) func(*server) settings {
	return func(*server) settings { return settings{name: value} }
}

func redrive(format string) func(*server) settings {
	return func(s *server) settings {
		return settings{"RedrivePolicy": strings.ReplaceAll(format, "ARN", strings.TrimSuffix(s.queues[orders].arn, "Orders"))}
	}
}

func batching(name, want string, entries ...sendEntry) refusal {
	return refusal{"SendMessageBatch " + name, func(s *server) error {
		_, err := s.queues[orders].sendBatch(append([]sendEntry{}, entries...)...)
		return err
	}, want}
}

func creating(name, want, queue string, attributes settings) refusal {
	return refusal{"CreateQueue " + name, func(s *server) error {
		_, err := s.client.CreateQueue(s.t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(s.prefix + queue), Attributes: attributes})
		return err
	}, want}
}

func many(n, size int) (entries []sendEntry) {
	for i := range n {
		entries = append(entries, entry(fmt.Sprint(i), strings.Repeat("x", size)))
	}
	return entries
}

const invalid = "InvalidParameterValue"

// refusedCalls are all refusals. The API reference or the developer guide names the error of each.
var refusedCalls = slices.Concat(refusedMessages, refusedOnQueues)

var refusedMessages = []refusal{
	sending("with an empty body", "MissingParameter", func(in *sqs.SendMessageInput) { in.MessageBody = aws.String("") }),
	sending("with a character that XML has not", "InvalidMessageContents", func(in *sqs.SendMessageInput) { in.MessageBody = aws.String("a\x01") }),
	sending("with U+FFFE", "InvalidMessageContents", func(in *sqs.SendMessageInput) { in.MessageBody = aws.String("a\uFFFE") }),
	sending("with a mebibyte and a byte", invalid, func(in *sqs.SendMessageInput) { in.MessageBody = aws.String(strings.Repeat("x", mebibyte+1)) }),
	sending("with a mebibyte of two-byte characters, and one more", invalid, func(in *sqs.SendMessageInput) { in.MessageBody = aws.String(strings.Repeat("ü", mebibyte/2+1)) }),
	sending("with a mebibyte and an attribute", invalid, func(in *sqs.SendMessageInput) {
		in.MessageBody, in.MessageAttributes = aws.String(strings.Repeat("x", mebibyte)), attributeSets["one string"]
	}),
	sending("delayed by 901", invalid, delayed(901)),
	sending("delayed by -1", invalid, delayed(-1)),
	sending("with a deduplication id", invalid, func(in *sqs.SendMessageInput) { in.MessageDeduplicationId = aws.String("x") }),
	sending("with eleven attributes", invalid, func(in *sqs.SendMessageInput) {
		in.MessageAttributes = map[string]types.MessageAttributeValue{}
		for i := range 11 {
			in.MessageAttributes[fmt.Sprintf("a%d", i)] = stringAttribute("x")
		}
	}),
	sending("with an unknown system attribute", invalid, func(in *sqs.SendMessageInput) {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{"Colour": {DataType: aws.String("String"), StringValue: aws.String("red")}}
	}),
	sendingAttribute("with an attribute AWS.x", invalid, "AWS.x", stringAttribute("x")),
	sendingAttribute("with an attribute amazon.x", invalid, "amazon.x", stringAttribute("x")),
	sendingAttribute("with an attribute .x", invalid, ".x", stringAttribute("x")),
	sendingAttribute("with an attribute x.", invalid, "x.", stringAttribute("x")),
	sendingAttribute("with an attribute x..y", invalid, "x..y", stringAttribute("x")),
	sendingAttribute("with an attribute x y", invalid, "x y", stringAttribute("x")),
	sendingAttribute("with an attribute whose name is 257 long", invalid, strings.Repeat("x", 257), stringAttribute("x")),
	sendingAttribute("with an attribute of another type", invalid, "x", types.MessageAttributeValue{DataType: aws.String("Date"), StringValue: aws.String("x")}),
	sendingAttribute("with an attribute that is empty", invalid, "x", stringAttribute("")),
	sendingAttribute("with an attribute without a value", invalid, "x", types.MessageAttributeValue{DataType: aws.String("String")}),
	sendingAttribute("with an invalid Number", invalid, "x", types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String("one")}),
	sendingAttribute("with a Binary as a string", invalid, "x", types.MessageAttributeValue{DataType: aws.String("Binary"), StringValue: aws.String("x")}),
	sendingAttribute("with a String as binary", invalid, "x", types.MessageAttributeValue{DataType: aws.String("String"), BinaryValue: []byte{1}}),
	sendingAttribute("with a character that XML has not in an attribute", invalid, "x", stringAttribute("a\x01")),

	receiving("of 11", invalid, func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 11 }),
	receiving("of -1", invalid, func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = -1 }),
	receiving("that waits 21", invalid, func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = 21 }),
	receiving("that waits -1", invalid, func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = -1 }),
	receiving("that hides for 43201", invalid, func(in *sqs.ReceiveMessageInput) { in.VisibilityTimeout = 43201 }),
	receiving("that hides for -1", invalid, func(in *sqs.ReceiveMessageInput) { in.VisibilityTimeout = -1 }),

	batching("of no entry", "EmptyBatchRequest"),
	batching("of eleven", "TooManyEntriesInBatchRequest", many(11, 1)...),
	batching("with an id twice", "BatchEntryIdsNotDistinct", entry("a", "1"), entry("b", "2"), entry("a", "3")),
	batching("with an invalid id", "InvalidBatchEntryId", entry("a b", "1")),
	batching("with an id of 81", "InvalidBatchEntryId", entry(strings.Repeat("a", 81), "1")),
	batching("with an empty id", "InvalidBatchEntryId", entry("", "1")),
	batching("of a mebibyte and a byte", "BatchRequestTooLong", append(many(8, mebibyte/8), entry("9", "x"))...),

	setting("of an unknown attribute", "InvalidAttributeName", fixed("Colour", "red")),
	setting("of an attribute that cannot be set", "InvalidAttributeName", fixed("QueueArn", "arn:aws:sqs:us-east-1:000000000000:x")),
	setting("VisibilityTimeout 43201", "InvalidAttributeValue", fixed("VisibilityTimeout", "43201")),
	setting("VisibilityTimeout -1", "InvalidAttributeValue", fixed("VisibilityTimeout", "-1")),
	setting("VisibilityTimeout x", "InvalidAttributeValue", fixed("VisibilityTimeout", "x")),
	setting("DelaySeconds 901", "InvalidAttributeValue", fixed("DelaySeconds", "901")),
	setting("MaximumMessageSize 1023", "InvalidAttributeValue", fixed("MaximumMessageSize", "1023")),
	setting("MaximumMessageSize 1048577", "InvalidAttributeValue", fixed("MaximumMessageSize", "1048577")),
	setting("MessageRetentionPeriod 59", "InvalidAttributeValue", fixed("MessageRetentionPeriod", "59")),
	setting("ReceiveMessageWaitTimeSeconds 21", "InvalidAttributeValue", fixed("ReceiveMessageWaitTimeSeconds", "21")),
	setting("Policy that is not JSON", "InvalidAttributeValue", fixed("Policy", "{")),
	setting("RedrivePolicy that is not JSON", invalid, redrive("x")),
	setting("RedrivePolicy without a target", invalid, redrive(`{"maxReceiveCount":5}`)),
	setting("RedrivePolicy without a maxReceiveCount", invalid, redrive(`{"deadLetterTargetArn":"ARNDeadLetters"}`)),
	setting("RedrivePolicy with a maxReceiveCount of 0", invalid, redrive(`{"deadLetterTargetArn":"ARNDeadLetters","maxReceiveCount":0}`)),
	setting("RedrivePolicy with a maxReceiveCount of 1001", invalid, redrive(`{"deadLetterTargetArn":"ARNDeadLetters","maxReceiveCount":1001}`)),
	setting("RedrivePolicy to no queue", invalid, redrive(`{"deadLetterTargetArn":"ARNNone","maxReceiveCount":5}`)),

	creating("with a name with a space", invalid, "a b", nil),
	creating("with a name of 81", invalid, strings.Repeat("a", 81), nil),
	creating("with an unknown attribute", "InvalidAttributeName", "Refused", settings{"Colour": "red"}),
	creating("with VisibilityTimeout 43201", "InvalidAttributeValue", "Refused", settings{"VisibilityTimeout": "43201"}),
}
