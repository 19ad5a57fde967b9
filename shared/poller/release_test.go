package poller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/stacktest"
)

// A batch whose time is over must not wait for a call that hangs.
func TestThePollersReleaseWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var after time.Duration
		f := setUp(t, nil, func(ctx context.Context, f *fixture, m events.SQSMessage) bool {
			<-time.After(10100 * time.Millisecond) // in the middle of the first beat
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			f.poller.Release(ctx, m.ReceiptHandle)
			if after == 0 { // it comes back
				after = time.Since(f.start)
			}
			return true
		})
		f.disturb = hangs("ChangeMessageVisibilityBatch")
		f.run()
		f.send("a")
		stacktest.Wait(12 * time.Second)
		if after != 10100*time.Millisecond {
			t.Errorf("it returns after %s, want 10.1s", after)
		}
	})
}
