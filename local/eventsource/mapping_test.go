package eventsource_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/inmemory"
)

// failAll is a handler that reports every message of a batch as failed.
func failAll(e events.SQSEvent) (string, error) {
	var r events.SQSEventResponse
	for _, record := range e.Records {
		r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
	}
	text, err := json.Marshal(r)
	return string(text), err
}

// backOff returns a handler that sets the visibility timeout of its messages to d and fails.
func (f *fixture) backOff(d time.Duration) handler {
	return func(ctx context.Context, e events.SQSEvent) (string, error) {
		for _, record := range e.Records {
			_, err := f.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
				QueueUrl: &f.url, ReceiptHandle: &record.ReceiptHandle, VisibilityTimeout: int32(d / time.Second),
			})
			if err != nil {
				return "", err
			}
		}
		return failAll(e)
	}
}

// Other emulators reset the visibility timeout of failed messages.
func TestTheVisibilityTimeoutThatAHandlerSetIsKept(t *testing.T) {
	for _, d := range []time.Duration{5 * time.Second, 10 * time.Minute} {
		t.Run(d.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, nil)
				f.handle = f.backOff(d)
				f.send("a")
				f.run(template.EventSource{BatchSize: 10})
				f.wait(2*d + time.Second)
				if diff := cmp.Diff([]invocation{{0, "a"}, {d, "a"}, {2 * d, "a"}}, f.seen()); diff != "" {
					t.Errorf("invocations (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAMessageThatAlwaysFailsReachesTheDeadLetterQueue(t *testing.T) {
	for name, d := range map[string]time.Duration{"backing off": 5 * time.Second, "given back at once": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, nil)
				f.handle = f.backOff(d)
				deadLetters := f.createQueue("DeadLetters")
				f.set("RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:DeadLetters","maxReceiveCount":3}`)
				f.send("a")
				f.run(template.EventSource{BatchSize: 10})
				f.wait(time.Minute)
				if got := len(f.seen()); got != 3 {
					t.Errorf("%d invocations, want 3", got)
				}
				f.wantCounts(0, 0)
				if visible, _ := f.counts(deadLetters); visible != 1 {
					t.Errorf("the dead-letter queue has %d messages, want 1", visible)
				}
			})
		})
	}
}

const trace = "Root=1-5759e988-bd862e3fe1be46a994272793"

// sendWithAttributes sends a message that has every kind of attribute.
func (f *fixture) sendWithAttributes(body string) *sqs.SendMessageOutput {
	f.t.Helper()
	sent, err := f.sqs.SendMessage(f.t.Context(), &sqs.SendMessageInput{
		QueueUrl: &f.url, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"colour": {DataType: aws.String("String"), StringValue: aws.String("red")},
			"image":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)}},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return sent
}

// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
func TestARecordHasAllMembersOfAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []events.SQSMessage
		f := setUp(t, func(_ context.Context, e events.SQSEvent) (string, error) {
			got = append(got, e.Records...)
			return failAll(e)
		})
		sent, now := f.sendWithAttributes("hello"), strconv.FormatInt(time.Now().UnixMilli(), 10)
		f.run(template.EventSource{BatchSize: 10})
		f.wait(visibility)
		for i, record := range got {
			want := events.SQSMessage{
				MessageId: *sent.MessageId, Body: "hello", Md5OfBody: *sent.MD5OfMessageBody, Md5OfMessageAttributes: *sent.MD5OfMessageAttributes,
				ReceiptHandle: record.ReceiptHandle, EventSource: "aws:sqs", EventSourceARN: f.arn, AWSRegion: "us-east-1",
				Attributes: map[string]string{
					"ApproximateReceiveCount": strconv.Itoa(i + 1), "SentTimestamp": now, "ApproximateFirstReceiveTimestamp": now,
					"SenderId": "000000000000", "AWSTraceHeader": trace,
				},
				MessageAttributes: map[string]events.SQSMessageAttribute{
					"colour": {DataType: "String", StringValue: aws.String("red"), StringListValues: []string{}, BinaryListValues: [][]byte{}},
					"image":  {DataType: "Binary", BinaryValue: []byte{0, 255}, StringListValues: []string{}, BinaryListValues: [][]byte{}},
				},
			}
			if diff := cmp.Diff(want, record); diff != "" {
				t.Errorf("record of receive %d (-want +got):\n%s", i+1, diff)
			}
		}
		if len(got) != 2 || got[0].ReceiptHandle == "" || got[0].ReceiptHandle == got[1].ReceiptHandle {
			t.Errorf("%d records, want two with receipt handles of their own", len(got))
		}
	})
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
func TestNewRefusesWhatLambdaRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		source     template.EventSource
		visibility string // the queue's visibility timeout
		refusal    string // a part of the error; "" means no error
	}{
		"settings left out are accepted":                                     {template.EventSource{}, "60", ""},
		"BatchSize 10 is accepted":                                           {template.EventSource{BatchSize: 10}, "60", ""},
		"BatchSize 11 without a window":                                      {template.EventSource{BatchSize: 11}, "60", "BatchSize is 11"},
		"BatchSize 11 with a window under 1 s":                               {template.EventSource{BatchSize: 11, Window: 999 * time.Millisecond}, "60", "BatchSize is 11"},
		"BatchSize 11 with a window is accepted":                             {template.EventSource{BatchSize: 11, Window: time.Second}, "60", ""},
		"BatchSize 10,000 with a window is accepted":                         {template.EventSource{BatchSize: 10_000, Window: time.Second}, "60", ""},
		"BatchSize 10,001":                                                   {template.EventSource{BatchSize: 10_001, Window: time.Second}, "60", "BatchSize is 10001"},
		"a negative BatchSize":                                               {template.EventSource{BatchSize: -1}, "60", "BatchSize is -1"},
		"a window of 5 minutes is accepted":                                  {template.EventSource{Window: 300 * time.Second}, "60", ""},
		"a window over 5 minutes":                                            {template.EventSource{Window: 301 * time.Second}, "60", "window is 5m1s"},
		"a negative window":                                                  {template.EventSource{Window: -time.Second}, "60", "window is -1s"},
		"MaximumConcurrency 1":                                               {template.EventSource{MaximumConcurrency: 1}, "60", "MaximumConcurrency is 1"},
		"a negative MaximumConcurrency":                                      {template.EventSource{MaximumConcurrency: -1}, "60", "MaximumConcurrency is -1"},
		"MaximumConcurrency 2 is accepted":                                   {template.EventSource{MaximumConcurrency: 2}, "60", ""},
		"MaximumConcurrency 1,000 is accepted":                               {template.EventSource{MaximumConcurrency: 1000}, "60", ""},
		"MaximumConcurrency 1,001":                                           {template.EventSource{MaximumConcurrency: 1001}, "60", "MaximumConcurrency is 1001"},
		"a visibility timeout as long as the function's timeout is accepted": {template.EventSource{}, "10", ""},
		"a shorter visibility timeout":                                       {template.EventSource{}, "9", "visibility timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t, nil)
			f.set("VisibilityTimeout", test.visibility)
			_, err := f.mapping(test.source)
			if (err == nil) != (test.refusal == "") || err != nil && !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("got error %v, want one that says %q", err, test.refusal)
			}
		})
	}
}

func TestRunEndsWhenTheLastBatchIsProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(context.Context, events.SQSEvent) (string, error) {
			<-time.After(5 * time.Second)
			return "", nil
		})
		stop := f.run(template.EventSource{BatchSize: 1})
		f.wait(time.Second) // the pollers are polling now
		f.send("a", "b")
		f.wait(time.Second)
		stop()
		if got := time.Since(f.start); got != 6*time.Second {
			t.Errorf("Run ended after %s, want 6s", got)
		}
		f.wantCounts(0, 0)
		f.send("c")
		f.wait(time.Minute)
		f.wantCounts(1, 0)
	})
}

func TestRunEndsAtOnceWhenNoBatchIsBeingProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil)
		stop := f.run(template.EventSource{BatchSize: 1})
		f.wait(3 * time.Second)
		stop()
		if got := time.Since(f.start); got != 3*time.Second {
			t.Errorf("Run ended after %s, want 3s", got)
		}
	})
}

func TestAQueueThatIsDeletedAndCreatedAgainIsPolledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil)
		f.run(template.EventSource{BatchSize: 1})
		f.wait(time.Second)
		if _, err := f.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &f.url}); err != nil {
			t.Fatal(err)
		}
		f.wait(time.Minute)
		f.createQueue("Orders")
		f.send("a")
		f.wait(2 * time.Second)
		if got := fmt.Sprint(len(f.seen())); got != "1" {
			t.Errorf("%s invocations, want 1", got)
		}
	})
}

func TestAMessageWithoutAnIDIsNotProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil)
		answers := inmemory.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"Messages":[{"Body":"x"}],"Attributes":{"VisibilityTimeout":"60"}}`)
		})}
		f.cfg.HTTPClient = &http.Client{Transport: answers}
		f.run(template.EventSource{BatchSize: 1})
		f.wait(time.Minute)
		if n := len(f.seen()); n != 0 {
			t.Errorf("%d invocations, want none", n)
		}
	})
}
