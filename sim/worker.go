package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// consumer says who consumes the queue.
type consumer string

const (
	drawn      consumer = "" // by the seed
	byFunction consumer = "function"
	byWorker   consumer = "worker"
	byBoth     consumer = "both"
)

// Set takes a flag's value. See flag.Value.
func (c *consumer) Set(text string) error {
	if *c = consumer(text); !slices.Contains([]consumer{byFunction, byWorker, byBoth}, *c) {
		return errors.New("it must be function, worker or both")
	}
	return nil
}

func (c *consumer) String() string { return string(*c) }

// consumerOf draws who consumes the queue in a run. It is the function alone most of the time.
func (s scenario) consumerOf() consumer {
	x := s.seed.number("consumer")
	switch {
	case s.consumer != drawn:
		return s.consumer
	case s.plain || x < 0.6:
		return byFunction
	case x < 0.85:
		return byWorker
	default:
		return byBoth
	}
}

// services is how many services run a worker each.
func (w *world) services() int {
	switch {
	case w.consumer == byFunction:
		return 0
	case w.plain:
		return 1
	default:
		return 1 + w.seed.below(2, "services")
	}
}

// batchTimeouts are the values of BatchTimeout that enricher/worker/template.yaml allows.
var batchTimeouts = []time.Duration{20 * time.Second, 30 * time.Second, 45 * time.Second, 60 * time.Second, 90 * time.Second}

// batchTimeout is how long a batch of a worker may take.
func (w *world) batchTimeout() time.Duration {
	if w.plain {
		return 30 * time.Second
	}
	return batchTimeouts[w.seed.below(len(batchTimeouts), "batch timeout")]
}

// beginWorkers starts the services.
func (w *world) beginWorkers() (stop func()) {
	var cancel context.CancelFunc
	w.serving, cancel = context.WithCancel(context.Background())
	for slot := range w.current {
		w.serviced.Go(func() { w.runService(slot) })
	}
	return func() {
		cancel()
		w.serviced.Wait()
	}
}

// beginStops draws when workers are told to stop, and when they are killed. Until is about when the clients
// are done.
func (w *world) beginStops(until time.Duration) {
	for n := range w.seed.below(4, "stops") {
		name := fmt.Sprint("stop ", n)
		w.begins(name, w.moment(until+time.Minute, name), func() { w.aWorker(name).stop() })
	}
	for n := range w.seed.below(4, "kills") {
		name := fmt.Sprint("kill ", n)
		w.begins(name, w.moment(until+time.Minute, name), func() { w.aWorker(name).kill() })
	}
}

// runService keeps a worker running, as a service of ECS does. While nobody is to receive messages, it runs none.
func (w *world) runService(slot int) {
	for generation := 0; ; generation++ {
		name := fmt.Sprintf("worker %d.%d", slot, generation)
		delay := time.Duration(w.seed.number(name, "starts") * float64(time.Minute))
		if generation == 0 {
			delay /= 60
		}
		if !w.sleepServing(delay) || w.pauseLeft() > 0 && !w.sleepServing(w.pauseLeft()+delay) {
			return
		}
		p := w.startWorker(name)
		w.mu.Lock()
		w.current[slot] = p
		w.processes = append(w.processes, p)
		w.mu.Unlock()
		select {
		case <-p.leaving:
		case <-time.After(w.untilPause()):
			w.serviced.Go(p.stop)
		case <-w.serving.Done():
			p.stop()
			return
		}
	}
}

// sleepServing lets time pass. It returns false when no worker is to run any more.
func (w *world) sleepServing(d time.Duration) bool {
	return smithytime.SleepWithContext(w.serving, d) == nil
}

// pauseLeft is how long nobody is to receive messages from now on, or 0.
func (w *world) pauseLeft() time.Duration {
	now := time.Since(w.start)
	if now < w.paused.from || w.paused.to <= now {
		return 0
	}
	return w.paused.to - now
}

// untilPause is how long it is until nobody is to receive messages.
func (w *world) untilPause() time.Duration {
	if now := time.Since(w.start); now < w.paused.from {
		return w.paused.from - now
	}
	return 1000 * time.Hour * 24
}

// aWorker returns one of the workers that run now, or ran last.
func (w *world) aWorker(name string) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*process
	for _, p := range w.current {
		if p != nil {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[w.seed.below(len(all), name, "which")]
}

func (w *world) startWorker(name string) *process {
	p := &process{world: w, name: name, started: make(chan struct{}), leaving: make(chan struct{}), hands: newHands(), bound: map[int]context.CancelCauseFunc{}}
	p.leave = sync.OnceFunc(func() { close(p.leaving) })
	p.alive, p.end = context.WithCancelCause(context.Background())
	w.starting.Lock()
	defer w.starting.Unlock()
	w.starts = p
	var err error
	p.worker, err = w.stack.StartWorker(true, w.batchTimeout())
	must(err)
	close(p.started)
	w.note("%s starts", p.name)
	return p
}
