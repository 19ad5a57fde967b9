package main

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/internal/sample"
)

// ledger knows what the stack must have: the items that it has acknowledged, and that soak has not deleted.
type ledger struct {
	mu        sync.Mutex
	next      int             // the number of the next new item, for [sample.Nth]
	keepers   int             // how many items are never deleted
	residents []entry         // these
	passing   []entry         // the others, in the order in which they were acknowledged
	uncertain map[string]bool // ids of items that may be stored: nobody has acknowledged them
	deleted   int
}

// entry is an acknowledged item.
type entry struct {
	n  int // its number
	at time.Time
}

func (e entry) id() string { return sample.Nth(e.n).ID() }

// take returns the number of the first of n new items. Until they are acknowledged, they may be stored.
func (l *ledger) take(n int) (first int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = l.next
	l.next += n
	for i := range n {
		l.uncertain[entry{n: first + i}.id()] = true
	}
	return first
}

// acknowledge notes that n items are stored.
func (l *ledger) acknowledge(first, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n {
		e := entry{first + i, time.Now()}
		delete(l.uncertain, e.id())
		if len(l.residents) < l.keepers {
			l.residents = append(l.residents, e)
		} else {
			l.passing = append(l.passing, e)
		}
	}
}

// pick returns an item that will not be deleted soon: a resident, or one of the newer half of the others.
func (l *ledger) pick(random *rand.Rand) (e entry, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	half := len(l.passing) / 2
	if some := len(l.residents); some > 0 && (half == 0 || random.IntN(4) == 0) {
		return l.residents[random.IntN(some)], true
	}
	if half == 0 {
		return e, false
	}
	return l.passing[half+random.IntN(len(l.passing)-half)], true
}

// recent returns one of the items that were acknowledged last, and that will not be deleted soon.
func (l *ledger) recent(random *rand.Rand) (e entry, ok bool) {
	const last = 300
	l.mu.Lock()
	defer l.mu.Unlock()
	all, some := l.passing, min(last, len(l.passing)/2)
	if some == 0 {
		all, some = l.residents, min(last, len(l.residents))
	}
	if some == 0 {
		return e, false
	}
	return all[len(all)-1-random.IntN(some)], true
}

// old takes the items out that were acknowledged before a time.
func (l *ledger) old(before time.Time) (all []entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := slices.IndexFunc(l.passing, func(e entry) bool { return !e.at.Before(before) })
	if n < 0 {
		n = len(l.passing)
	}
	all = slices.Clone(l.passing[:n])
	l.passing = l.passing[n:]
	return all
}

// putBack returns items that can't be deleted yet.
func (l *ledger) putBack(all []entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passing = append(slices.Clone(all), l.passing...)
}

// forget notes that items were deleted.
func (l *ledger) forget(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted += n
}

// all returns the acknowledged items that must be stored.
func (l *ledger) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.residents, l.passing)
}

// mayBeStored tells whether an item was posted but not acknowledged.
func (l *ledger) mayBeStored(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uncertain[id]
}

func (l *ledger) counts() (acknowledged, deleted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.residents) + len(l.passing) + l.deleted, l.deleted
}
