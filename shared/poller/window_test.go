package poller_test

import (
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
