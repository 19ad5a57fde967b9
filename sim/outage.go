package main

import (
	"fmt"
	"time"
)

// drawOutages draws the times in which the table or the queue is down altogether.
func (w *world) drawOutages(before time.Duration) {
	for n := range w.seed.below(3, "outages") {
		name := fmt.Sprint("outage ", n)
		if w.includes(name) {
			from := w.moment(before, name)
			length := time.Duration(w.seed.number(name, "length") * w.seed.number(name, "shorter") * float64(10*time.Minute))
			hits := []func(call) bool{call.toQueue, call.toTable}[w.seed.below(2, name, "hits")]
			w.outages = append(w.outages, period{from, from + length, hits, w.seed.number(name, "hangs") < 0.3})
		}
	}
}

// drawPause draws a time in which nobody receives messages: the event source mapping is switched off,
// say. It lasts for most of the messages' retention. One to three hours are left after it for each hundred items, but at
// most half of the retention. Crashes alone can't use that up, even if one worker is killed again and again.
func (w *world) drawPause(before time.Duration) {
	if w.seed.number("pauses") < 0.15 && w.includes("pause") {
		hours := (1 + 2*w.seed.number("pause", "left")) * max(1, float64(w.items)/100)
		left := min(time.Duration(hours*float64(time.Hour)), w.retention/2)
		w.paused = period{from: w.moment(before, "pause"), to: w.retention - left}
	}
}

// trouble draws what goes wrong with a call while its service is down, or when its item is cursed.
func (w *world) trouble(c call, site string, all possible) fault {
	if w.calm.Load() {
		return none
	}
	now := time.Since(w.start)
	for _, o := range w.outages {
		if o.from <= now && now < o.to && o.hits(c) {
			return w.refuse(site, all, o.hangs)
		}
	}
	if !c.classifies() {
		return none
	}
	for _, name := range c.subjects(w) {
		switch {
		case !w.curses(name):
		case w.seed.number("cursed", name, "panics") < 0.3:
			return panicked
		case c.operation == "UpdateItem": // in a batch only its statement is refused: see strikeStatements
			return w.refuse(site, all, false)
		}
	}
	return none
}

// curses tells whether an item is cursed: it can't be classified until all is calm.
func (w *world) curses(name string) bool {
	return !w.plain && w.seed.number("cursed", name) < 0.02 && w.includes("curse on "+name)
}

// refuse draws how a call fails.
func (w *world) refuse(site string, all possible, hangs bool) fault {
	w.mu.Lock()
	w.outcome.refused++
	w.mu.Unlock()
	f := []fault{throttled, serverError, requestLost, hung}[w.seed.below(4, "refuse", site)]
	if hangs {
		f = hung
	}
	if !all.include(f) {
		f = serverError
	}
	return f
}
