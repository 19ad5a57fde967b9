package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// connections is how many connections to the API the load uses. A request that gets none in time is late, as a
	// client would see it.
	connections = 64

	answerTimeout = 30 * time.Second

	// behind is for how long the requests may be unanswered: with more, the stack does not keep up.
	behind = 10 * time.Second
)

// load sends requests by the clock, whether or not those before are answered. Each one's time counts from when
// it was due. A load that waited for answers would send less just when the stack is slow, and hide that
// ("coordinated omission": G. Tene, "How NOT to Measure Latency").
type load struct {
	soak *soak
	rate float64 // requests a second

	unanswered atomic.Int64
	repeated   atomic.Int64 // new items that were answered as known ones, see postOne
	mu         sync.Mutex
	answers    []time.Duration // since the last sample
	found      []time.Duration // from a POST until its item was classified, since the last sample
	counts     map[string]int  // by the kinds' names
}

// run sends requests for a time. Its error says that the stack does not keep up.
func (l *load) run(ctx context.Context, duration time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	random := rand.New(rand.NewPCG(1, 2))
	var running sync.WaitGroup
	begin := time.Now()
	for i := 0; ; i++ {
		after := time.Duration(float64(i) / l.rate * float64(time.Second))
		if after >= duration || !waitUntil(ctx, begin.Add(after)) {
			break
		}
		if n := l.unanswered.Load(); float64(n) > l.rate*behind.Seconds() {
			cancel(fmt.Errorf("the stack does not keep up with %g requests a second: %d are unanswered", l.rate, n))
			break
		}
		kind, seed := kindOf(random), rand.NewPCG(random.Uint64(), 0)
		l.unanswered.Add(1)
		running.Go(func() {
			defer l.unanswered.Add(-1)
			l.send(ctx, kind, begin.Add(after), rand.New(seed))
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// send sends a request that was due at a time.
func (l *load) send(ctx context.Context, kind *kind, due time.Time, random *rand.Rand) {
	err := kind.send(ctx, l, random)
	took := time.Since(due)
	l.soak.fault(ctx, kind.name, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[kind.name]++
	if kind.api {
		l.answers = append(l.answers, took)
	}
}

// classifiedAfter notes how long an item took.
func (l *load) classifiedAfter(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found = append(l.found, took)
}

// since returns what was measured since the last call.
func (l *load) since() (answers, found []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	answers, found = l.answers, l.found
	l.answers, l.found = nil, nil
	return answers, found
}

func (l *load) sent() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, count := range l.counts {
		n += count
	}
	return n
}

// waitUntil returns false if ctx ends before.
func waitUntil(ctx context.Context, at time.Time) bool {
	if ctx.Err() != nil {
		return false
	}
	wait := time.Until(at)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
