package main

import (
	"testing"
	"testing/synctest"
	"time"
)

// A worker hears of a message a while after SQS has received it. A late call about an earlier receive may make the message
// visible in between. That is not the worker's fault.
func TestAMessageMayBecomeVisibleThatALateCallMadeVisibleAfterItsReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &process{hands: newHands()}
		before := time.Now()
		time.Sleep(time.Second)
		p.loses(map[string]int{"message": 1}, true)
		time.Sleep(time.Second)
		for _, c := range []struct {
			when     string
			received time.Time
			excused  bool
		}{{"before", before, true}, {"after", time.Now(), false}} {
			p.take([]message{{MessageId: "message", ReceiptHandle: c.when}}, c.received, func(message) bool { return false }, none)
			if got := p.held[c.when].unchecked; got != c.excused {
				t.Errorf("received %s the late call: it may be visible: %t, want %t", c.when, got, c.excused)
			}
		}
	})
}
