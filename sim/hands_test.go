package main

import (
	"testing"
	"testing/synctest"
	"time"
)

// A message is heard of a while after SQS has let its consumer have it. A late call about an earlier receive may make it
// visible in between. That is not the consumer's fault.
func TestAMessageMayBecomeVisibleThatALateCallMadeVisibleAfterItsReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{names: map[string]string{}, maxReceiveCount: 5}
		w.ledger = newLedger(w)
		p := &process{world: w, hands: newHands()}
		received := func(receives string) message {
			return message{MessageId: "message", ReceiptHandle: receives, Attributes: map[string]string{"ApproximateReceiveCount": receives}}
		}
		w.ledger.deliver(received("1"), time.Now())
		early := time.Now()
		time.Sleep(time.Second)
		w.ledger.change(call{in: input{ReceiptHandle: "1"}})
		time.Sleep(time.Second)
		for _, c := range []struct {
			receives string
			at       time.Time
			excused  bool
		}{{"2", early, true}, {"3", time.Now(), false}} {
			m := received(c.receives)
			w.ledger.deliver(m, c.at)
			p.take([]message{m}, c.at, func(message) bool { return false }, none)
			if got := p.held[c.receives].unchecked; got != c.excused {
				t.Errorf("receive %s: a worker may lose the message: %t, want %t", c.receives, got, c.excused)
			}
			if _, got := w.ledger.excuses[m.receive()]; got != c.excused {
				t.Errorf("receive %s: SQS may move the message without a reason: %t, want %t", c.receives, got, c.excused)
			}
		}
		w.ledger.change(call{in: input{ReceiptHandle: "2"}})
		if _, excused := w.ledger.excuses[receive{"message", 3}]; !excused {
			t.Error("a late call about receive 2 is no excuse for receive 3")
		}
	})
}
