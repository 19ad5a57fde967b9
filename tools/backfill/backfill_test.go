package main

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// built returns a stack in which nobody reads the queue.
func built(t *testing.T) *bed {
	t.Helper()
	return newBed(t, stacktest.Build(t, nil, nil, t.Output()))
}

func TestTheTableEndsAtOneModelVersion(t *testing.T) {
	embedded, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, stacktest.Start(t, nil, nil))
		versions := map[string]string{}
		for i := range 30 {
			versions[classified(t, b.Stack, i, []string{oldest, older}[i%2])] = embedded.Version()
		}
		versions[create(t, b.Stack, 30, time.Hour)] = embedded.Version()
		versions[classified(t, b.Stack, 31, newer)] = newer
		first := b.backfill(t.Context(), t, "-model-version", embedded.Version())
		stacktest.Wait(time.Minute)
		got := map[string]string{}
		for id := range versions {
			item, err := b.Table.Get(t.Context(), id)
			if err != nil || item.Prediction == nil {
				t.Fatal(item, err)
			}
			got[id] = item.Prediction.ModelVersion
		}
		if diff := cmp.Diff(versions, got); diff != "" || first.err != nil {
			t.Errorf("%v; versions (-want +got):\n%s", first.err, diff)
		}
		wantIn(t, "stdout", first.stdout, "32 items scanned, 31 keys enqueued")
		wantIn(t, "stdout of the next run", b.backfill(t.Context(), t, "-model-version", embedded.Version()).stdout, "32 items scanned, 0 keys enqueued")
	})
}

// kinds are kinds of items, and the flags with which they are enqueued.
var kinds = map[string]struct {
	store func(t *testing.T, s *stacktest.Stack, number int) (id string)
	flags string
}{
	"pending for an hour": {func(t *testing.T, s *stacktest.Stack, n int) string { return create(t, s, n, time.Hour) },
		"none -model-version -failed both"},
	"pending for 14 minutes": {func(t *testing.T, s *stacktest.Stack, n int) string { return create(t, s, n, 14*time.Minute) },
		""},
	"of an older model": {func(t *testing.T, s *stacktest.Stack, n int) string { return classified(t, s, n, oldest) },
		"-model-version both"},
	"of the model": {func(t *testing.T, s *stacktest.Stack, n int) string { return classified(t, s, n, older) },
		""},
	"of a newer model": {func(t *testing.T, s *stacktest.Stack, n int) string { return classified(t, s, n, newer) },
		""},
	"failed": {func(t *testing.T, s *stacktest.Stack, n int) string {
		id := create(t, s, n, time.Hour)
		fail(t, s, id, older)
		return id
	}, "-failed both"},
	"failed after an older model": {func(t *testing.T, s *stacktest.Stack, n int) string {
		id := classified(t, s, n, oldest)
		fail(t, s, id, older)
		return id
	}, "-failed both"},
}

func TestTheFlagsTellWhichItemsAreEnqueued(t *testing.T) {
	for name, flags := range map[string][]string{
		"none": nil, "-model-version": {"-model-version", older}, "-failed": {"-failed"}, "both": {"-failed", "-model-version", older},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := built(t)
				names := map[string]string{}
				var want, got []string
				number := 0
				for kind, k := range kinds {
					names[k.store(t, b.Stack, number)] = kind
					if slices.Contains(strings.Fields(k.flags), name) {
						want = append(want, kind)
					}
					number++
				}
				if r := b.backfill(t.Context(), t, flags...); r.err != nil {
					t.Fatal(r.err)
				}
				for _, id := range b.enqueued(t) {
					got = append(got, names[id])
				}
				slices.Sort(want)
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("enqueued (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// interruptions are ways to end a run in its middle.
var interruptions = map[string]func(b *bed, stop context.CancelFunc) (reason string){
	"by Ctrl-C": func(b *bed, stop context.CancelFunc) string {
		b.fault = func(operation string, n int, call func() (*http.Response, error)) (*http.Response, error) {
			if operation == "SendMessageBatch" && n == 13 {
				stop()
			}
			return call()
		}
		return "stopped"
	},
	"by a queue that fails": func(b *bed, _ context.CancelFunc) string {
		b.fault = failFrom("SendMessageBatch", 13)
		return errDown.Error()
	},
	"by a queue whose answers are lost": func(b *bed, _ context.CancelFunc) string {
		down := failFrom("SendMessageBatch", 13)
		b.fault = func(operation string, n int, call func() (*http.Response, error)) (*http.Response, error) {
			response, err := call()
			return down(operation, n, func() (*http.Response, error) { return response, err })
		}
		return errDown.Error()
	},
	"by a table that fails": func(b *bed, _ context.CancelFunc) string {
		b.fault = failFrom("Scan", 4)
		return errDown.Error()
	},
}

func TestARunThatIsCutShortIsTakenUpWhereItWas(t *testing.T) {
	const items = 300
	flags := []string{"-model-version", newer, "-rate", "1", "-segments", "2"} // 35 items a page
	for name, interrupt := range interruptions {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := built(t)
				var want []string
				for i := range items {
					want = append(want, classified(t, b.Stack, i, older))
				}
				slices.Sort(want)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				reason := interrupt(b, stop)
				first := b.backfill(ctx, t, flags...)
				if first.err == nil {
					t.Fatal("it was not cut short")
				}
				wantIn(t, "error", first.err.Error(), reason, "items are scanned and", "The same command goes on")
				before := b.enqueued(t)
				b.fault = nil
				second := b.backfill(t.Context(), t, flags...)
				if second.err != nil {
					t.Fatal(second.err)
				}
				wantIn(t, "stdout", second.stdout, "300 items scanned, 300 keys enqueued")
				wantIn(t, "stderr", second.stderr, "Going on after")
				after := b.enqueued(t)
				if len(after) == items || len(before) == 0 {
					t.Errorf("%d keys were enqueued before and %d after, of %d", len(before), len(after), items)
				}
				all := slices.Sorted(slices.Values(append(before, after...)))
				if diff := cmp.Diff(want, slices.Compact(all)); diff != "" {
					t.Errorf("enqueued (-want +got):\n%s", diff)
				}
				if _, err := os.Stat(b.checkpoint); err == nil {
					t.Error("the checkpoint outlives the backfill")
				}
			})
		})
	}
}

func TestADryRunCountsAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, checkpoint := stopped(t)
		r := b.backfill(t.Context(), t, "-dry-run", "-model-version", newer)
		if r.err != nil {
			t.Fatal(r.err)
		}
		wantIn(t, "stdout", r.stdout, "200 items scanned, 200 keys to enqueue (")
		if ids := b.enqueued(t); len(ids) > 0 {
			t.Errorf("%d keys were enqueued", len(ids))
		}
		if got := read(t, b.checkpoint); got != checkpoint {
			t.Errorf("the checkpoint of another run is now %s", got)
		}
		b.checkpoint += ".new"
		b.backfill(t.Context(), t, "-dry-run")
		if _, err := os.Stat(b.checkpoint); err == nil {
			t.Error("it left a checkpoint")
		}
	})
}

func TestTwoAtOnceEnqueueAllKeysBetweenThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		var want []string
		for i := range 100 {
			want = append(want, classified(t, b.Stack, i, older))
		}
		slices.Sort(want)
		done := make(chan result)
		other := newBed(t, b.Stack)
		other.checkpoint = b.checkpoint
		for _, b := range []*bed{b, other} {
			go func() { done <- b.backfill(t.Context(), t, "-model-version", newer, "-rate", "1") }()
		}
		for range 2 {
			if r := <-done; r.err != nil {
				t.Error(r.err)
			}
		}
		if diff := cmp.Diff(want, slices.Compact(b.enqueued(t))); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
	})
}

func TestAnItemWithoutAUsableIDIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		good := classified(t, b.Stack, 1, older)
		if err := b.Table.Create(t.Context(), item.Item{ID: "by hand", CreatedAt: "1999"}); err != nil {
			t.Fatal(err)
		}
		r := b.backfill(t.Context(), t, "-model-version", newer)
		if r.err != nil {
			t.Fatal(r.err)
		}
		wantIn(t, "stdout", r.stdout, "2 items scanned, 1 keys enqueued", "1 items were left out, because their id is not valid")
		if diff := cmp.Diff([]string{good}, b.enqueued(t)); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
	})
}

func TestKeysThatSQSRefusesAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		for i := range 10 {
			classified(t, b.Stack, i, older)
		}
		b.fault = refuseOne(t, 1)
		if r := b.backfill(t.Context(), t, "-model-version", newer, "-segments", "1"); r.err != nil {
			t.Error(r.err)
		}
		if n := b.calls["SendMessageBatch"]; n != 2 {
			t.Errorf("%d calls, want a second one for what was refused", n)
		}
	})
}

// SQS refuses single keys of a call when it fails for a moment. EnqueueBatch sends them twice more within a second.
func TestAKeyThatSQSRefusesForSomeSecondsIsSentAndOneThatItAlwaysRefusesEndsTheRun(t *testing.T) {
	for refusals, want := range map[int]string{14: "", 15: "InternalError"} {
		synctest.Test(t, func(t *testing.T) {
			b := built(t)
			create(t, b.Stack, 1, time.Hour)
			b.fault = refuseOne(t, refusals)
			start := time.Now()
			r := b.backfill(t.Context(), t)
			if took := time.Since(start); (r.err == nil) != (want == "") || took < 15*time.Second || took > 16*time.Second {
				t.Errorf("%d refusals: %v after %s", refusals, r.err, took)
			}
			if r.err != nil {
				wantIn(t, "error", r.err.Error(), want, "0 keys enqueued. The same command goes on")
			}
		})
	}
}

func TestAnAnswerOfAProxyIsNotTheEndOfTheTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		create(t, b.Stack, 1, time.Hour)
		b.fault = func(operation string, _ int, call func() (*http.Response, error)) (*http.Response, error) {
			if operation == "Scan" {
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}, nil
			}
			return call()
		}
		if r := b.backfill(t.Context(), t); r.err == nil || !strings.Contains(r.err.Error(), awsclient.ErrNoAnswer.Error()) {
			t.Errorf("error %v, stdout %s", r.err, r.stdout)
		}
	})
}
