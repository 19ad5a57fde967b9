// Package watch looks at a stack's queues and table once a second for as long as anybody wants to see
// them, and hands the same view to all who do. It changes nothing, and receives no messages: SQS counts
// them.
package watch

import (
	"context"
	"sync"
	"time"
)

const (
	// Interval is the time between two looks.
	Interval = time.Second

	lookTimeout = 5 * time.Second

	// shortest is the shortest time from which rates are made. What happens in less says little of a second.
	shortest = Interval / 2

	// history is how many looks a view remembers: two minutes of them.
	history = 120
)

// View is what is known of a stack at a time.
type View struct {
	Sight
	Err     error     // why the last look failed; then the rest is what was seen before
	EmptyAt time.Time // when the queue was last seen without messages, or zero
	Rates   Rates     // since a look about an interval before
	Past    []Sight   // looks before, about an interval apart, oldest first

	base Sight // the look from which on the next rates count
}

// Rates are changes a second. That of the items means nothing on AWS: see [Sight].
type Rates struct {
	Queue, Dead, Items float64
	Known              bool // false at the first look, and after a pause
}

// Watcher looks at one stack.
type Watcher struct {
	look func(context.Context) (Sight, error)

	mu      sync.Mutex
	viewers int
	stop    context.CancelFunc
	hurry   chan struct{}
	view    View
	changed chan struct{} // closed when there is a new view
}

// New returns a watcher that looks at a stack by its clients.
func New(s Stack) *Watcher {
	return &Watcher{look: s.look, changed: make(chan struct{}), hurry: make(chan struct{}, 1)}
}

// Watch calls see with the view of each look until ctx ends or see returns an error. The first view is
// at most one interval old.
func (w *Watcher) Watch(ctx context.Context, see func(View) error) error {
	w.enter()
	defer w.leave()
	for {
		view, changed := w.current()
		if time.Since(view.At) < 2*Interval || view.Err != nil {
			if err := see(view); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Once returns a view that is at most two intervals old. It looks if nobody has lately.
func (w *Watcher) Once(ctx context.Context) View {
	if view, _ := w.current(); view.Err == nil && time.Since(view.At) < 2*Interval {
		return view
	}
	return w.Look(ctx)
}

// Look returns a view of now.
func (w *Watcher) Look(ctx context.Context) View {
	sight, err := w.lookOnce(ctx)
	w.publish(context.WithoutCancel(ctx), sight, err)
	view, _ := w.current()
	return view
}

// Last returns the last view, however old it is.
func (w *Watcher) Last() View {
	view, _ := w.current()
	return view
}

// Hurry makes the next look come at once.
func (w *Watcher) Hurry() {
	select {
	case w.hurry <- struct{}{}:
	default: // it is asked for already
	}
}

func (w *Watcher) current() (View, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view, w.changed
}

func (w *Watcher) enter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.viewers++; w.viewers == 1 {
		ctx, cancel := context.WithCancel(context.Background())
		w.stop = cancel
		go w.run(ctx)
	}
}

func (w *Watcher) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.viewers--; w.viewers == 0 {
		w.stop()
	}
}

func (w *Watcher) run(ctx context.Context) {
	tick := time.NewTicker(Interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		sight, err := w.lookOnce(ctx)
		w.publish(ctx, sight, err)
		select {
		case <-tick.C:
		case <-w.hurry:
		case <-ctx.Done():
		}
	}
}

func (w *Watcher) lookOnce(ctx context.Context) (Sight, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return w.look(ctx)
}

// publish makes a look the current view, unless nobody wants it any more.
func (w *Watcher) publish(ctx context.Context, sight Sight, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	w.view = w.view.after(sight, err)
	close(w.changed)
	w.changed = make(chan struct{})
}

// after returns the view after a look.
func (v View) after(sight Sight, err error) View {
	if err != nil {
		v.Err, v.Rates = err, Rates{}
		return v
	}
	next := View{Sight: sight, EmptyAt: v.EmptyAt, base: sight}
	if sight.Queue.Total() == 0 {
		next.EmptyAt = sight.At
	}
	elapsed := sight.At.Sub(v.base.At)
	switch {
	case v.base.At.IsZero() || elapsed > 5*Interval:
		return next // the past is too long ago to say how fast things move
	case elapsed < shortest: // somebody was in a hurry
		next.Rates, next.Past, next.base = v.Rates, v.Past, v.base
		return next
	}
	next.Past = append(v.Past[max(0, len(v.Past)+1-history):len(v.Past):len(v.Past)], v.base)
	seconds := elapsed.Seconds()
	next.Rates = Rates{
		Queue: float64(sight.Queue.Total()-v.base.Queue.Total()) / seconds,
		Dead:  float64(sight.Dead.Total()-v.base.Dead.Total()) / seconds,
		Items: float64(sight.Items-v.base.Items) / seconds,
		Known: true,
	}
	return next
}
