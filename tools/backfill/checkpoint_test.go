package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// stopped returns a bed with a backfill that was stopped, and the text of its checkpoint.
func stopped(t *testing.T) (b *bed, text string) {
	t.Helper()
	b = built(t)
	return b, stop(t, b)
}

// stop fills the table and begins a backfill that does not come to its end. It returns the checkpoint.
func stop(t *testing.T, b *bed) (text string) {
	t.Helper()
	for i := range 200 {
		classified(t, b.Stack, i, oldest)
	}
	b.fault = failFrom("Scan", 5)
	if r := b.backfill(t.Context(), t, "-model-version", older, "-rate", "1"); r.err == nil {
		t.Fatal("it was not cut short")
	}
	b.fault = nil
	b.enqueued(t)
	return read(t, b.checkpoint)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheCheckpointOfAnotherBackfillIsRefused(t *testing.T) {
	for name, flags := range map[string][]string{
		"of another model version":      {"-model-version", newer},
		"of pending items":              nil,
		"of failed items too":           {"-model-version", older, "-failed"},
		"of items of another age":       {"-model-version", older, "-older-than", "1h"},
		"in another number of segments": {"-model-version", older, "-segments", "3"},
		"for another queue":             {"-model-version", older, "-queue", "http://embedded/000000000000/EnrichDeadLetterQueue"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, before := stopped(t)
				r := b.backfill(t.Context(), t, flags...)
				if r.err == nil {
					t.Fatal("it was taken")
				}
				wantIn(t, "error", r.err.Error(), b.checkpoint+" is of another backfill: -table "+names.Table()+" -queue ", "-model-version "+older, "delete the file")
				if ids := b.enqueued(t); len(ids) > 0 || read(t, b.checkpoint) != before {
					t.Errorf("%d keys were enqueued; the checkpoint is now %s", len(ids), read(t, b.checkpoint))
				}
			})
		})
	}
}

// The local stack forgets its table when it is stopped, and the next one has the same name and the same items.
func TestTheCheckpointOfATableThatIsGoneIsRefused(t *testing.T) {
	for name, noID := range map[string]bool{"by the table's id": false, "by when it was created": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := built(t)
				b.noID = noID
				stop(t, b)
				stacktest.Wait(time.Second)
				b.Stack = built(t).Stack
				classified(t, b.Stack, 1, oldest)
				for _, flags := range [][]string{{"-model-version", older}, {"-model-version", newer}} {
					r := b.backfill(t.Context(), t, flags...)
					if r.err == nil {
						t.Fatal("it was taken")
					}
					wantIn(t, "error", r.err.Error(), b.checkpoint+" is not of this table "+names.Table()+", but of an earlier table", "delete the file")
				}
				if err := os.Remove(b.checkpoint); err != nil {
					t.Fatal(err)
				}
				r := b.backfill(t.Context(), t, "-model-version", older)
				if wantIn(t, "stdout", r.stdout, "1 items scanned, 1 keys enqueued ("); r.err != nil {
					t.Error(r.err)
				}
			})
		})
	}
}

func TestARunThatIsTakenUpSaysWhatEarlierRunsDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := stopped(t)
		r := b.backfill(t.Context(), t, "-model-version", older)
		now := len(b.enqueued(t))
		want := fmt.Sprintf("200 items scanned, 200 keys enqueued; of these, earlier runs scanned %d items and enqueued %[1]d keys (", 200-now)
		if wantIn(t, "stdout", r.stdout, want); r.err != nil || now == 0 || now == 200 {
			t.Errorf("%d keys were enqueued, %v", now, r.err)
		}
	})
}

func TestAFileThatIsNoCheckpointIsRefusedAndLeft(t *testing.T) {
	for _, text := range []string{"", "{}", "# Notes\n", `{"search": {"segments": 4}}`} {
		synctest.Test(t, func(t *testing.T) {
			b := built(t)
			if err := os.WriteFile(b.checkpoint, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if r := b.backfill(t.Context(), t); r.err == nil {
				t.Errorf("%q was taken", text)
			} else {
				wantIn(t, "error", r.err.Error(), "is no checkpoint file", "-checkpoint")
			}
			if got := read(t, b.checkpoint); got != text {
				t.Errorf("the file is now %q", got)
			}
		})
	}
}

func TestNothingIsEnqueuedWithoutACheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		classified(t, b.Stack, 1, oldest)
		b.checkpoint = filepath.Join(b.checkpoint, "missing", "file")
		if r := b.backfill(t.Context(), t, "-model-version", older, "-segments", "1"); r.err == nil {
			t.Error("it ran")
		}
		if ids := b.enqueued(t); len(ids) > 0 {
			t.Errorf("%d keys were enqueued", len(ids))
		}
	})
}

// An item that became pending since then may be in a part of the table that is already done.
func TestARunThatIsTakenUpLooksForTheSameItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := item.FormatTime(time.Now().Add(-15 * time.Minute))
		b, _ := stopped(t)
		stacktest.Wait(time.Hour)
		var young []string
		for i := range 20 {
			young = append(young, create(t, b.Stack, 500+i, 30*time.Minute))
		}
		r := b.backfill(t.Context(), t, "-model-version", older)
		if r.err != nil {
			t.Fatal(r.err)
		}
		wantIn(t, "stderr", r.stderr, "created before "+begun)
		for _, id := range b.enqueued(t) {
			if slices.Contains(young, id) {
				t.Error("an item is enqueued that was created after it began")
			}
		}
	})
}

// A checkpoint that somebody has forgotten is taken up by the next run, which may be meant for today's items.
func TestARunThatIsTakenUpSaysThatItLeavesOutNewerItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		b.fault = failFrom("Scan", 1)
		if r := b.backfill(t.Context(), t); r.err == nil {
			t.Fatal("it was not cut short")
		}
		b.fault = nil
		stacktest.Wait(24 * time.Hour)
		create(t, b.Stack, 1, time.Hour)
		r := b.backfill(t.Context(), t)
		wantIn(t, "stderr", r.stderr, "Going on after 0 items scanned and 0 keys enqueued, as "+b.checkpoint, "newer items are not among these. Run it again")
		if wantIn(t, "stdout", r.stdout, "1 items scanned, 0 keys enqueued"); r.err != nil {
			t.Error(r.err)
		}
		wantIn(t, "stdout of the next run", b.backfill(t.Context(), t).stdout, "1 items scanned, 1 keys enqueued")
	})
}
