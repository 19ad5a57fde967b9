package stack_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// startWith starts a stack with so many workers, and with the function if it is enabled.
func startWith(t *testing.T, workers int, enabled bool) *stacktest.Stack {
	t.Helper()
	s := stacktest.Start(t, map[string]string{"EnricherEnabled": strconv.FormatBool(enabled)}, nil)
	for range workers {
		w, err := s.StartWorker(true, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
	}
	return s
}

func TestItemsAreClassifiedOnceWhoeverConsumesTheQueue(t *testing.T) {
	for name, test := range map[string]struct {
		workers int
		enabled bool
	}{
		"the function":              {0, true},
		"a worker":                  {1, false},
		"two workers":               {2, false},
		"a worker and the function": {1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := startWith(t, test.workers, test.enabled)
				const items = 100
				for n := range items {
					s.Request(t, "POST", s.Names.Items, sample.Object(sample.Nth(n)))
				}
				stacktest.Wait(time.Minute)
				for n := range items {
					if stored, err := s.Table.Get(t.Context(), sample.Nth(n).ID()); err != nil || stored.Status() != item.Classified {
						t.Errorf("item %d: %s, %v", n, stored.Status(), err)
					}
				}
				s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
				byWorker, byFunction := s.Sums(stack.WorkerName)["ItemsClassified"], s.Sums("EnricherFunction")["ItemsClassified"]
				if byWorker+byFunction != items || byWorker > 0 != (test.workers > 0) || byFunction > 0 != test.enabled {
					t.Errorf("workers classified %v items, the function %v, want %d by all", byWorker, byFunction, items)
				}
			})
		})
	}
}

func TestAMessageThatAWorkerGivesUpIsInTheDeadLetterQueueWithTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startWith(t, 1, false)
		s.Send(t, "hello")
		stacktest.Wait(time.Minute)
		letters := s.DeadLetters(t)
		if len(letters) != 1 || *letters[0].MessageAttributes["failure_code"].StringValue != item.MalformedMessage {
			t.Errorf("dead letters %v", letters)
		}
		s.WantEmpty(t, "EnrichQueue")
	})
}
