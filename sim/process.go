package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/local/stack"
)

// stopTime is how long a worker that was told to stop may take for its long poll, and for the deletes of the batch that
// comes of it. With the longest BatchTimeout, 90 s, this makes the 120 s that Fargate allows.
const stopTime = 25*time.Second + 5*time.Second

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
	waiting   int           // polls that have waited until the process goes on
	thaws     time.Time     // the process stands still until then
	frozen    time.Duration // for how long it has stood still in all
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
	if took := time.Since(began); took > stopTime+w.batchTimeout()+p.stoodStill() {
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
	p.frozen += d
	if until := time.Now().Add(d); until.After(p.thaws) {
		p.thaws = until
	}
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
			p.world.notice(ctx, who)
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
