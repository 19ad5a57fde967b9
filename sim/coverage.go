package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// spot is a combination that a run can reach: a fault strikes at a kind of call, at a receive of a message or during
// something else that happens.
type spot struct {
	Call  string
	Fault fault
	When  string
}

// coverage counts how often runs have reached each spot. A spot without a fault stands for a call that nothing struck, and
// a spot without a When for a fault that can strike at a call.
type coverage map[spot]int

// These are what a spot's When can be.
const (
	firstReceive  = "first receive"
	middleReceive = "a receive between"
	lastReceive   = "last receive"
	inOutage      = "outage"
	afterPause    = "after a pause"
	afterUpgrade  = "new model"
	inRedrive     = "redrive"
	slowFunction  = "slow function"
)

var whens = []string{firstReceive, middleReceive, lastReceive, inOutage, afterPause, afterUpgrade, inRedrive, slowFunction}

// when lists what a fault strikes at now, at a call about messages with these receive counts. The caller holds the lock.
func (w *world) when(receives []int) (all []string) {
	for _, n := range receives {
		class := middleReceive
		switch {
		case n >= w.maxReceiveCount:
			class = lastReceive
		case n == 1:
			class = firstReceive
		}
		if !slices.Contains(all, class) {
			all = append(all, class)
		}
	}
	now := time.Since(w.start)
	for when, holds := range map[string]bool{
		inOutage:   slices.ContainsFunc(w.outages, func(o period) bool { return o.from <= now && now < o.to }),
		afterPause: w.paused.to > 0 && now >= w.paused.to, afterUpgrade: w.upgraded.Load(), inRedrive: w.redriving > 0, slowFunction: w.slowness > 1,
	} {
		if holds {
			all = append(all, when)
		}
	}
	return all
}

// reach counts that something happened at a call, which can meet some faults. The caller holds the lock.
func (c coverage) reach(call string, when []string, f fault, all possible) {
	for _, at := range when {
		c[spot{call, none, at}]++
		if f != none {
			c[spot{call, f, at}]++
		}
	}
	for _, p := range all {
		c[spot{call, p.fault, ""}]++
	}
}

// reach counts a fault that strikes although a visit has drawn none.
func (w *world) reach(call string, receives []int, f fault) {
	if f == none {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.when(receives) {
		w.outcome.covered[spot{call, f, at}]++
	}
}

func (c coverage) add(other coverage) {
	for s, n := range other {
		c[s] += n
	}
}

// missing lists the spots that no run has reached, although runs were at that call then. reached is the number of others.
func (c coverage) missing() (missing []spot, reached int) {
	for can := range c {
		if can.When != "" {
			continue
		}
		for _, when := range whens {
			switch s := (spot{can.Call, can.Fault, when}); {
			case c[spot{can.Call, none, when}] == 0:
			case c[s] == 0:
				missing = append(missing, s)
			default:
				reached++
			}
		}
	}
	slices.SortFunc(missing, spot.compare)
	return missing, reached
}

func (s spot) compare(other spot) int {
	return cmp.Or(cmp.Compare(s.Call, other.Call), cmp.Compare(s.Fault, other.Fault), cmp.Compare(s.When, other.When))
}

// print shows how often each fault struck at each call, and when. A dash is where no run was.
func (c coverage) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "call\tfault\t%s\n", strings.Join(whens, "\t"))
	for _, can := range slices.SortedFunc(maps.Keys(c), spot.compare) {
		if can.When != "" {
			continue
		}
		fmt.Fprintf(w, "%s\t%s", can.Call, can.Fault)
		for _, when := range whens {
			if c[spot{can.Call, none, when}] == 0 {
				fmt.Fprint(w, "\t-")
			} else {
				fmt.Fprintf(w, "\t%d", c[spot{can.Call, can.Fault, when}])
			}
		}
		fmt.Fprintln(w)
	}
}

// lean is a spot that a run is to reach: where it can, its fault strikes often.
type lean struct{ spot }

// Set takes a flag's value. See flag.Value.
func (l *lean) Set(text string) error {
	parts := strings.Split(text, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || !slices.Contains(whens, parts[2]) {
		return errors.New(`it must be a call, a fault and a time as -coverage has them, with slashes between`)
	}
	l.spot = spot{parts[0], fault(parts[1]), parts[2]}
	return nil
}

func (l *lean) String() string {
	if l.spot == (spot{}) {
		return ""
	}
	text, _ := l.MarshalText() // never fails
	return string(text)
}

// strikes tells whether the fault strikes at a visit because the run leans towards it.
func (l lean) strikes(s seed, visit, call string, when []string, all possible) bool {
	return l.Call == call && slices.Contains(when, l.When) && all.include(l.Fault) && s.number("lean", visit) < 0.3
}
