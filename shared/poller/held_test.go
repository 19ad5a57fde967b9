package poller

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

func received(id, receiptHandle string) []types.Message {
	return []types.Message{{MessageId: &id, ReceiptHandle: &receiptHandle}}
}

// holding returns a holder, and a function that tells which receipt handles it renews and which it knows as newest.
func holding() (*holder, func() []string) {
	h := newHolder(nil, Settings{Invisible: Invisible}, slog.New(slog.DiscardHandler))
	return h, func() []string {
		var newest []string
		for _, r := range h.newest {
			newest = append(newest, r.handle)
		}
		return append(slices.Sorted(maps.Keys(h.held)), slices.Sorted(slices.Values(newest))...)
	}
}

// A worker runs for months: what it is done with must not stay in its memory.
func TestNothingIsKeptOfAMessageThatWasDealtWith(t *testing.T) {
	for name, meanwhile := range map[string]func(*holder){
		"which was held all the time": func(*holder) {},
		"which was given back":        func(h *holder) { h.release(t.Context(), "h") },
		"which another consumer may have": func(h *holder) {
			h.held["h"].renewed = time.Now().Add(-Invisible)
			h.entries([]string{"h"}, make(chan struct{}))
		},
	} {
		h, state := holding()
		for range 3 {
			h.hold(received("m", "h"), time.Now())
			meanwhile(h)
			h.forget(received("m", "h"))
		}
		if got := state(); len(got) > 0 {
			t.Errorf("of a message %s it keeps %v", name, got)
		}
	}
}

func TestOnlyTheNewestReceiptHandleOfAMessageIsRenewed(t *testing.T) {
	h, state := holding()
	h.hold(received("m", "first"), time.Now())
	h.hold(received("m", "second"), time.Now())
	if diff := cmp.Diff([]string{"second", "second"}, state()); diff != "" {
		t.Errorf("after the second receive (-want +got):\n%s", diff)
	}
	h.forget(received("m", "first")) // whoever had it first is done
	if diff := cmp.Diff([]string{"second", "second"}, state()); diff != "" {
		t.Errorf("after the first was dealt with (-want +got):\n%s", diff)
	}
	h.hold(received("m", "third"), time.Now())
	if diff := cmp.Diff([]string{"third", "third"}, state()); diff != "" {
		t.Errorf("after the third receive (-want +got):\n%s", diff)
	}
}

// Polls run beside each other, and the answer to a later receive can be here first.
func TestTheNewestReceiptHandleIsThatOfTheLastReceiveAndNotOfTheLastAnswer(t *testing.T) {
	h, state := holding()
	for _, r := range []receipt{{"ninth", 9}, {"eleventh", 11}, {"tenth", 10}} {
		m := append(received("m", r.handle), received("other", "other of "+r.handle)...)
		m[0].Attributes = map[string]string{"ApproximateReceiveCount": strconv.Itoa(r.receives)}
		h.hold(m, time.Now())
	}
	if diff := cmp.Diff([]string{"eleventh", "other of tenth", "eleventh", "other of tenth"}, state()); diff != "" {
		t.Errorf("held, and newest (-want +got):\n%s", diff)
	}
}

func TestAMessageThatIsNotHeldIsReleasedAndLimitedWithoutEffect(t *testing.T) {
	h, state := holding()
	h.release(t.Context(), "unknown")
	h.limit(received("m", "unknown"), time.Now())
	if got := state(); len(got) > 0 {
		t.Errorf("kept %v", got)
	}
	h.hold(received("n", "known"), time.Now())
	limit := time.Now().Add(time.Minute)
	h.limit(append(received("m", "unknown"), received("n", "known")...), limit)
	if until := h.held["known"].until; !until.Equal(limit) {
		t.Errorf("the message after it may be renewed until %s, want %s", until, limit)
	}
}

// A receive that is answered at once has made its messages invisible since its beginning, and one that waited for them at
// most five seconds before its answer.
func TestAMessageIsHeldSinceTheLaterOfTwoTimes(t *testing.T) {
	earlier := time.Now()
	later := earlier.Add(time.Second)
	if latest(earlier, later) != later || latest(later, earlier) != later || latest(later, later) != later {
		t.Error("it is another time")
	}
}

func TestReleaseWaitsNoLongerThanItsContext(t *testing.T) {
	h, _ := holding()
	h.hold(received("m", "h"), time.Now())
	h.held["h"].renewal = make(chan struct{}) // a call that renews it hangs
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.release(ctx, "h")
}

// A message is renewed until its deadline, and as long as no other consumer may have it: a call takes up to a second, and
// the message is visible 30 s after its receive or its last renewal.
func TestAMessageIsRenewedOnlyWhileItIsOurs(t *testing.T) {
	for name, test := range map[string]struct {
		after   time.Duration // its receive
		limit   time.Duration // after its receive, or 0
		renewed int
	}{
		"in time":                     {29*time.Second - 1, 0, 1},
		"when a call may be too late": {29 * time.Second, 0, 0},
		"before its deadline":         {10*time.Second - 1, 10 * time.Second, 1},
		"at its deadline":             {10 * time.Second, 10 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := holding()
				all := append(received("m", "h"), received("n", "i")...)
				h.hold(all, time.Now())
				if test.limit > 0 {
					h.limit(all, time.Now().Add(test.limit))
				}
				time.Sleep(test.after)
				entries := h.entries([]string{"h", "i"}, make(chan struct{}))
				if len(entries) != 2*test.renewed {
					t.Errorf("%d of 2 are renewed, want %d", len(entries), 2*test.renewed)
				}
				for i, entry := range entries {
					if *entry.Id != []string{"0", "1"}[i] || entry.VisibilityTimeout != 30 {
						t.Errorf("entry %d has the id %s and a timeout of %d s", i, *entry.Id, entry.VisibilityTimeout)
					}
				}
			})
		})
	}
}

// What is over for one message is not over for those after it.
func TestTheOthersAreRenewedBesideAMessageThatIsNotOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, state := holding()
		h.hold(append(received("m", "first"), received("n", "limited")...), time.Now())
		h.limit(received("n", "limited"), time.Now().Add(time.Second))
		time.Sleep(20 * time.Second)
		h.hold(received("o", "late"), time.Now())
		time.Sleep(9 * time.Second)
		entries := h.entries([]string{"gone", "limited", "first", "late"}, make(chan struct{}))
		if len(entries) != 1 || *entries[0].ReceiptHandle != "late" || *entries[0].Id != "3" {
			t.Errorf("%d are renewed, want the last alone", len(entries))
		}
		// The first one is another consumer's by now.
		if diff := cmp.Diff([]string{"late", "limited", "first", "late", "limited"}, state()); diff != "" {
			t.Errorf("held, and newest (-want +got):\n%s", diff)
		}
	})
}

// The endpoint may be something other than SQS.
func TestAnAnswerThatNamesNoMessageRenewsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := holding()
		h.hold(append(received("m", "h"), received("n", "i")...), time.Now())
		start := time.Now()
		time.Sleep(time.Second)
		began := time.Now()
		entries := h.entries([]string{"h", "i"}, make(chan struct{}))
		said := func(ids ...string) (renewed []types.ChangeMessageVisibilityBatchResultEntry) {
			for _, id := range ids {
				renewed = append(renewed, types.ChangeMessageVisibilityBatchResultEntry{Id: &id})
			}
			return renewed
		}
		strange := append(said("-1", "2", "x", "", "99999999999999999999"), types.ChangeMessageVisibilityBatchResultEntry{})
		if failed := h.note(entries, strange, began); failed != 2 || !h.held["h"].renewed.Equal(start) || !h.held["i"].renewed.Equal(start) {
			t.Errorf("%d of 2 failed; renewed at %s and %s, want never", failed, h.held["h"].renewed, h.held["i"].renewed)
		}
		if failed := h.note(entries, append(strange, said("1")...), began); failed != 1 || !h.held["h"].renewed.Equal(start) || !h.held["i"].renewed.Equal(began) {
			t.Errorf("%d of 2 failed; renewed at %s and %s, want the second a second later", failed, h.held["h"].renewed, h.held["i"].renewed)
		}
	})
}

// SQS may know no more of them, and a worker has such messages all the time.
func TestAMessageThatIsDoneWithOrIsBeingDeletedNeedsNoRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := holding()
		done, deleted := received("m", "done"), received("n", "deleted")
		h.hold(slices.Concat(done, deleted, received("o", "held")), time.Now())
		entries := h.entries([]string{"done", "deleted", "held"}, make(chan struct{}))
		h.deleting(append(received("p", "unknown"), deleted...))
		h.forget(done)
		if failed := h.note(entries, nil, time.Now()); failed != 1 {
			t.Errorf("%d were not renewed, want the one that is held", failed)
		}
	})
}

func TestTheLatestOfTheBatchesIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lateness
		now := time.Now()
		var ids []int
		for _, seconds := range []int{30, 10, 20} {
			ids = append(ids, l.begin(now.Add(time.Duration(seconds)*time.Second)))
		}
		for range 20 { // whatever the order in which a map is read
			if late := l.most(); late != 0 {
				t.Fatalf("at the start one is %s late", late)
			}
		}
		time.Sleep(31 * time.Second)
		for _, want := range []struct {
			late time.Duration
			ends int // after that
		}{{21 * time.Second, 1}, {11 * time.Second, 2}, {time.Second, 0}, {0, 0}} {
			for range 20 {
				if late := l.most(); late != want.late {
					t.Fatalf("%s late, want %s", late, want.late)
				}
			}
			l.end(ids[want.ends])
		}
	})
}

// The health check asks while batches begin and end. The race detector sees what is not guarded.
func TestTheLatestOfTheBatchesIsToldWhileTheyBeginAndEnd(t *testing.T) {
	var l lateness
	over := make(chan struct{})
	go func() {
		defer close(over)
		for range 1000 {
			l.end(l.begin(time.Now().Add(time.Hour)))
		}
	}()
	for {
		select {
		case <-over:
			return
		default:
			if late := l.most(); late != 0 {
				t.Fatalf("one is %s late", late)
			}
		}
	}
}

// The message waits for a batch of its own. That of its earlier receive may have no time left.
func TestAMessageThatIsReceivedAgainIsRenewedWhateverTheDeadlineOfItsEarlierBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := holding()
		h.hold(received("m", "first"), time.Now())
		h.limit(received("m", "first"), time.Now().Add(40*time.Second))
		h.deleting(received("m", "first"))
		time.Sleep(35 * time.Second)
		h.hold(received("m", "second"), time.Now())
		time.Sleep(10 * time.Second)
		entries := h.entries([]string{"second"}, make(chan struct{}))
		if len(entries) != 1 || *entries[0].ReceiptHandle != "second" {
			t.Errorf("%d are renewed, want the second receive", len(entries))
		}
		if failed := h.note(entries, nil, time.Now()); failed != 1 {
			t.Errorf("%d were not renewed, want the one that only its earlier batch deletes", failed)
		}
	})
}

// A call that is made after 29 s may take effect when another consumer has the message.
func TestAMessageIsOursUntilItMayBeVisible(t *testing.T) {
	for name, test := range map[string]struct {
		invisible, after time.Duration
		want             bool
	}{
		"in time":                    {30 * time.Second, 28900 * time.Millisecond, true},
		"too late":                   {30 * time.Second, 29 * time.Second, false},
		"it is not known until when": {0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHolder(nil, Settings{Invisible: test.invisible}, slog.New(slog.DiscardHandler))
				h.hold(received("a", "h"), time.Now())
				time.Sleep(test.after)
				if got := time.Now().Before(h.release(t.Context(), "h")); got != test.want {
					t.Errorf("after %s it is ours: %t, want %t", test.after, got, test.want)
				}
				if until := h.release(t.Context(), "another"); !until.IsZero() {
					t.Errorf("a message that is not held is ours until %s", until)
				}
			})
		})
	}
}
