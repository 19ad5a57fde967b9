package poller_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
)

// SQS may have chosen messages for a receive already when the process is told to stop. If the receive were
// cut off, these messages would stay invisible, and nobody would have them.
func TestAReceiveThatIsUnderWayEndsBeforeThePollerDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(time.Second))
		stop := f.run()
		stacktest.Wait(5 * time.Second)
		stopped := make(chan time.Duration)
		go func() {
			stop()
			stopped <- time.Since(f.start)
		}()
		stacktest.Wait(5 * time.Second)
		f.send("a")
		if after := <-stopped; after > poller.LongPoll {
			t.Errorf("the poller ends after %s", after)
		}
		if diff := cmp.Diff([]batch{{10 * time.Second, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 0)
	})
}

func TestAPollerThatIsToldToStopBeginsNoReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(10*time.Second))
		stop := f.run()
		f.send("a", "b")
		stacktest.Wait(time.Second)
		go stop()
		f.send("c")
		stacktest.Wait(time.Hour)
		if diff := cmp.Diff(2, len(f.seen())); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		f.wantCounts(1, 0)
	})
}

func TestAWindowEndsWhenThePollerIsToldToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 10, 1, 300*time.Second }, nil)
		stop := f.run()
		f.send("a")
		stacktest.Wait(30 * time.Second)
		stop()
		if diff := cmp.Diff([]batch{{40 * time.Second, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 0)
	})
}

func TestReceivedMessagesForWhichABatchHadNoRoomAreHandledBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 10, 1, time.Second }, takes(time.Second))
		stop := f.run()
		f.send("a")
		stacktest.Wait(1500 * time.Millisecond) // until that is being handled
		f.send(slices.Repeat([]string{strings.Repeat("x", 1<<20)}, 8)...)
		stacktest.Wait(time.Second) // a batch has room for six megabytes
		stop()
		f.wantCounts(0, 0)
		if got := len(f.seen()); got != 3 {
			t.Errorf("%d batches, want 3", got)
		}
	})
}

// The SDK would try again, and that would be a new receive.
func TestAReceiveThatFailsAfterThePollerIsToldToStopIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, nil)
		f.disturb = func(string, *http.Request) error {
			<-time.After(15 * time.Second)
			return errors.New("connection lost")
		}
		stop := f.run()
		stacktest.Wait(5 * time.Second)
		stop()
		if after := time.Since(f.start); after != 15*time.Second {
			t.Errorf("the poller ends after %s, want 15s", after)
		}
	})
}

// A worker that is told to stop has no time to wait until SQS answers again.
func TestDeletesThatHangDoNotKeepThePollerFromItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 1000, 1, time.Second }, nil)
		f.disturb = hangs("DeleteMessageBatch")
		f.send(slices.Repeat([]string{"a"}, 1000)...)
		stop := f.run()
		stacktest.Wait(100 * time.Millisecond)
		stop()
		if after := time.Since(f.start); after > 6*time.Second {
			t.Errorf("the poller ends after %s", after)
		}
	})
}

// The local event source mapping ends at once. Its SQS keeps the messages of a receive that is cut off.
func TestAReceiveThatNeedNotEndIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.FinishReceives = false }, nil)
		stop := f.run()
		stacktest.Wait(5 * time.Second)
		stop()
		if after := time.Since(f.start); after != 5*time.Second {
			t.Errorf("the poller ends after %s, want 5s", after)
		}
	})
}

func TestAPollerThatIsToldToStopAfterAReceiveThatFailedEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, nil)
		f.disturb = func(string, *http.Request) error { return errors.New("connection lost") }
		stop := f.run()
		stacktest.Wait(200 * time.Millisecond) // and the poller pauses for a second
		stop()
		if after := time.Since(f.start); after != 200*time.Millisecond {
			t.Errorf("the poller ends after %s, want 200ms", after)
		}
	})
}

func TestAReceiveThatFailsAfterThePollerIsToldToStopIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, log := pollFrom(t, time.Second, poller.Settings{BatchSize: 1, BatchesAtOnce: 1}, nil, func(string, []byte) (int, string) {
			return 400, waits(2 * time.Second)
		})
		if log != "" {
			t.Errorf("it logs %s", log)
		}
	})
}
