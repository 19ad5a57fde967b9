package main

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// scenario is what a simulation depends on, and nothing else.
type scenario struct {
	seed  seed
	items int
	// plain leaves out all chance, but for the latencies, which tell calls apart.
	plain    bool
	consumer consumer
	corner   corner // of the template's parameters, when plain
	lean     lean   // what the run is to reach
	// only, unless it is nil, says what happens instead of chance: faults by site, and the clients and
	// other optional events that take part.
	only  map[string]fault
	steps bool      // whether traces of the items are wanted
	log   io.Writer // for the trace, or nil
}

// outcome is what came of a simulation.
type outcome struct {
	happened   map[string]fault // faults by site, and the optional events that took part
	sites      []site           // in the order in which they were reached
	refused    int              // calls to a service that was down
	posted     int              // items that were acknowledged
	elapsed    time.Duration    // simulated time
	covered    coverage
	trace      uint64 // a hash of all that happened
	violations []violation
	traces     []trace
}

// site is a place where a fault can strike.
type site struct {
	name string
	all  possible
}

// happening stands for an optional event that is not a fault: a client, say.
const happening fault = "happens"

// period is a time in which something of AWS is down.
type period struct {
	from, to time.Duration
	hits     func(call) bool // the calls that fail
	hangs    bool            // they get no answer, instead of all kinds of errors
}

// simulate runs a scenario in fake time (testing/synctest).
func simulate(t *testing.T, s scenario) outcome {
	var w *world
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, s)
		w.run(t)
	})
	w.outcome.violations = w.ledger.violations
	return w.outcome
}

// includes tells whether an optional event takes part.
func (w *world) includes(name string) bool {
	if w.only != nil && w.only[name] == none {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcome.happened[name] = happening
	return true
}

// visit is called at each place where a fault can strike: at a call of some kind, about messages with some receive counts.
// It gives the visit a name that no earlier visit of the place has, and decides what goes wrong.
func (w *world) visit(place, call string, receives []int, all possible) (name string, f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits[place]++
	name = visited(place, w.visits[place])
	w.outcome.trace += seed(time.Since(w.start)).bits(name)
	when := w.when(receives)
	switch {
	case w.calm.Load():
		return name, none
	case w.only != nil:
		f = w.only[name]
	case !w.plain:
		f = w.seed.strike(place, w.visits[place], all)
		if w.lean.strikes(w.seed, name, call, when, all) {
			f = w.lean.Fault
		}
	}
	w.outcome.covered.reach(call, when, f, all)
	w.outcome.sites = append(w.outcome.sites, site{name, all})
	if f != none {
		w.outcome.happened[name] = f
		w.outcome.trace += w.seed.bits(name, string(f))
	}
	return name, f
}

func visited(place string, visit int) string {
	if visit == 1 {
		return place
	}
	return fmt.Sprint(place, " #", visit)
}

// latency is how long a request or an answer is on its way, 0.5 to 20 ms.
func (w *world) latency(site, direction string) time.Duration {
	return time.Duration((0.5 + 19.5*w.seed.number("latency", site, direction)) * float64(time.Millisecond))
}

// note adds a line to the trace.
func (w *world) note(format string, args ...any) {
	if w.log != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		fmt.Fprintf(w.log, "%12s  %s\n", time.Since(w.start).Round(time.Microsecond), fmt.Sprintf(format, args...))
	}
}
