package sqs_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	sqsserver "simple-sam-demo/local/sqs"
)

func TestFIFOQueuesSayThatTheyAreNotSupported(t *testing.T) {
	client := newClient()
	for name, in := range map[string]*sqs.CreateQueueInput{
		"by name and attribute": {QueueName: aws.String("Orders.fifo"), Attributes: settings{"FifoQueue": "true"}},
		"by attribute":          {QueueName: aws.String("Orders"), Attributes: settings{"FifoQueue": "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.CreateQueue(t.Context(), in)
			wantError(t, err, "AWS.SimpleQueueService.UnsupportedOperation", "FIFO queues are not supported here")
		})
	}
}

// AWS gives these answers for a standard queue.
func TestAttributesOfFIFOQueuesAreRefused(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	_, err := q.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("Orders.fifo")})
	wantError(t, err, "InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	for name, test := range map[string]struct{ value, says string }{
		"FifoQueue":                 {"false", "Unknown Attribute FifoQueue."},
		"ContentBasedDeduplication": {"true", "Unknown Attribute ContentBasedDeduplication."},
		"DeduplicationScope":        {"queue", "You can specify the DeduplicationScope only when FifoQueue is set to true."},
		"FifoThroughputLimit":       {"perQueue", "You can specify the FifoThroughputLimit only when FifoQueue is set to true."},
	} {
		wantError(t, q.set(settings{name: test.value}), "InvalidAttributeName", test.says)
		_, err := q.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("New"), Attributes: settings{name: test.value}})
		wantError(t, err, "InvalidAttributeName", test.says)
	}
	wantError(t, q.set(settings{"FifoQueue": "true"}), "InvalidAttributeName", "Unknown Attribute FifoQueue.")
}

func newServer() http.Handler { return sqsserver.New("us-east-1", "000000000000") }

// post sends a request that no SDK would send, and returns the answer.
func post(t *testing.T, server http.Handler, header http.Header, body string) (*http.Response, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	response := w.Result()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&answer); err != nil {
		t.Fatalf("the answer %q is not JSON: %v", text, err)
	}
	return response, answer
}

func target(operation string) http.Header {
	return http.Header{"X-Amz-Target": {"AmazonSQS." + operation}, "Content-Type": {"application/x-amz-json-1.0"}}
}

// notInProtocol are requests that are not in the JSON protocol, the type of the error that answers
// each, and a part of its message.
var notInProtocol = map[string]struct {
	header     http.Header
	body       string
	shape, say string
}{
	"the Query protocol of old SDKs": {
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "Action=SendMessage&Version=2012-11-05",
		"com.amazonaws.sqs#UnsupportedOperation", "only SQS (JSON protocol, header X-Amz-Target: AmazonSQS.*) and DynamoDB are served here",
	},
	"another service": {
		http.Header{"X-Amz-Target": {"Kinesis_20131202.PutRecord"}}, "{}",
		"com.amazonaws.sqs#UnsupportedOperation", "only SQS (JSON protocol, header X-Amz-Target: AmazonSQS.*) and DynamoDB are served here",
	},
	"an unknown operation":    {target("CreateTopic"), "{}", "com.amazonaws.sqs#UnsupportedOperation", "operation CreateTopic is not supported here"},
	"a body that is not JSON": {target("SendMessage"), "{", "com.amazon.coral.service#SerializationException", "JSON"},
	"a text for a number": {
		target("SendMessage"), `{"DelaySeconds":"soon"}`,
		"com.amazon.coral.service#SerializationException", "STRING_VALUE can not be converted to an Integer",
	},
	"a fraction for a whole number": {
		target("SendMessage"), `{"DelaySeconds":1.5}`,
		"com.amazon.coral.service#SerializationException", "number 1.5 found where not expected: DelaySeconds",
	},
	"a structure for a text": {
		target("SendMessage"), `{"MessageBody":{}}`,
		"com.amazon.coral.service#SerializationException", "Start of structure or map found where not expected.",
	},
	"a list of numbers for binary data": {
		target("SendMessage"), `{"QueueUrl":"x","MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":[1,2]}}}`,
		"com.amazon.coral.service#SerializationException", "Start of list found where not expected.",
	},
	"half a surrogate pair": {
		target("SendMessage"), `{"QueueUrl":"x","MessageBody":"\ud83c"}`,
		"com.amazon.coral.service#SerializationException", `the request has a \ud83c that is half a surrogate pair`,
	},
	"a list for a structure": {
		target("SendMessage"), `[]`,
		"com.amazon.coral.service#SerializationException", "Start of list found where not expected.",
	},
	"a text for a structure": {
		target("CreateQueue"), `{"Attributes":"x"}`,
		"com.amazon.coral.service#SerializationException", "string found where not expected: Attributes",
	},
	"a truth for a text in an entry": {
		target("SendMessageBatch"), `{"Entries":[{"Id":true}]}`,
		"com.amazon.coral.service#SerializationException", "bool found where not expected: Id",
	},
	"a number for the whole": {
		target("SendMessage"), `1`,
		"com.amazon.coral.service#SerializationException", "number found where not expected",
	},
	"a body over 8 MiB": {target("SendMessage"), strings.Repeat(" ", 8<<20+1), "com.amazon.coral.service#SerializationException", "too large"},
	"no queue": {
		target("SendMessage"), `{"MessageBody":"x"}`,
		"com.amazon.coral.service#MissingRequiredParameterException", "QueueUrl",
	},
}

func TestARequestThatIsNotInTheJSONProtocolGetsAClearError(t *testing.T) {
	for name, test := range notInProtocol {
		t.Run(name, func(t *testing.T) {
			response, answer := post(t, newServer(), test.header, test.body)
			if response.StatusCode != http.StatusBadRequest || answer["__type"] != test.shape {
				t.Errorf("got %s %v, want 400 %s", response.Status, answer["__type"], test.shape)
			}
			if message, _ := answer["message"].(string); !strings.Contains(message, test.say) {
				t.Errorf("message %q, want it to say %q", message, test.say)
			}
		})
	}
}

// The Go SDK refuses most of these requests before it sends them.
func TestTheErrorNamesTheMissingParameter(t *testing.T) {
	server := newServer()
	call(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
	for _, test := range []struct{ operation, body, want string }{
		{"CreateQueue", `{}`, "QueueName"},
		{"GetQueueUrl", `{}`, "QueueName"},
		{"SetQueueAttributes", `{"QueueUrl":"Orders"}`, "Attribute.Name"},
		{"RemovePermission", `{"QueueUrl":"Orders"}`, "Label"},
		{"ChangeMessageVisibility", `{"QueueUrl":"Orders","ReceiptHandle":"x"}`, "VisibilityTimeout"},
		{"StartMessageMoveTask", `{}`, "SourceArn"},
		{"ListMessageMoveTasks", `{}`, "SourceArn"},
	} {
		_, answer := post(t, server, target(test.operation), test.body)
		want := map[string]any{
			"__type":  "com.amazon.coral.service#MissingRequiredParameterException",
			"message": "The request must contain the parameter " + test.want + ".",
		}
		if diff := cmp.Diff(want, answer); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.operation, test.body, diff)
		}
	}
}

// SDKs that once used the Query protocol read the error code from a header.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
func TestAnErrorCarriesTheCodeOfTheQueryProtocolToo(t *testing.T) {
	response, answer := post(t, newServer(), target("GetQueueUrl"), `{"QueueName":"None"}`)
	if got, want := response.Header.Get("X-Amzn-Query-Error"), "AWS.SimpleQueueService.NonExistentQueue;Sender"; got != want {
		t.Errorf("header %q, want %q", got, want)
	}
	want := map[string]any{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "The specified queue does not exist."}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// The Go SDK leaves zeros out of a request. Other SDKs and the AWS CLI send them. A zero in a
// request counts more than the queue's own setting.
func TestAZeroInARequestOverridesTheQueuesSetting(t *testing.T) {
	server := newServer()
	call(t, server, target("CreateQueue"), `{"QueueName":"Orders","Attributes":{"DelaySeconds":"900","VisibilityTimeout":"900","ReceiveMessageWaitTimeSeconds":"20"}}`)
	call(t, server, target("SendMessage"), `{"QueueUrl":"Orders","MessageBody":"hello","DelaySeconds":0}`)
	for range 2 { // the first receive leaves the message visible
		got := call(t, server, target("ReceiveMessage"), `{"QueueUrl":"Orders","VisibilityTimeout":0,"WaitTimeSeconds":0}`)
		if messages, _ := got["Messages"].([]any); len(messages) != 1 {
			t.Errorf("got %v, want one message", got)
		}
	}
}

func TestReceiveMessageRefusesNumbersOutOfRange(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	for name, change := range map[string]func(*sqs.ReceiveMessageInput){
		"MaxNumberOfMessages": func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 11 },
		"WaitTimeSeconds":     func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = 21 },
		"VisibilityTimeout":   func(in *sqs.ReceiveMessageInput) { in.VisibilityTimeout = 43201 },
	} {
		_, err := q.tryReceive(t.Context(), change)
		wantError(t, err, "InvalidParameterValue", name)
	}
}

func TestAReceiveReturnsNoMoreThanItAsksFor(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	for range 15 {
		q.send("hello")
	}
	for _, test := range []struct {
		ask  int32
		want int
	}{{3, 3}, {0, 1}, {10, 10}, {10, 1}, {10, 0}} {
		got := q.receive(func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = test.ask })
		if len(got) != test.want {
			t.Errorf("asked for %d messages, received %d, want %d", test.ask, len(got), test.want)
		}
	}
}
