package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/queue"
)

// answering returns a queue whose every call gets an answer.
func answering(status int, answer string) (*queue.Queue, *stacktest.Endpoint) {
	e, cfg := stacktest.AlwaysAnswering(status, answer)
	return queue.New(cfg, "http://localhost/1/queue"), e
}

const (
	first  = "00000000000000000000000000000001"
	second = "00000000000000000000000000000002"
	third  = "00000000000000000000000000000003"
	fourth = "00000000000000000000000000000004"
	trace  = "Root=1-67891233-abcdef012345678912345678"
)

// traced is the context of an invocation that belongs to a trace.
func traced(t *testing.T) context.Context {
	//lint:ignore SA1029 aws-lambda-go uses this plain string
	return context.WithValue(t.Context(), "x-amzn-trace-id", trace)
}

var sentTrace = map[string]any{"AWSTraceHeader": map[string]any{"DataType": "String", "StringValue": trace}}

func TestAKeyIsSentWithTheTraceOfTheInvocation(t *testing.T) {
	q, sqs := answering(200, `{"MessageId":"m"}`)
	if err := errors.Join(q.Enqueue(traced(t), first), q.Enqueue(t.Context(), first)); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"operation": "AmazonSQS.SendMessage", "QueueUrl": "http://localhost/1/queue", "MessageBody": `{"id":"` + first + `"}`, "MessageSystemAttributes": sentTrace},
		{"operation": "AmazonSQS.SendMessage", "QueueUrl": "http://localhost/1/queue", "MessageBody": `{"id":"` + first + `"}`},
	}
	if diff := cmp.Diff(want, sqs.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestKeysAreSentTogetherEachWithTheTrace(t *testing.T) {
	q, sqs := answering(200, `{"Successful":[{"Id":"`+first+`"},{"Id":"`+second+`"}]}`)
	if failed := q.EnqueueBatch(traced(t), []string{first, second}); len(failed) > 0 {
		t.Errorf("failed: %v", failed)
	}
	want := []map[string]any{{
		"operation": "AmazonSQS.SendMessageBatch", "QueueUrl": "http://localhost/1/queue", "Entries": []any{
			map[string]any{"Id": first, "MessageBody": `{"id":"` + first + `"}`, "MessageSystemAttributes": sentTrace},
			map[string]any{"Id": second, "MessageBody": `{"id":"` + second + `"}`, "MessageSystemAttributes": sentTrace},
		},
	}}
	if diff := cmp.Diff(want, sqs.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
	if queue.MaxBatch != 10 {
		t.Errorf("up to %d keys are sent together, want 10", queue.MaxBatch)
	}
}

func TestAKeyThatSQSDoesNotConfirmIsNotSent(t *testing.T) {
	q, _ := answering(200, `{"Successful":[{"Id":"`+first+`"}],"Failed":[{"Id":"`+second+`","Code":"Throttled","Message":"slow down","SenderFault":false},`+
		`{"Id":"`+fourth+`","Code":"InternalError","SenderFault":false}]}`)
	failed := q.EnqueueBatch(t.Context(), []string{fourth, second, third, first}) // SQS answers in another order
	if len(failed) != 3 || failed[first] != nil {
		t.Errorf("failed: %v, want all but the first", failed)
	}
	if refused, ok := errors.AsType[smithy.APIError](failed[second]); !ok || refused.ErrorCode() != "Throttled" || refused.ErrorMessage() != "slow down" {
		t.Errorf("the second: %v, want what SQS says", failed[second])
	}
	if refused, ok := errors.AsType[smithy.APIError](failed[fourth]); !ok || refused.ErrorCode() != "InternalError" {
		t.Errorf("the fourth: %v, want what SQS says", failed[fourth])
	}
	if !errors.Is(failed[third], awsclient.ErrNoAnswer) {
		t.Errorf("the third: %v, want %v", failed[third], awsclient.ErrNoAnswer)
	}
	for id, err := range failed {
		if !strings.Contains(err.Error(), "enqueue item "+id) {
			t.Errorf("%v does not name the item %s", err, id)
		}
	}
	q, _ = answering(200, `{}`)
	if err := q.Enqueue(t.Context(), first); !errors.Is(err, awsclient.ErrNoAnswer) || !strings.Contains(err.Error(), "enqueue item "+first) {
		t.Errorf("without a message id: %v", err)
	}
}

func TestWhenACallFailsNoKeyIsSent(t *testing.T) {
	q, _ := answering(400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}`)
	failed := q.EnqueueBatch(t.Context(), []string{first, second})
	failed["alone"] = q.Enqueue(t.Context(), third)
	failed["back"] = q.ChangeVisibility(t.Context(), "r", time.Second)
	for name, says := range map[string]string{first: "enqueue item " + first, second: "enqueue item " + second, "alone": "enqueue item " + third, "back": "change visibility"} {
		if err := failed[name]; err == nil || !strings.Contains(err.Error(), says+": ") || awsclient.Cause(err) != "QueueDoesNotExist" && !strings.Contains(err.Error(), "QueueDoesNotExist") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// SQS counts a visibility timeout in whole seconds.
func TestADelayIsRoundedToSeconds(t *testing.T) {
	for delay, want := range map[time.Duration]float64{
		0: 0, 499 * time.Millisecond: 0, 500 * time.Millisecond: 1, 1499 * time.Millisecond: 1, 15 * time.Minute: 900,
	} {
		q, sqs := answering(200, `{}`)
		if err := q.ChangeVisibility(t.Context(), "receipt", delay); err != nil {
			t.Error(err)
		}
		wanted := []map[string]any{{"operation": "AmazonSQS.ChangeMessageVisibility", "QueueUrl": "http://localhost/1/queue", "ReceiptHandle": "receipt", "VisibilityTimeout": want}}
		if diff := cmp.Diff(wanted, sqs.Requests); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", delay, diff)
		}
	}
}

func TestTheIDOfAMessageIsReadInEachForm(t *testing.T) {
	const notObject, twice, unusable = "body is not a JSON object with an id", "body has the key id twice", "body has no usable id: expected 32 lower-case hexadecimal digits"
	for body, want := range map[string]struct{ id, fault string }{
		`{"id":"` + first + `"}`:                       {first, ""},
		` { "id" : "` + first + `" } `:                 {first, ""},
		`{"id":"` + first + `","more":1}`:              {first, ""},
		`{"more":{"id":1},"id":"` + first + `"}`:       {first, ""},
		`{"id":"` + first + `","id":"` + first + `"}`:  {"", twice},
		`{"id":"` + second + `","id":"` + first + `"}`: {"", twice},
		`{"id":"` + first[1:] + `"}`:                   {"", unusable},
		`{"id":"` + strings.Repeat("A", 32) + `"}`:     {"", unusable},
		`{"id":1}`:                     {"", unusable},
		`{"ID":"` + first + `"}`:       {"", unusable},
		`{}`:                           {"", unusable},
		`{"id":"` + first + `"`:        {"", notObject},
		`"` + first + `"`:              {"", notObject},
		`["id","` + first + `"]`:       {"", notObject},
		`null`:                         {"", notObject},
		``:                             {"", notObject},
		first + `"}`:                   {"", notObject},
		`{"id":"` + first:              {"", notObject},
		first:                          {"", notObject},
		`x{"id":"` + first + `"}`:      {"", notObject},
		`{"id":"` + first + `"}` + `}`: {"", notObject},
	} {
		id, err := queue.ParseBody(body)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if id != want.id || fault != want.fault {
			t.Errorf("%s: %q, %q; want %q, %q", body, id, fault, want.id, want.fault)
		}
	}
}
