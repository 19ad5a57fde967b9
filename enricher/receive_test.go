package enricher_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// Only the receipt handle of the newest receive is sure to be valid.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
// A worker's heartbeat renews the handle that came last, so it must hear of that one when the message is given back.
func TestAMessageThatIsTwiceInABatchIsGivenBackOnceByItsNewestReceiptHandle(t *testing.T) {
	type receive struct{ count, handle string }
	for name, receives := range map[string][]receive{
		"the newest last": {{"1", "old"}, {"3", "newest"}}, "the newest first": {{"3", "newest"}, {"1", "old"}}, "both with one count": {{"3", "old"}, {"3", "newest"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var givenBack []string
				missing, stored := message(sample.Nth(1).ID()), sample.Nth(2)
				s := stacktest.Build(t, nil, func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if operation == "SQS.ChangeMessageVisibility" {
						body, err := io.ReadAll(r.Body)
						if err != nil {
							return nil, err
						}
						var request struct{ ReceiptHandle string }
						if err := json.Unmarshal(body, &request); err != nil {
							return nil, err
						}
						givenBack = append(givenBack, request.ReceiptHandle)
						r.Body = io.NopCloser(bytes.NewReader(body))
					}
					return next.RoundTrip(r)
				}, t.Output())
				var event events.SQSEvent
				for _, r := range receives {
					event.Records = append(event.Records, events.SQSMessage{
						MessageId: "twice", ReceiptHandle: r.handle, Body: missing, Attributes: map[string]string{"ApproximateReceiveCount": r.count},
					})
				}
				id := store(t, s, stored)
				event.Records = append(event.Records, events.SQSMessage{MessageId: "other", ReceiptHandle: "other", Body: message(id)})
				out, err := newHandler(t, s).Handle(t.Context(), event)
				want := []events.SQSBatchItemFailure{{ItemIdentifier: "twice"}, {ItemIdentifier: "twice"}}
				if diff := cmp.Diff(want, out.BatchItemFailures); err != nil || diff != "" {
					t.Errorf("%v; batch item failures (-want +got):\n%s", err, diff)
				}
				if diff := cmp.Diff([]string{"newest"}, givenBack); diff != "" {
					t.Errorf("given back (-want +got):\n%s", diff)
				}
				if got := get(t, s, id).Status(); got != item.Classified {
					t.Errorf("the item of the message after it is %s", got)
				}
			})
		})
	}
}

// Lambda always sends an id. Whoever calls the function by hand may leave it out.
func TestMessagesWithoutAnIDAreNotTheSameMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		var event events.SQSEvent
		for n := range 2 {
			event.Records = append(event.Records, events.SQSMessage{Body: message(store(t, s, sample.Nth(n)))})
		}
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; given back %v", err, out.BatchItemFailures)
		}
		for n := range 2 {
			if got := get(t, s, sample.Nth(n).ID()).Status(); got != item.Classified {
				t.Errorf("item %d is %s", n, got)
			}
		}
	})
}
