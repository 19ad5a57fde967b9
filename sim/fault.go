package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
	"slices"
)

// fault is a way in which something goes wrong. Each strikes at one site.
type fault string

const (
	none fault = ""

	// At an AWS call of a function.
	throttled   fault = "throttled"    // refused: too many requests
	serverError fault = "server error" // AWS answers 500
	requestLost fault = "request lost" // the connection breaks; nothing has happened
	answerLost  fault = "answer lost"  // the connection breaks; the call has taken effect
	hung        fault = "hung"         // no answer, nothing has happened
	answerLate  fault = "answer late"  // no answer in time; the call has taken effect
	straggler   fault = "straggler"    // no answer in time; the call takes effect seconds later
	answerCut   fault = "answer cut"   // the connection breaks in the middle of the answer; the call has taken effect
	slow        fault = "slow"         // the answer takes most of the time there is
	stalled     fault = "stalled"      // the function stands still until its deadline is near

	answerStrange fault = "answer strange" // somebody else answers, with the status 200; nothing has happened

	panicked    fault = "panicked"     // the caller panics instead of making the call
	partial     fault = "partial"      // some keys are left unprocessed, some entries fail
	crashBefore fault = "crash before" // the execution environment is killed before the call,
	crashAfter  fault = "crash after"  // or after it has taken effect,
	frozen      fault = "frozen"       // or stands still until the function's timeout
	stopped     fault = "stopped"      // a worker is told to stop

	// At some statements of a BatchExecuteStatement, whose answer has the status 200.
	statementsThrottled fault = "statements throttled"
	statementsRefused   fault = "statements refused"  // as invalid
	statementsLost      fault = "statements lost"     // done, but the answer says that they failed
	statementsLeftOut   fault = "statements left out" // done, but the answer leaves them out
	statementsIgnored   fault = "statements ignored"  // not done, and the answer leaves them out

	// At an invocation.
	crashAtStart fault = "crash at start"
	crashAtEnd   fault = "crash at end" // all is done, but the event source mapping does not hear of it
	coldStart    fault = "cold start"

	// At a receive of the event source mapping, which can also be answerLost.
	duplicated fault = "duplicated" // messages are delivered once more, later
	reordered  fault = "reordered"
	lateBatch  fault = "late batch" // delivered when the visibility timeout has ended
)

// possible lists the faults that can strike at a kind of site, and how often they do.
type possible []struct {
	fault fault
	rate  float64
}

var (
	atCall = possible{
		{throttled, 0.05}, {serverError, 0.03}, {requestLost, 0.03}, {answerLost, 0.05}, {hung, 0.02}, {answerLate, 0.02},
		{straggler, 0.02}, {slow, 0.06}, {answerCut, 0.02}, {answerStrange, 0.02}, {panicked, 0.02},
	}
	atBatchCall  = slices.Concat(possible{{partial, 0.15}}, atCall)
	atStatements = slices.Concat(possible{
		{statementsThrottled, 0.08}, {statementsRefused, 0.03}, {statementsLost, 0.04}, {statementsLeftOut, 0.03}, {statementsIgnored, 0.02},
	}, atCall)
	stalls  = possible{{stalled, 0.02}}                                           // at the calls with which an enricher reads and classifies
	crashes = possible{{crashBefore, 0.01}, {crashAfter, 0.015}, {frozen, 0.003}} // also at each of these

	atInvocation  = possible{{crashAtStart, 0.02}, {crashAtEnd, 0.03}, {coldStart, 0.08}}
	atReceive     = possible{{answerLost, 0.02}, {duplicated, 0.08}, {reordered, 0.15}, {lateBatch, 0.02}}
	atEventSource = possible{{throttled, 0.05}, {serverError, 0.04}, {requestLost, 0.04}, {answerLost, 0.04}, {partial, 0.05}}
	atRequest     = possible{{requestLost, 0.05}, {answerLost, 0.08}}

	// At what a worker does. It can be killed, stand still, or be told to stop at each of its calls.
	ends            = possible{{crashBefore, 0.01}, {crashAfter, 0.01}, {frozen, 0.005}, {stopped, 0.01}}
	atBatch         = possible{{crashAtStart, 0.02}, {crashAtEnd, 0.03}, {slow, 0.15}}
	atWorkerReceive = possible{{answerLost, 0.02}, {duplicated, 0.08}, {reordered, 0.15}, {slow, 0.1}, {crashAfter, 0.01}, {frozen, 0.01}, {stopped, 0.02}}
	atWorkerPoller  = slices.Concat(possible{{partial, 0.08}}, atCall)
)

func (all possible) include(f fault) bool {
	for _, p := range all {
		if p.fault == f {
			return true
		}
	}
	return false
}

// seed is where all chance comes from. A draw depends on the seed and on its purpose, and not on
// earlier draws. So a fault can be left out, and the others stay as they are.
type seed uint64

func (s seed) bits(purpose ...string) uint64 {
	h := fnv.New64a()
	for _, p := range purpose {
		_, _ = io.WriteString(h, p)
		_, _ = h.Write([]byte{0})
	}
	x := h.Sum64() ^ bits.RotateLeft64(uint64(s)*0x9e3779b97f4a7c15, 29)
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // MurmurHash3's finalizer
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// number returns a number in [0, 1).
func (s seed) number(purpose ...string) float64 { return float64(s.bits(purpose...)>>11) / (1 << 53) }

// below returns a whole number in [0, n).
func (s seed) below(n int, purpose ...string) int { return int(s.number(purpose...) * float64(n)) }

// intensity is a factor by which a fault strikes more or less often in this run than its rate says.
// Some runs leave it out, as each fault can hide the consequences of another.
// A. Groce et al., "Swarm Testing", ISSTA 2012.
func (s seed) intensity(f fault) float64 {
	levels := []float64{0, 0.2, 0.4, 0.6, 1, 2}
	return levels[s.below(len(levels), "intensity", string(f))]
}

// strike returns what goes wrong at a site on a visit. The first visit is 1. Some faults last for all
// three attempts that the SDK makes at a call.
func (s seed) strike(site string, visit int, all possible) fault {
	if lasting := fmt.Sprint((visit - 1) / 3); s.number("lasts", site, lasting) < 0.2 {
		site += " lasting " + lasting
	} else {
		site = visited(site, visit)
	}
	x := s.number("strike", site)
	for _, p := range all {
		if x -= p.rate * s.intensity(p.fault); x < 0 {
			return p.fault
		}
	}
	return none
}
