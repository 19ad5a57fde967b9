package parallel_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/panics"
	"simple-sam-demo/shared/parallel"
)

func TestAsManyAreDoneAtOnceAsThereAreConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const elements = 3*awsclient.MaxConnections - 1
		var done [elements]atomic.Bool
		numbers := make([]int, elements)
		for i := range numbers {
			numbers[i] = i
		}
		start := time.Now()
		parallel.ForEach(numbers, func(i int) {
			<-time.After(time.Second)
			done[i].Store(true)
		})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %s, want 3s", took)
		}
		for i := range done {
			if !done[i].Load() {
				t.Errorf("element %d is not done", i)
			}
		}
	})
}

// The enricher relies on it: what may hang again comes last.
func TestElementsBeginInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var numbers [35]int
		for i := range numbers {
			numbers[i] = i
		}
		start := time.Now()
		parallel.ForEach(numbers[:], func(i int) {
			if after, want := time.Since(start), time.Duration(i/10)*time.Second; after != want {
				t.Errorf("element %d begins after %s, want %s", i, after, want)
			}
			<-time.After(time.Second)
		})
	})
}

func TestNothingIsDoneForNoElements(t *testing.T) {
	parallel.ForEach(nil, func(int) { t.Error("called") })
}

func TestAPanicReachesTheCallerWhenTheOthersAreDone(t *testing.T) {
	const elements = 4 * awsclient.MaxConnections // most of them begin after the first panic
	var done atomic.Int32
	err := panics.Catch(func() {
		parallel.ForEach(make([]struct{}, elements), func(struct{}) {
			if done.Add(1)%2 == 1 {
				panic("odd")
			}
		})
	})
	if err == nil || err.Error() != "panic: odd" || done.Load() != elements {
		t.Errorf("%d of %d are done, %v", done.Load(), elements, err)
	}
}

func TestAllPartsAreDoneAtOnce(t *testing.T) {
	met := make(chan bool) // a part that came after the other would wait for ever
	parts := 0
	parallel.Do(func() { met <- true }, func() { <-met; parts++ })
	if parts != 1 {
		t.Error("a part was not done")
	}
}

// Several may panic for a reason that follows from the first.
func TestTheFirstPanicReachesTheCallerWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caught, ok := errors.AsType[*panics.Error](panics.Catch(func() {
			parallel.ForEach([]int{3, 1, 2}, trip)
		}))
		if !ok || caught.Error() != "panic: after 1s" || !strings.Contains(caught.Stack, "parallel_test.trip") {
			t.Errorf("caught %v, want the panic after a second with its stack", caught)
		}
	})
}

func trip(seconds int) {
	<-time.After(time.Duration(seconds) * time.Second)
	panic(fmt.Sprintf("after %ds", seconds))
}
