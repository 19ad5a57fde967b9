package main

import (
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
	for i := range 200 {
		classified(t, b.Stack, i, oldest)
	}
	b.fault = failFrom("Scan", 5)
	if r := b.backfill(t.Context(), t, "-model-version", older, "-rate", "1"); r.err == nil {
		t.Fatal("it was not cut short")
	}
	b.fault = nil
	b.enqueued(t)
	return b, read(t, b.checkpoint)
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
		"for another queue":             {"-model-version", older, "-queue", "http://127.0.0.1/1/other"},
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
