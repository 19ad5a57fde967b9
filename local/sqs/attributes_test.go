package sqs_test

import (
	"crypto/md5"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

func withAttributes(attributes map[string]types.MessageAttributeValue) func(*sqs.SendMessageInput) {
	return func(in *sqs.SendMessageInput) { in.MessageAttributes = attributes }
}

func withTrace(in *sqs.SendMessageInput) {
	in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
		"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)},
	}
}

var manyAttributes = map[string]types.MessageAttributeValue{
	"colour":        stringAttribute("réd"),
	"price":         {DataType: aws.String("Number.EUR"), StringValue: aws.String("1.50")},
	"image":         {DataType: aws.String("Binary.png"), BinaryValue: []byte{0, 1, 254, 255}},
	"failure.code":  stringAttribute("Timeout"),
	"failure.count": {DataType: aws.String("Number"), StringValue: aws.String("3")},
}

func TestMessageAttributesArriveAsTheyWereSent(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		q.send("hello", withAttributes(manyAttributes))
		got := q.receiveOne().MessageAttributes
		if diff := cmp.Diff(manyAttributes, got, cmpopts.IgnoreUnexported(types.MessageAttributeValue{})); diff != "" {
			t.Errorf("message attributes (-sent +received):\n%s", diff)
		}
	})
}

// The input of each digest: for each attribute, in the order of names, its name, its type, the
// byte 1 (string) or 2 (binary), and its value. A length precedes each name, type and value.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
var digests = map[string]struct {
	attributes map[string]types.MessageAttributeValue
	want       string
}{
	// boto3 computed this one: github.com/getmoto/moto, tests/test_sqs.
	"of a number": {
		map[string]types.MessageAttributeValue{"timestamp": {DataType: aws.String("Number.java.lang.Long"), StringValue: aws.String("1493147359900")}},
		"2e2e4876d8e0bd6b8c2c8f556831c349",
	},
	"of a string and a binary": {
		map[string]types.MessageAttributeValue{"b": stringAttribute("x"), "a": {DataType: aws.String("Binary"), BinaryValue: []byte{7}}},
		md5Hex("\x00\x00\x00\x01a\x00\x00\x00\x06Binary\x02\x00\x00\x00\x01\x07" + "\x00\x00\x00\x01b\x00\x00\x00\x06String\x01\x00\x00\x00\x01x"),
	},
	"of no attribute": {nil, ""},
}

func md5Hex(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }

func TestTheSenderAndTheReceiverGetTheDigestOfTheMessageAttributes(t *testing.T) {
	for name, test := range digests {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				sent, err := q.trySend("hello", withAttributes(test.attributes))
				if err != nil {
					t.Fatal(err)
				}
				if got := aws.ToString(sent.MD5OfMessageAttributes); got != test.want {
					t.Errorf("the sender gets %q, want %q", got, test.want)
				}
				if got := aws.ToString(q.receiveOne().MD5OfMessageAttributes); got != test.want {
					t.Errorf("the receiver gets %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestTheSenderGetsTheDigestOfTheBodyAndOfTheTraceHeader(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		sent, err := q.trySend("hello", withTrace)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := *sent.MD5OfMessageBody, "5d41402abc4b2a76b9719d911017c592"; got != want {
			t.Errorf("body: %s, want %s", got, want)
		}
		want := md5Hex("\x00\x00\x00\x0eAWSTraceHeader\x00\x00\x00\x06String\x01\x00\x00\x00\x4a" + trace)
		if got := aws.ToString(sent.MD5OfMessageSystemAttributes); got != want {
			t.Errorf("system attributes: %q, want %q", got, want)
		}
	})
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func TestTheReceiverGetsTheMessageAttributesItAsksFor(t *testing.T) {
	for name, test := range map[string]struct{ ask, want []string }{
		"none":                               {nil, nil},
		"All":                                {[]string{"All"}, []string{"colour", "failure.code", "failure.count", "image", "price"}},
		"*":                                  {[]string{"*"}, []string{"colour", "failure.code", "failure.count", "image", "price"}},
		".*":                                 {[]string{".*"}, []string{"colour", "failure.code", "failure.count", "image", "price"}},
		"by name":                            {[]string{"price", "colour"}, []string{"colour", "price"}},
		"by prefix":                          {[]string{"failure.*"}, []string{"failure.code", "failure.count"}},
		"an attribute that it does not have": {[]string{"size"}, nil},
		"a name in another case":             {[]string{"Colour"}, nil},
		"by name and by a prefix":            {[]string{"image", "failure.*"}, []string{"failure.code", "failure.count", "image"}},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				q.send("hello", withAttributes(manyAttributes))
				m := q.receiveOne(func(in *sqs.ReceiveMessageInput) { in.MessageAttributeNames = test.ask })
				if diff := cmp.Diff(test.want, names(m.MessageAttributes)); diff != "" {
					t.Errorf("message attributes (-want +got):\n%s", diff)
				}
				if hasDigest := m.MD5OfMessageAttributes != nil; hasDigest != (test.want != nil) {
					t.Errorf("there is a digest: %v, want %v", hasDigest, test.want != nil)
				}
			})
		})
	}
}

func TestTheReceiverGetsTheSystemAttributesItAsksFor(t *testing.T) {
	all := []string{"AWSTraceHeader", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"}
	for name, test := range map[string]struct {
		ask    []types.MessageSystemAttributeName
		askOld []types.QueueAttributeName // AttributeNames, the parameter's old name
		want   []string
	}{
		"none":                               {nil, nil, nil},
		"All":                                {[]types.MessageSystemAttributeName{"All"}, nil, all},
		"by name":                            {[]types.MessageSystemAttributeName{"SentTimestamp", "AWSTraceHeader"}, nil, []string{"AWSTraceHeader", "SentTimestamp"}},
		"an attribute that it does not have": {[]types.MessageSystemAttributeName{"DeadLetterQueueSourceArn"}, nil, nil},
		"All, the old way":                   {nil, []types.QueueAttributeName{"All"}, all},
		"by name in the old way":             {nil, []types.QueueAttributeName{"SentTimestamp"}, []string{"SentTimestamp"}},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				q.send("hello", withTrace)
				got := q.receiveOne(func(in *sqs.ReceiveMessageInput) {
					in.MessageSystemAttributeNames = test.ask
					//lint:ignore SA1019 it is deprecated, and in use
					in.AttributeNames = test.askOld
				}).Attributes
				if diff := cmp.Diff(test.want, names(got)); diff != "" {
					t.Errorf("system attributes (-want +got):\n%s", diff)
				}
				if header, ok := got["AWSTraceHeader"]; ok && header != trace {
					t.Errorf("AWSTraceHeader is %q, want %q", header, trace)
				}
			})
		})
	}
}
