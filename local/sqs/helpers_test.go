package sqs_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"simple-sam-demo/local/stack"
)

// tb has the methods of *testing.T and *rapid.T that the helpers use.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
	Context() context.Context
}

// newClient returns a client of a new SQS that has no queues.
func newClient() *sqs.Client {
	return sqs.NewFromConfig(stack.InMemory().Config())
}

// queue is a queue as its clients see it.
type queue struct {
	t        tb
	client   *sqs.Client
	url, arn string
}

// settings are a queue's attributes.
type settings = map[string]string

// newQueue creates a queue.
func newQueue(t tb, client *sqs.Client, name string, s settings) *queue {
	t.Helper()
	created, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: s})
	if err != nil {
		t.Fatal(err)
	}
	q := &queue{t: t, client: client, url: *created.QueueUrl}
	q.arn = q.attributes()["QueueArn"]
	return q
}

// withQueue runs a test on a new queue in a synctest bubble, where time is simulated.
func withQueue(t *testing.T, s settings, test func(t *testing.T, q *queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newQueue(t, newClient(), "Orders", s)) })
}

// wait lets time pass.
func wait(d time.Duration) { <-time.After(d) }

func (q *queue) attributes() map[string]string {
	q.t.Helper()
	out, err := q.client.GetQueueAttributes(q.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		q.t.Fatal(err)
	}
	return out.Attributes
}

// counts holds the three numbers of messages that a queue shows.
type counts struct{ visible, inFlight, delayed string }

func (q *queue) counts() counts {
	q.t.Helper()
	a := q.attributes()
	return counts{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"]}
}

func (q *queue) wantCounts(visible, inFlight, delayed string) {
	q.t.Helper()
	if got, want := q.counts(), (counts{visible, inFlight, delayed}); got != want {
		q.t.Errorf("the queue counts %+v, want %+v", got, want)
	}
}

// send sends a message and returns its id.
func (q *queue) send(body string, change ...func(*sqs.SendMessageInput)) (id string) {
	q.t.Helper()
	out, err := q.trySend(body, change...)
	if err != nil {
		q.t.Fatal(err)
	}
	return *out.MessageId
}

func (q *queue) trySend(body string, change ...func(*sqs.SendMessageInput)) (*sqs.SendMessageOutput, error) {
	in := &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body}
	for _, c := range change {
		c(in)
	}
	return q.client.SendMessage(q.t.Context(), in)
}

// delayed delays a message by some seconds.
func delayed(seconds int32) func(*sqs.SendMessageInput) {
	return func(in *sqs.SendMessageInput) { in.DelaySeconds = seconds }
}

// receive receives up to ten messages with all their attributes. It does not wait.
func (q *queue) receive(change ...func(*sqs.ReceiveMessageInput)) []types.Message {
	q.t.Helper()
	out, err := q.tryReceive(q.t.Context(), change...)
	if err != nil {
		q.t.Fatal(err)
	}
	return out.Messages
}

func (q *queue) tryReceive(ctx context.Context, change ...func(*sqs.ReceiveMessageInput)) (*sqs.ReceiveMessageOutput, error) {
	in := &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: 10,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	}
	for _, c := range change {
		c(in)
	}
	return q.client.ReceiveMessage(ctx, in)
}

// receiveOne receives a message. It fails the test unless there is exactly one.
func (q *queue) receiveOne(change ...func(*sqs.ReceiveMessageInput)) types.Message {
	q.t.Helper()
	messages := q.receive(change...)
	if len(messages) != 1 {
		q.t.Fatalf("%d messages received, want 1", len(messages))
	}
	return messages[0]
}

// wantNone fails the test if there is a message to receive.
func (q *queue) wantNone() {
	q.t.Helper()
	if got := bodies(q.receive()); len(got) > 0 {
		q.t.Fatalf("received %q, want nothing", got)
	}
}

func bodies(messages []types.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, *m.Body)
	}
	slices.Sort(all)
	return all
}

func (q *queue) tryDelete(m types.Message) error {
	_, err := q.client.DeleteMessage(q.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle})
	return err
}

func (q *queue) delete(m types.Message) {
	q.t.Helper()
	if err := q.tryDelete(m); err != nil {
		q.t.Fatal(err)
	}
}

func (q *queue) tryChangeVisibility(m types.Message, timeout time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(q.t.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(timeout / time.Second),
	})
	return err
}

func (q *queue) changeVisibility(m types.Message, timeout time.Duration) {
	q.t.Helper()
	if err := q.tryChangeVisibility(m, timeout); err != nil {
		q.t.Fatal(err)
	}
}

func (q *queue) set(s settings) error {
	_, err := q.client.SetQueueAttributes(q.t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &q.url, Attributes: s})
	return err
}

// wantError fails the test unless err is an SQS error with this code and its message contains the text.
func wantError(t tb, err error, code, text string) {
	t.Helper()
	var got smithy.APIError
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want an error of SQS", err)
	}
	if got.ErrorCode() != code || !strings.Contains(got.ErrorMessage(), text) {
		t.Errorf("got error %s %q, want %s that says %q", got.ErrorCode(), got.ErrorMessage(), code, text)
	}
}

// codeOf returns the code of an SQS error, or "" if err is nil.
func codeOf(err error) string {
	var e smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.ErrorCode()
	default:
		return err.Error()
	}
}

// redrivesTo sets the redrive policy.
func (q *queue) redrivesTo(deadLetters *queue, maxReceiveCount string) {
	q.t.Helper()
	if err := q.set(settings{"RedrivePolicy": `{"deadLetterTargetArn":"` + deadLetters.arn + `","maxReceiveCount":` + maxReceiveCount + `}`}); err != nil {
		q.t.Fatal(err)
	}
}

func stringAttribute(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
