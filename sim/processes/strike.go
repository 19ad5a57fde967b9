package processes

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// strike is what goes wrong at a call.
type strike struct {
	kind  string
	after bool    // AWS has carried out the call before; otherwise the call does not get there, or only then
	rate  float64 // at how many of the calls at which it has happened before
}

var (
	always  = []strike{{killed, false, 0.005}, {killed, true, 0.005}, {noMemory, false, 0.002}, {cut, true, 0.005}, {isolated, false, 0.004}}
	workers = []strike{{terminated, false, 0.002}}
	patient = []strike{{frozen, false, 0.0003}, {frozen, true, 0.0003}} // for runs that are not hastened
)

// firstRate is the rate where a strike has not happened before, so that each happens soon everywhere.
const firstRate = 0.1

// choose draws what goes wrong at a call. The kind is "" if nothing does.
func (r *run) choose(c call) strike {
	if !r.disturbing.Load() || c.caller == nil || c.operation == "" {
		return strike{}
	}
	all := slices.Clone(always)
	if c.caller.program == worker {
		all = append(all, workers...)
	}
	if !r.Hasten {
		all = append(all, patient...)
	}
	for _, s := range all {
		rate := s.rate
		if r.Hasten { // such a run has few calls
			rate *= 3
		}
		if !r.record.has(s.kind, c.caller.program+" "+s.where(c)) {
			rate = firstRate
		}
		if r.chance.happens(rate) {
			return s
		}
	}
	return strike{}
}

func (s strike) where(c call) string {
	if s.after {
		return "after " + c.operation
	}
	return "before " + c.operation
}

// strikes lets go wrong what does so before or after AWS has carried out the call. It returns false when the process
// gets no answer.
func (s strike) strikes(c call, after bool) (goesOn bool) {
	if s.after != after {
		return true
	}
	switch where := s.where(c); s.kind {
	case killed:
		c.caller.kill(where)
		return false
	case frozen:
		c.caller.freeze(where)
	case terminated:
		c.caller.terminate(where)
	case noMemory:
		c.caller.limitMemory(where)
	case isolated:
		c.caller.isolate(c.service, where)
		return false
	case cut:
		c.caller.cutOff()
		c.caller.run.record.strike(cut, c.caller.program+" "+where)
	}
	return true
}

// startTrouble lets things go wrong at random moments, until stop is called.
func (r *run) startTrouble(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(r.chance.between(20*time.Millisecond, 400*time.Millisecond)):
				r.trouble(ctx)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// trouble lets one thing go wrong.
func (r *run) trouble(ctx context.Context) {
	const where = "at a random moment"
	all := slices.DeleteFunc(r.running(), (*process).standsStill) // so that these do so for long enough
	if len(all) == 0 {
		return
	}
	p := all[r.chance.below(len(all))]
	switch x := r.chance.number(); {
	case x < 0.03:
		r.breakDown(ctx)
	case x < 0.05 && !r.Hasten:
		p.freeze(where)
	case x < 0.4 && p.program == worker:
		p.terminate(where)
	default:
		p.kill(where)
	}
}

// hasten returns a call's body. In a run that is hastened, what would last for long ends after a second.
func (r *run) hasten(c call) []byte {
	var in map[string]any
	name := map[string]string{"ReceiveMessage": "WaitTimeSeconds", "ChangeMessageVisibility": "VisibilityTimeout"}[c.operation]
	if !r.Hasten || name == "" || json.Unmarshal(c.body, &in) != nil {
		return c.body
	}
	if seconds, ok := in[name].(float64); !ok || seconds <= 1 {
		return c.body
	}
	in[name] = 1
	body, err := json.Marshal(in)
	if err != nil { // cannot happen: it was JSON
		panic(err)
	}
	return body
}
