package poller_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
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

// For SQS any receipt handle of a message will do. So the older one would take the message from whoever has the newer one.
func TestAMessageThatAnotherConsumerHasIsNotGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 1 }, func(ctx context.Context, f *fixture, m events.SQSMessage) bool {
			if len(f.seen()) > 1 {
				return false
			}
			<-time.After(time.Minute)
			return giveBack(2*time.Second, 0)(ctx, f, m)
		})
		f.beatsFail(35 * time.Second)
		f.run()
		f.send("a")
		stacktest.Wait(poller.Invisible + time.Second)
		f.anotherReceives()
		stacktest.Wait(9 * time.Minute) // the other one has it for ten
		if got := f.seen(); len(got) != 1 {
			t.Errorf("batches %v: the poller has taken the message from the other consumer", got)
		}
	})
}

func TestTheBackoffOfANewerReceiveStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var received atomic.Int32
		f := setUp(t, nil, func(ctx context.Context, f *fixture, m events.SQSMessage) bool {
			switch received.Add(1) {
			case 1:
				<-time.After(time.Minute)
				return giveBack(2*time.Second, 0)(ctx, f, m)
			case 2:
				<-time.After(10 * time.Second)
				return giveBack(15*time.Minute, 0)(ctx, f, m)
			}
			return false
		})
		f.beatsFail(35 * time.Second)
		f.run()
		f.send("a")
		stacktest.Wait(14 * time.Minute)
		if got := f.seen(); len(got) != 2 {
			t.Errorf("batches %v: want the third 15 minutes after the second", got)
		}
	})
}
