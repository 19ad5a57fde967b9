package processes

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Names of the programs.
const (
	writer   = "writer"
	reader   = "reader"
	enricher = "enricher"
	worker   = "worker"
)

// What is done to a process.
const (
	killed     = "SIGKILL"
	terminated = "SIGTERM"
	frozen     = "SIGSTOP"
	noMemory   = "memory limited"
	logFull    = "log on a full disk"
	logClosed  = "log to a pipe without a reader"
	logBlocked = "log to a pipe that nobody reads"
	calls      = "calls AWS"
	receives   = "receives messages"
	cut        = "answer cut off"
	isolated   = "isolated"
)

// process is a process of a program of the pipeline.
type process struct {
	run     *run
	program string
	name    string        // of its own: "writer 3"
	key     string        // its access key, by which the proxy knows it
	output  *output       // what it writes
	ended   chan struct{} // closed when it has ended
	leaving chan struct{} // closed when another is to take its place, at the latest when it has ended
	leave   func()

	mu     sync.Mutex
	handle *os.Process          // nil until it is started
	did    map[string]bool      // what was done to it
	still  bool                 // it stands still
	over   bool                 // it has ended
	alone  map[string]time.Time // until when it does not reach a service
}

// newProcess returns a process that is to be started.
func (r *run) newProcess(program string) *process {
	p := &process{run: r, program: program, ended: make(chan struct{}), leaving: make(chan struct{}), did: map[string]bool{}, alone: map[string]time.Time{}}
	p.leave = sync.OnceFunc(func() { close(p.leaving) })
	p.output = p.newOutput()
	if r.refuses.Load() {
		p.mark(cut)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started[program]++
	p.name = fmt.Sprintf("%s-%d", program, r.started[program])
	// As on AWS, the access key shows who sends a message: a session of the enricher's role.
	p.key = r.stack.Getenv("EnricherFunction")("ENRICHER_ROLE_ID") + ":" + p.name
	r.processes[p.key] = p
	return p
}

// begun tells that the process runs now. In a run that is over it is killed at once.
func (p *process) begun(handle *os.Process) {
	p.mu.Lock()
	p.handle = handle
	p.mu.Unlock()
	p.run.mu.Lock()
	over := p.run.over
	p.run.mu.Unlock()
	if over {
		p.do(killed, atTheEnd, (*os.Process).Kill)
	}
}

// mark notes what is so with the process.
func (p *process) mark(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did[what] = true
}

// was tells whether one of these was done to the process.
func (p *process) was(what ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(what, func(w string) bool { return p.did[w] })
}

const atTheEnd = "at the end" // of the run, which is not counted

// do does something to a process once, and counts it by where it happens. It returns false if the process does not
// run. A process that stands still can only be killed.
func (p *process) do(what, where string, signal func(*os.Process) error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.handle == nil || p.still && what != killed || p.did[what] || signal(p.handle) != nil {
		return false
	}
	p.did[what], p.still = true, what == frozen
	if where == atTheEnd {
		return true
	}
	p.run.record.strike(what, p.program+" "+where)
	return true
}

// kill kills the process, and waits until it has ended.
func (p *process) kill(where string) {
	if p.do(killed, where, (*os.Process).Kill) {
		<-p.ended
	}
}

// visible is a time after which other consumers have the messages of a process that stands still.
const visible = 31 * time.Second

// freeze lets the process stand still. A worker goes on when its messages have become visible again. Lambda kills a
// function at its timeout.
func (p *process) freeze(where string) {
	if !p.do(frozen, where, stop) {
		return
	}
	p.run.deliveries.struck(p)
	p.leave()
	if p.program == worker {
		time.AfterFunc(p.run.chance.between(visible, visible*3/2), p.goOn)
	}
}

// goOn ends a freeze.
func (p *process) goOn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.still && !p.over {
		_ = resume(p.handle) // an error means that it has ended
		p.still = false
	}
}

// stopTime is how long a worker that is told to stop may take: for its long poll, for the batch that comes of it, and
// for the deletes.
const stopTime = 25*time.Second + 30*time.Second + 10*time.Second

// terminate tells a worker to stop, as ECS does. It must end in time.
func (p *process) terminate(where string) {
	// Before it has made a call, it may not handle the signal yet, and has nothing to lose.
	if !p.was(calls) || !p.do(terminated, where, terminate) {
		return
	}
	p.leave()
	go func() {
		select {
		case <-p.ended:
			return
		case <-time.After(stopTime):
		}
		if !p.was(frozen, logBlocked) {
			p.run.record.violate("a worker that is told to stop ends in time", "%s has not ended after %s", p.name, stopTime)
		}
		p.kill("at its stop timeout") // as ECS does
	}()
}

// limitMemory leaves the process little more memory than it has.
func (p *process) limitMemory(where string) {
	more := uint64(p.run.chance.below(1 << 20))
	p.do(noMemory, where, func(handle *os.Process) error { return limitMemory(handle, more) })
}

// end says that the process has ended.
func (p *process) end(state *os.ProcessState) {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	r := p.run
	r.deliveries.struck(p)
	p.judge(state)
	p.output.close()
	close(p.ended)
	p.leave()
}

// judge finds a process that has ended by itself, or not as it should.
func (p *process) judge(state *os.ProcessState) {
	text, code := p.output.errors.String(), state.ExitCode()
	switch {
	case p.was(killed):
	case p.was(frozen) && state.String() == "signal: killed": // a function that stood still before its first invocation
	case p.was(noMemory) && code == 2 && isOutOfMemory(text):
		p.run.record.count("processes: ended because the system gave no memory", 1)
	case p.was(logClosed) && state.String() == "signal: broken pipe":
		p.run.record.count("processes: ended by a write to their log (SIGPIPE)", 1)
	case p.program == worker && p.was(cut) && code == 1 && !p.was(receives):
		p.run.record.count("processes: workers that could not start without AWS", 1) // ECS starts another one
	case p.was(terminated) && code == 0:
		p.run.record.count("processes: workers that ended with status 0 after SIGTERM", 1)
	case p.was(terminated):
		p.run.record.violate("a worker that is told to stop ends with status 0", "%s: %s: %s", p.name, state, text)
	default:
		p.run.record.violate("no process ends by itself", "%s: %s, after %v: %s", p.name, state, p.history(), text)
	}
}

func (p *process) history() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.did))
}

// isOutOfMemory tells by what a Go program wrote whether it has ended because the system gave it no memory. In some
// places Go's runtime (1.26) does not look whether it got any, and ends at the address 0.
func isOutOfMemory(text string) bool {
	return slices.ContainsFunc([]string{"out of memory", "cannot allocate memory", "failed to create new OS thread", "SIGSEGV: segmentation violation\nPC="}, func(part string) bool {
		return strings.Contains(text, part)
	})
}

// cutOff says that the process did not get the answer to a call. It may have been the call that gives a message up. Of
// the event source mapping, which is nil, an outage tells.
func (p *process) cutOff() {
	if p != nil {
		p.mark(cut)
		p.run.deliveries.struck(p)
	}
}

// isolate lets the process not reach a service for a while, longer than the SDK repeats a call.
func (p *process) isolate(service, where string) {
	p.cutOff()
	p.run.record.strike(isolated, p.program+" "+where)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alone[service] = time.Now().Add(p.run.chance.between(time.Second/2, 3*time.Second))
}

// reaches tells whether the process reaches a service. The event source mapping, which is nil, does.
func (p *process) reaches(service string) bool {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !time.Now().Before(p.alone[service])
}

func (p *process) standsStill() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.still
}

// isOver tells whether the process has ended. The event source mapping, which is nil, does not.
func (p *process) isOver() bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// killAll ends all processes, and lets none be started after that.
func (r *run) killAll() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	for _, p := range r.running() {
		p.kill(atTheEnd)
	}
}

// running returns the processes of some programs that run now, or of all.
func (r *run) running(programs ...string) (all []*process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(r.processes)) {
		if p := r.processes[key]; !p.isOver() && (len(programs) == 0 || slices.Contains(programs, p.program)) {
			all = append(all, p)
		}
	}
	return all
}

// withKey returns the process that has an access key, or nil.
func (r *run) withKey(key string) *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.processes[key]
}
