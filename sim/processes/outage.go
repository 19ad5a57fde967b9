package processes

import (
	"context"
	"time"
)

// outage is a time in which nobody reaches AWS, or nobody gets its answers.
type outage struct {
	kind string
	over context.Context // which ends with the outage
}

const (
	refused = "connections are refused"
	hanging = "no call is answered"
	broken  = "connections break off before a call"
	halved  = "connections break off in the middle of an answer"
)

// breakDown lets an outage happen, and returns when it is over.
func (r *run) breakDown(ctx context.Context) {
	kind := []string{refused, hanging, broken, halved}[r.chance.below(4)]
	longest := 4 * time.Second
	if r.Hasten {
		longest = time.Second
	}
	r.breakDownAs(ctx, kind, r.chance.between(50*time.Millisecond, longest))
}

func (r *run) breakDownAs(ctx context.Context, kind string, last time.Duration) {
	r.record.count("AWS cut off: "+kind, 1)
	over, cancel := context.WithTimeout(ctx, last)
	defer cancel()
	x := r.proxy
	x.setOutage(&outage{kind, over})
	if kind == refused {
		r.refuses.Store(true)
		defer r.refuses.Store(false)
		for _, p := range r.running() {
			p.cutOff()
		}
	}
	r.deliveries.outage(true)
	if kind == refused {
		x.close()
	}
	<-over.Done()
	if kind == refused {
		if err := x.reopen(); err != nil {
			panic(err) // nobody else takes a port that was in use
		}
	}
	x.setOutage(nil)
	r.deliveries.outage(false)
}

func (x *proxy) setOutage(o *outage) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.outage = o
}

func (x *proxy) current() *outage {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.outage
}

// swallows tells whether a call gets no answer because of the outage, which may be none. It returns when the caller
// notices that.
func (o *outage) swallows(caller context.Context) bool {
	if o == nil || o.kind == halved {
		return false
	}
	if o.kind == hanging {
		select {
		case <-caller.Done():
		case <-o.over.Done():
		}
	}
	return true
}

// cutsOff tells whether only half of each answer arrives.
func (o *outage) cutsOff() bool { return o != nil && o.kind == halved && o.over.Err() == nil }
