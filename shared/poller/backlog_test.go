package poller_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/poller"
)

// It is invisible since its receive, like those of the batch before it.
func TestAMessageForWhichABatchHadNoRoomIsKeptInvisibleUntilTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var renewed []time.Duration
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			<-time.After(34 * time.Second)
			return events.SQSEventResponse{}, nil
		}
		large := strings.Repeat("x", 4<<20) // there is no room for two in a batch
		two := `{"Messages":[{"MessageId":"m","ReceiptHandle":"first","Body":"` + large + `"},{"MessageId":"n","ReceiptHandle":"second","Body":"` + large + `"}]}`
		pollFrom(t, time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, handle, receivedOnce(two, func(operation string, body []byte) (int, string) {
			if operation == "ChangeMessageVisibilityBatch" && strings.Contains(string(body), "second") {
				mu.Lock()
				defer mu.Unlock()
				renewed = append(renewed, time.Since(start)/time.Second)
			}
			return 200, deleted(body)
		}))
		if diff := cmp.Diff([]time.Duration{10, 20, 30, 40, 50, 60}, renewed); diff != "" {
			t.Errorf("the second message is renewed after so many seconds (-want +got):\n%s", diff)
		}
	})
}
