package main

import (
	"context"
	"sync"
	"time"
)

// pacer lets read capacity be consumed at a rate. What a page costs is known only when it has been
// read, so until then it counts for as much as the page before.
type pacer struct {
	rate float64 // units a second

	mu    sync.Mutex
	next  time.Time // when the next page may be read
	price float64   // of the last page, units; to begin with, what it may be
	spent float64   // units
}

// wait returns when a page may be read, and what it counts for. The error is that of ctx.
func (p *pacer) wait(ctx context.Context) (reserved float64, err error) {
	for {
		reserved, delay := p.reserve()
		if delay <= 0 {
			return reserved, nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C: // somebody else may be first, or a page have cost more
		case <-ctx.Done():
			timer.Stop()
			return 0, ctx.Err()
		}
	}
}

// reserve takes what a page counts for, unless it is too early.
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

// settle tells what a page for which something was reserved has cost.
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
