package enricher_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// send puts a message with attributes into EnrichQueue.
func send(t *testing.T, s *stacktest.Stack, body string, attributes map[string]types.MessageAttributeValue) {
	t.Helper()
	_, err := s.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(s.Ref("EnrichQueue")), MessageBody: &body, MessageAttributes: attributes,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// attribute is a message attribute of a text.
func attribute(dataType, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: &dataType, StringValue: &value}
}

func TestADeadLetterSaysWhoSentTheMessageAndWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		sent := item.FormatTime(time.Now())
		attributes := map[string]types.MessageAttributeValue{
			"team": attribute("String", "x"),
			"blob": {DataType: aws.String("Binary.gif"), BinaryValue: []byte{0, 255}},
		}
		send(t, s, "hello", attributes)
		stacktest.Wait(time.Second)
		m, why := deadLetter(t, s)
		if why["original_sender_id"] != "000000000000" || why["original_sent_at"] != sent {
			t.Errorf("sent by %q at %q, want the account at %q", why["original_sender_id"], why["original_sent_at"], sent)
		}
		if got := m.Attributes["SenderId"]; got != "AROALOCAL:EnricherFunction" {
			t.Errorf("the dead letter is sent by %q, want the enricher", got)
		}
		for name, want := range attributes {
			if diff := cmp.Diff(want, m.MessageAttributes[name], cmpopts.IgnoreUnexported(types.MessageAttributeValue{})); diff != "" {
				t.Errorf("attribute %s (-sent +dead-lettered):\n%s", name, diff)
			}
		}
	})
}

// SQS takes ten attributes, and counts them towards 1 MiB.
func TestADeadLetterKeepsAsManyAttributesAsFit(t *testing.T) {
	const size = 1 << 20
	for name, test := range map[string]struct {
		body string
		attributes, kept,
		long int // bytes of the attributes but the first
	}{
		"one":                                {"hello", 1, 1, 1},
		"all ten that there can be":          {"hello", 10, 2, 1},
		"a long one":                         {"hello", 2, 1, size - 300},
		"one beside a body that is as large": {strings.Repeat("x", size-20), 1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				attributes := map[string]types.MessageAttributeValue{}
				for n := range test.attributes {
					value := "1"
					if n > 0 {
						value = strings.Repeat("y", test.long)
					}
					attributes["a"+strconv.Itoa(n)] = attribute("String", value)
				}
				send(t, s, test.body, attributes)
				stacktest.Wait(time.Second)
				_, why := deadLetter(t, s)
				var kept []string
				for n := range test.attributes {
					if name := "a" + strconv.Itoa(n); why[name] != "" {
						kept = append(kept, name)
					}
				}
				if len(kept) != test.kept || why["failure_code"] != "MalformedMessage" {
					t.Errorf("kept %v of %d, want %d", kept, test.attributes, test.kept)
				}
				s.WantEmpty(t, "EnrichQueue")
			})
		})
	}
}

func TestAnAttributeOfTheSendersIsNoReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		send(t, s, "hello", map[string]types.MessageAttributeValue{
			"failure_code": attribute("String", "x"), "original_body_bytes": attribute("String", "7"),
			"original_sender_id": attribute("String", "somebody else"), "team": attribute("String", "x"),
		})
		stacktest.Wait(time.Second)
		_, why := deadLetter(t, s)
		want := map[string]string{"failure_code": "MalformedMessage", "original_body_bytes": "", "original_sender_id": "000000000000", "team": "x"}
		for name, value := range want {
			if why[name] != value {
				t.Errorf("%s is %q, want %q", name, why[name], value)
			}
		}
	})
}

func TestARedriveKeepsTheFirstSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		send(t, s, "hello", map[string]types.MessageAttributeValue{"team": attribute("String", "x")})
		stacktest.Wait(time.Second)
		_, first := deadLetter(t, s)
		stacktest.Wait(time.Hour)
		redrive(t, s)
		stacktest.Wait(time.Minute)
		_, again := deadLetter(t, s)
		if again["failed_at"] == first["failed_at"] {
			t.Fatal("it is the dead letter of before")
		}
		for _, name := range []string{"original_sender_id", "original_sent_at", "team"} {
			if again[name] != first[name] {
				t.Errorf("%s is %q, before the redrive %q", name, again[name], first[name])
			}
		}
	})
}

// A dead letter that was moved back was sent by the enricher itself, as a function or as a worker, and
// says by whom before. Both have the same role.
func TestAMessageThatIsGivenUpAgainNamesItsFirstSender(t *testing.T) {
	first := map[string]events.SQSMessageAttribute{
		"original_sender_id": {DataType: "String", StringValue: aws.String("AIDA7FIRST")},
		"original_sent_at":   {DataType: "String", StringValue: aws.String("2026-11-01T00:00:00.000Z")},
		"failure_code":       {DataType: "String", StringValue: aws.String("MalformedMessage")},
	}
	for sender, want := range map[string]string{
		"AROALOCAL:EnricherFunction":                 "AIDA7FIRST 2026-11-01T00:00:00.000Z",
		"AROALOCAL:1dc5c17a4c6e4b5f9a34c7cdbb0e1d3a": "AIDA7FIRST 2026-11-01T00:00:00.000Z", // the id of a task
		"AROALOCALS:EnricherFunction":                "AROALOCALS:EnricherFunction 1970-01-01T00:00:00.001Z",
		"AROAOTHER:EnricherFunction":                 "AROAOTHER:EnricherFunction 1970-01-01T00:00:00.001Z", // which only says so
	} {
		synctest.Test(t, func(t *testing.T) {
			s := stacktest.Start(t, nil, nil)
			event := events.SQSEvent{Records: []events.SQSMessage{{
				MessageId: "m", ReceiptHandle: "h", Body: "hello", MessageAttributes: first,
				Attributes: map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": "1", "SenderId": sender},
			}}}
			if _, err := newHandler(t, s).Handle(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			_, why := deadLetter(t, s)
			if got := fmt.Sprint(why["original_sender_id"], " ", why["original_sent_at"]); got != want {
				t.Errorf("sent by %s, dead-lettered as by %s, want %s", sender, got, want)
			}
		})
	}
}

// What SQS does not say is left out, and the enricher names itself only if nobody was before it.
func TestADeadLetterSaysNoMoreOfItsSenderThanIsKnown(t *testing.T) {
	const trace = "Root=1-67891233-abcdef012345678912345678"
	for name, test := range map[string]struct {
		attributes map[string]string
		want       map[string]string
	}{
		"nothing": {map[string]string{}, map[string]string{}},
		"moved back, and not by an enricher's dead letter": {map[string]string{"SenderId": "AROALOCAL:x", "SentTimestamp": "1"},
			map[string]string{"original_sender_id": "AROALOCAL:x", "original_sent_at": "1970-01-01T00:00:00.001Z"}},
		"with its trace": {map[string]string{"AWSTraceHeader": trace}, map[string]string{"trace": trace}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, nil, t.Output())
				event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: "hello", Attributes: test.attributes}}}
				if _, err := newHandler(t, s).Handle(t.Context(), event); err != nil {
					t.Fatal(err)
				}
				letter, why := deadLetter(t, s)
				got := map[string]string{}
				for _, name := range []string{"original_sender_id", "original_sent_at"} {
					if value, ok := why[name]; ok {
						got[name] = value
					}
				}
				if value, ok := letter.Attributes["AWSTraceHeader"]; ok {
					got["trace"] = value
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("the dead letter (-want +got):\n%s", diff)
				}
			})
		})
	}
}
