package enricher_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// stored puts n items, from a number on, into the table and returns an event with their keys.
func stored(t testing.TB, s *stacktest.Stack, from, n int) (event events.SQSEvent) {
	t.Helper()
	for i := range n {
		id := store(t, s, sample.Nth(from+i))
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: message(id)})
	}
	return event
}

// The floor is two round trips, to read and to write. Ten calls are under way at once: for 1000
// items, 10 read 100 each, and 40 write 25 each.
func TestABatchTakes(t *testing.T) {
	const roundTrip = 5 * time.Millisecond
	for n, trips := range map[int]time.Duration{1: 2, 100: 2, 1000: 1 + 4} {
		t.Run(fmt.Sprintf("%d round trips for %d items", trips, n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, func(_, _ string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					<-time.After(roundTrip)
					return next.RoundTrip(r)
				}, t.Output())
				h, event := newHandler(t, s), stored(t, s, 1, n)
				start := time.Now()
				if out, err := h.Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
					t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
				}
				if got, want := time.Since(start), trips*roundTrip; got != want {
					t.Errorf("%d items took %s, want %s", n, got, want)
				}
			})
		})
	}
}

// A model may take milliseconds for an item. If all items were predicted before the first one is written, a large batch
// could take all of its time for that, at each of its receives.
func TestAnItemIsPredictedOnceWhenItsTurnToBeWrittenHasCome(t *testing.T) {
	const items, atOnce, write = 1000, 10 * 25, 100 * time.Millisecond
	want := map[time.Duration]int{0: atOnce, write: atOnce, 2 * write: atOnce, 3 * write: atOnce} // by the time that has passed
	for name, do := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"DynamoDB takes batches":   func(r *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(r) },
		"DynamoDB refuses batches": answers(400, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					<-time.After(write)
					return do(r, next)
				}}).disturb, t.Output())
				ids, event := storedIDs(t, s, 1, items)
				start := time.Now()
				if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
					t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
				}
				predicted := map[time.Duration]int{}
				for _, id := range ids {
					at, err := time.Parse(item.TimeFormat, get(t, s, id).Prediction.ClassifiedAt)
					if err != nil {
						t.Fatal(err)
					}
					predicted[at.Sub(start).Truncate(write)]++
				}
				if diff := cmp.Diff(want, predicted); diff != "" {
					t.Errorf("items predicted after (-want +got):\n%s", diff)
				}
			})
		})
	}
}
