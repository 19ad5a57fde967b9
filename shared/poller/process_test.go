package poller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"simple-sam-demo/local/stacktest"
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

// The lines of a batch have it, so that they can be told from those of other batches.
func TestEachBatchHasARequestIDOfItsOwn(t *testing.T) {
	for _, timeout := range []time.Duration{timeout, 0} {
		synctest.Test(t, func(t *testing.T) {
			ids := map[string]bool{}
			f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce, s.BatchTimeout = 1, timeout }, func(ctx context.Context, _ *fixture, _ events.SQSMessage) bool {
				if c, ok := lambdacontext.FromContext(ctx); ok {
					ids[c.AwsRequestID] = true
				}
				return false
			})
			f.send("a", "b", "c")
			f.run()
			stacktest.Wait(time.Second)
			if len(ids) != 3 || ids[""] {
				t.Errorf("with a timeout of %s three batches have the ids %v", timeout, ids)
			}
		})
	}
}
