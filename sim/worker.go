package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/poller"
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

// workerCaller is the worker's name where a function has its logical id.
const workerCaller = "Worker"

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

// stopTime is how long a worker that was told to stop may take: for its long poll, for the batch that comes of
// it, and for the deletes.
const stopTime = 25*time.Second + 30*time.Second + 10*time.Second

var (
	errKilled = errors.New("killed")
	errExited = errors.New("exited")
)

// process is a worker's process. It runs until it is told to stop (SIGTERM) or is killed (SIGKILL).
type process struct {
	world   *world
	name    string
	started chan struct{}
	worker  *stack.Worker   // once it is started
	leaving chan struct{}   // closed when it is told to stop, or killed: another may take its place
	leave   func()          // closes leaving
	alive   context.Context // when it ends, no call of the process is made any more, and it hears no answer
	end     context.CancelCauseFunc
	hands

	mu        sync.Mutex
	bound     map[int]context.CancelCauseFunc // of contexts that end with the process
	lastBound int
	waiting   int           // calls that have waited until the process goes on
	thaws     time.Time     // the process stands still until then
	frozen    time.Duration // for how long it has stood still in all
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
	p.worker, err = w.stack.StartWorker(true)
	must(err)
	close(p.started)
	w.note("%s starts", p.name)
	return p
}

// ends tells whether the process ends now and has not ended before.
func (p *process) ends(why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alive.Err() != nil {
		return false
	}
	p.end(why)
	for _, cancel := range p.bound {
		cancel(why)
	}
	return true
}

// kill ends the process at once. Nobody is left to deal with what it has in hands.
func (p *process) kill() {
	if p == nil || !p.ends(errKilled) {
		return
	}
	p.world.note("%s is killed", p.name)
	messages, _ := p.drop()
	p.lose(messages, crashBefore)
	p.leave()
	go func() { // what is left of it makes no calls, and ends
		<-p.started
		p.worker.Stop()
	}()
}

// lose records that nobody is left to deal with messages.
func (p *process) lose(messages []message, f fault) {
	p.world.ledger.excuseAll(messages, f)
	p.world.hold(messages, false)
}

// stop tells the process to stop, as ECS does, and checks that it does so well.
func (p *process) stop() {
	if p == nil {
		return
	}
	p.leave()
	w, began := p.world, time.Now()
	w.note("%s is told to stop", p.name)
	<-p.started
	p.worker.Stop()
	if !p.ends(errExited) {
		return
	}
	w.note("%s has stopped", p.name)
	if took := time.Since(began); took > stopTime+p.stoodStill() {
		w.ledger.violate("a worker that is told to stop ends in time", "%s took %s", p.name, took)
	}
	messages, unhandled := p.drop()
	w.hold(messages, false)
	for _, m := range unhandled {
		w.ledger.violate("a worker that is told to stop deals with all that it has received", "%s left %s", p.name, w.ledger.nameOf(m.MessageId))
	}
}

// freeze lets the process stand still, as SIGSTOP does, or a host that is short of something.
func (p *process) freeze(site string) {
	d := 5*time.Second + time.Duration(p.world.seed.number(site, "frozen")*float64(85*time.Second))
	p.world.note("%s stands still for %s", p.name, d)
	p.mu.Lock()
	p.thaws = time.Now().Add(d)
	p.frozen += d
	p.mu.Unlock()
	p.world.ledger.excuseAll(p.excuse(frozen), frozen)
}

// thaw waits while the process stands still. Then the calls that wait go on, but no two of them at once.
func (p *process) thaw(ctx context.Context, c call) error {
	who := c.name(p.world)
	for {
		p.mu.Lock()
		left := time.Until(p.thaws)
		if c.operation == "ReceiveMessage" { // these are alike
			p.waiting++
			who = fmt.Sprint("poll ", p.waiting)
		}
		p.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := smithytime.SleepWithContext(ctx, left+p.world.latency(who, "thaw")); err != nil {
			return err
		}
	}
}

func (p *process) stoodStill() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frozen
}

// stoodStillIn tells whether the process stood still at some time in the last while.
func (p *process) stoodStillIn(last time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.thaws) < last
}

// thawFor waits to make a call, or to hear its answer. If the time for that ends before, it is as if AWS had not
// answered.
func (p *process) thawFor(ctx context.Context, c call) error {
	err := p.thaw(ctx, c)
	if err != nil {
		p.world.ledger.excuse(c, frozen)
		if i, ok := ctx.Value(invocationKey{}).(*invocation); ok && c.marksFailure() {
			p.world.ledger.excuseMarks(i.items, frozen)
		}
	}
	return err
}

// bind returns a context that also ends with the process, and at once.
func (p *process) bind(ctx context.Context) (bound context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastBound++
	id := p.lastBound
	p.bound[id] = cancel
	if p.alive.Err() != nil {
		cancel(context.Cause(p.alive))
	}
	return ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.bound, id)
		cancel(nil)
	}
}

// batch wraps what the worker does with a batch, so that faults strike at it.
func (w *world) batch(handle poller.Handle) poller.Handle {
	p := w.starts
	return func(ctx context.Context, e events.SQSEvent) (out events.SQSEventResponse, err error) {
		ctx, release := p.bind(ctx)
		defer release()
		if _, limited := ctx.Deadline(); !limited {
			w.ledger.violate("a batch has a deadline", "%s", p.name)
		}
		var in event
		must(json.Unmarshal(mustJSON(e), &in))
		_, err = w.invoke(ctx, invoker{
			caller: workerCaller, in: " in " + p.name, possible: atBatch, kill: func(context.Context) { p.kill() }, excuseLate: p.checkHeld,
			handle: func(ctx context.Context, site string, f fault) ([]byte, error) {
				if f == slow {
					d := time.Duration(w.seed.number(site, "slow") * float64(15*time.Second))
					if err := smithytime.SleepWithContext(ctx, d); err != nil {
						return nil, err
					}
				}
				out, err = handle(ctx, e)
				return mustJSON(out), err
			},
		}, in)
		p.handled(in.messages())
		p.settle(slices.DeleteFunc(in.messages(), func(m message) bool {
			return !slices.Contains(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}))
		return out, err
	}
}

// roundTrip makes a call of the process, or of what polls for it.
func (p *process) roundTrip(n *network, r *http.Request, c call) (response *http.Response, err error) {
	if p.alive.Err() != nil {
		return nil, context.Canceled // which is not tried again
	}
	ctx, release := p.bind(r.Context())
	defer release()
	if c.operation == "DeleteMessageBatch" {
		defer p.deleted(c)
	}
	if err := p.thawFor(ctx, c); err != nil {
		return nil, err
	}
	switch r = r.WithContext(ctx); {
	case c.operation == "ReceiveMessage":
		return n.receive(r, c)
	case fromFunction(n.caller):
		response, err = n.call(r, c, n.withCrashes(n.possible(ctx, c), ends, c, p.count()))
	case c.renews():
		p.renews(c)
		response, err = n.call(r, c, n.withCrashes(atWorkerPoller, ends, c, p.count()))
	default:
		response, err = n.call(r, c, n.withCrashes(atWorkerPoller, ends, c, p.count()))
	}
	if late := p.thawFor(ctx, c); late != nil {
		return nil, late
	}
	if p.alive.Err() != nil {
		return nil, context.Canceled
	}
	return response, err
}

// deleted records that the process is done with messages, whatever came of the call that was to delete them.
func (p *process) deleted(c call) {
	var handles []string
	for _, e := range c.in.Entries {
		handles = append(handles, e.ReceiptHandle)
	}
	messages := p.world.ledger.named(handles)
	p.checkHeld(messages)
	p.settle(messages)
}

// hear lets the process hear of the messages that were received for it, unless it can't any more.
func (p *process) hear(ctx context.Context, c call, received []message, at time.Time, site string, f fault) ([]message, error) {
	w, delay := p.world, p.world.latency(site, "back")
	switch f {
	case slow:
		delay += time.Duration(w.seed.number(site, "slow") * float64(4*time.Second))
	case crashAfter:
		p.kill()
	case stopped:
		go p.stop()
	case frozen:
		p.freeze(site)
		if w.seed.number(site, "heard") < 0.5 {
			ctx = p.alive // the answer waits for the process, and is there before it notices how late it is
		}
	}
	err := smithytime.SleepWithContext(ctx, delay)
	if err == nil {
		err = p.thaw(ctx, c)
	}
	stoodStill := p.stoodStillIn(poller.LongPoll + 5*time.Second)
	switch {
	case p.alive.Err() != nil:
		p.lose(received, crashAfter)
		return nil, context.Canceled
	case err != nil && stoodStill:
		p.lose(received, frozen)
		return nil, err
	case err != nil:
		w.hold(received, false)
		w.ledger.violate("a worker hears of all messages that it receives", "%s cut off %s", p.name, site)
		return nil, err
	}
	why := none
	if stoodStill {
		why = frozen
		w.ledger.excuseAll(received, frozen)
	}
	messages := w.repeat(received, f == duplicated, func(m message) bool { return !p.has(m.MessageId) })
	p.take(messages, at, func(m message) bool {
		return !slices.ContainsFunc(received, func(r message) bool { return r.ReceiptHandle == m.ReceiptHandle })
	}, why)
	return messages, nil
}

// poll returns the request for messages as SQS sees it. It may not notice for a while that the process was
// killed: then it chooses messages that nobody gets. Nor does it notice when the process waits no longer.
func (p *process) poll(r *http.Request) (seen *http.Request, release func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	unnoticed := time.Duration(max(0, p.world.seed.number(p.name, "unnoticed")-0.5) * 2 * float64(poller.LongPoll))
	stop := context.AfterFunc(p.alive, func() {
		time.Sleep(unnoticed)
		cancel()
	})
	return r.WithContext(ctx), func() {
		stop()
		cancel()
	}
}
