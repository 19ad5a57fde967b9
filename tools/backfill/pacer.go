package main

import (
	"context"
	"sync"
	"time"
)

// pacer limits how much read capacity is consumed in a second. The cost of a page is known only after the
// page was read. So until then the pacer assumes that it costs as much as the page before.
type pacer struct {
	rate float64 // units a second

	mu    sync.Mutex
	next  time.Time // when the next page may be read
	price float64   // units that the last page cost; at first an estimate
	spent float64   // units
}

// wait waits until a page may be read, and returns how many units it has reserved for the page. The
// error is that of ctx.
func (p *pacer) wait(ctx context.Context) (reserved float64, err error) {
	for {
		reserved, delay := p.reserve()
		if delay <= 0 {
			return reserved, nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C: // look again: another segment may have been first, or a page cost more
		case <-ctx.Done():
			timer.Stop()
			return 0, ctx.Err()
		}
	}
}

// reserve reserves the units of one page. If it is too early for that, it returns how long to wait.
func (p *pacer) reserve() (reserved float64, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.next.After(now) {
		return 0, p.next.Sub(now)
	}
	p.next = now.Add(p.duration(p.price))
	return p.price, 0
}

// settle corrects a reservation: it says how many units the page really cost.
func (p *pacer) settle(reserved, units float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = p.next.Add(p.duration(units - reserved))
	p.price = units
	p.spent += units
}

func (p *pacer) duration(units float64) time.Duration {
	return time.Duration(units / p.rate * float64(time.Second))
}
