package poller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/poller"
)

// A message may be received again while it waits for its batch. The handler names it once.
func TestAMessageThatIsTwiceInABatchAndFailedIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := false
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "m"}}}, nil
		}
		calls, _ := pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, handle, func(operation string, body []byte) (int, string) {
			switch {
			case operation == "DeleteMessageBatch":
				return 200, deleted(body)
			case received:
				return 200, waits(time.Second)
			}
			received = true
			return 200, `{"Messages":[{"MessageId":"m","ReceiptHandle":"first","Body":"b"},{"MessageId":"m","ReceiptHandle":"second","Body":"b"}]}`
		})
		if n := calls["DeleteMessageBatch"]; n > 0 {
			t.Errorf("%d deletes", n)
		}
	})
}
