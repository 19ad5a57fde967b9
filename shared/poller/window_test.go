package poller_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
)

func TestABatchWaitsForMoreFromItsFirstMessageOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 10, 1, 5*time.Second }, nil)
		f.run()
		stacktest.Wait(15 * time.Second) // a long poll goes on meanwhile
		f.send("a")
		stacktest.Wait(3 * time.Second)
		f.send("b")
		stacktest.Wait(10 * time.Second)
		if diff := cmp.Diff([]batch{{20 * time.Second, "a b"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// secondReceive lets something happen in the place of the second receive.
func secondReceive(instead func(*http.Request) error) func(string, *http.Request) error {
	var receives atomic.Int32
	return func(operation string, r *http.Request) error {
		if operation == "ReceiveMessage" && receives.Add(1) == 2 {
			return instead(r)
		}
		return nil
	}
}

// It is handled at once: nobody knows when a receive will succeed.
func TestABatchIsNotLostWhenALaterReceiveOfItsWindowFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 10, 1, 5*time.Second }, nil)
		f.disturb = secondReceive(func(*http.Request) error {
			<-time.After(2 * time.Second)
			return errors.New("connection lost")
		})
		f.send("a")
		f.run()
		stacktest.Wait(time.Minute)
		if diff := cmp.Diff([]batch{{2 * time.Second, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 0)
	})
}

// It has five seconds for its answer, beyond what is left of the window.
func TestAReceiveThatHangsInAWindowKeepsTheBatchForFiveSecondsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 10, 1, 2*time.Second }, nil)
		f.disturb = secondReceive(func(r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		})
		f.send("a")
		f.run()
		stacktest.Wait(time.Minute)
		if diff := cmp.Diff([]batch{{7 * time.Second, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}
