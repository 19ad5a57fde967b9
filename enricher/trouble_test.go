package enricher_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	gocmp "github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher"
	"simple-sam-demo/local/stacktest"
)

// docs/runbook.md looks for these lines, counts them by their code and cause, and finds them by the id of the invocation.
func TestEachTroubleOfAMessageHasALineThatSaysWhat(t *testing.T) {
	type line = map[string]any
	whole := "the whole error" // which is in the log alone: it names what belongs to the account
	for name, test := range map[string]struct {
		body     func(t *testing.T, s *stacktest.Stack) string
		receives string
		age      time.Duration
		fails    []string // operations that are throttled
		own      []string // attributes that the sender gave the message
		sender   string
		want     []line
	}{
		"it is retried, and cannot be given back early": {
			body: func(t *testing.T, s *stacktest.Stack) string { return message(store(t, s, example)) }, receives: "1", fails: []string{"DynamoDB.BatchGetItem", "SQS.ChangeMessageVisibility"},
			want: []line{
				{"level": "WARN", "msg": "message to be retried", "id": example.ID(), "message_id": "m", "receive_count": 1.0,
					"cause": "ThrottlingException", "error": whole, "delay_seconds": "1 to 2"},
				{"level": "WARN", "msg": "message not given back early", "message_id": "m", "error": whole},
			},
		},
		"its item cannot be marked": {
			body: func(t *testing.T, s *stacktest.Stack) string { return message(spoil(t, s, tooSmall)) }, receives: "1", fails: []string{"DynamoDB.UpdateItem"},
			want: []line{
				{"level": "ERROR", "msg": "item not marked as failed", "id": example.ID(), "error": whole},
				{"level": "WARN", "msg": "message to be retried", "id": example.ID(), "message_id": "m", "receive_count": 1.0,
					"cause": spoiledFeature.Fault(), "delay_seconds": "1 to 2"},
			},
		},
		"its dead letter cannot be sent": {
			body: func(*testing.T, *stacktest.Stack) string { return "hello" }, receives: "1", fails: []string{"SQS.SendMessage"},
			want: []line{
				{"level": "ERROR", "msg": "message not dead-lettered", "message_id": "m", "error": whole},
				{"level": "WARN", "msg": "message to be retried", "message_id": "m", "receive_count": 1.0,
					"cause": "body is not a JSON object with an id", "delay_seconds": "1 to 2"},
			},
		},
		"its dead letter has no room for one of its attributes": {
			body: func(*testing.T, *stacktest.Stack) string { return "hello" }, receives: "2", own: []string{"a", "b", "c"},
			want: []line{
				{"level": "WARN", "msg": "message attributes left out of the dead letter", "message_id": "m", "attributes": 1.0},
				{"level": "ERROR", "msg": "message dead-lettered", "message_id": "m", "receive_count": 2.0,
					"cause": "body is not a JSON object with an id", "code": "MalformedMessage"},
			},
		},
		"it was dead-lettered before, and moved back": { // nothing of it is left out but the old reason
			body: func(*testing.T, *stacktest.Stack) string { return "hello" }, receives: "1", sender: "AROALOCAL:EnricherFunction",
			own: []string{"failure_code", "failure_reason", "failed_at", "original_sender_id", "original_sent_at", "request_id", "a", "b"},
			want: []line{
				{"level": "ERROR", "msg": "message dead-lettered", "message_id": "m", "receive_count": 1.0,
					"cause": "body is not a JSON object with an id", "code": "MalformedMessage"},
			},
		},
		"it is given up": {
			body: func(t *testing.T, s *stacktest.Stack) string { return message(store(t, s, example)) }, receives: "5", fails: []string{"DynamoDB.BatchGetItem"},
			want: []line{
				{"level": "ERROR", "msg": "message dead-lettered", "id": example.ID(), "message_id": "m", "receive_count": 5.0,
					"cause": "ThrottlingException", "error": whole, "code": "RetriesExhausted"},
			},
		},
		"its item will not come": {
			body: func(*testing.T, *stacktest.Stack) string { return message(example.ID()) }, receives: "3", age: 20 * time.Second,
			want: []line{
				{"level": "WARN", "msg": "orphan message dropped", "id": example.ID(), "message_id": "m", "receive_count": 3.0, "cause": "item not found"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					switch {
					case function == "EnricherFunction" && slices.Contains(test.fails, operation):
						return throttles(r, next)
					case operation == "SQS.ChangeMessageVisibility": // of a message that no queue holds
						return answers(200, "{}")(r, next)
					}
					return next.RoundTrip(r)
				}, t.Output())
				m := events.SQSMessage{MessageId: "m", ReceiptHandle: "h", Body: test.body(t, s), MessageAttributes: map[string]events.SQSMessageAttribute{}}
				m.Attributes = map[string]string{
					"ApproximateReceiveCount": test.receives, "SenderId": cmp.Or(test.sender, "AIDA7"), "SentTimestamp": fmt.Sprint(time.Now().Add(-test.age).UnixMilli()),
				}
				for _, name := range test.own {
					m.MessageAttributes[name] = events.SQSMessageAttribute{DataType: "String", StringValue: &name}
				}
				var log bytes.Buffer
				h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"),
					slog.New(stacktest.RequestIDs{Handler: slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})}))
				if err != nil {
					t.Fatal(err)
				}
				ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"})
				if _, err := h.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{m}}); err != nil {
					t.Fatal(err)
				}
				var got []line
				for text := range strings.Lines(log.String()) {
					var l line
					if err := json.Unmarshal([]byte(text), &l); err != nil {
						t.Fatalf("%v: %s", err, text)
					}
					if l["msg"] == "invocation" {
						continue
					}
					if l["requestId"] != "r" {
						t.Errorf("a line without the id of the invocation: %s", text)
					}
					if strings.Contains(fmt.Sprint(l["error"]), "Rate exceeded for arn:aws:secret") {
						l["error"] = whole
					}
					if delay, ok := l["delay_seconds"].(float64); ok && delay >= 1 && delay <= 2 {
						l["delay_seconds"] = "1 to 2"
					}
					delete(l, "time")
					delete(l, "requestId")
					got = append(got, l)
				}
				if diff := gocmp.Diff(test.want, got); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
			})
		})
	}
}
