package sqs

import (
	"container/heap"
	linked "container/list"
	"time"
)

// queue holds the messages of one queue. The service's lock guards it. Every operation costs O(log n).
type queue struct {
	name     string
	settings settings
	tags     map[string]string
	created  time.Time
	modified time.Time
	purged   time.Time

	messages map[uint64]*message // all, by serial
	ready    list                // visible; the message that became visible first is first
	hidden   messageHeap         // in flight or delayed; the message that becomes visible next is first
	byAge    messageHeap         // all; the message that was sent first is first
	inFlight int

	waiting linked.List // long polls in the order they came, each a chan struct{}
}

func newQueue(name string, s settings, now time.Time) *queue {
	return &queue{
		name: name, settings: s, tags: map[string]string{}, created: now, modified: now,
		messages: map[uint64]*message{},
		hidden:   messageHeap{less: func(a, b *message) bool { return a.visibleAt.Before(b.visibleAt) }, index: func(m *message) *int { return &m.hiddenIndex }},
		byAge:    messageHeap{less: func(a, b *message) bool { return a.sent.Before(b.sent) }, index: func(m *message) *int { return &m.ageIndex }},
	}
}

// add puts a message into the queue. The message becomes visible at visibleAt.
func (q *queue) add(m *message, visibleAt, now time.Time) {
	q.messages[m.serial] = m
	heap.Push(&q.byAge, m)
	m.visibleAt = visibleAt
	if visibleAt.After(now) {
		heap.Push(&q.hidden, m)
		q.wake()
		return
	}
	q.show(m)
}

func (q *queue) remove(m *message) {
	delete(q.messages, m.serial)
	heap.Remove(&q.byAge, m.ageIndex)
	if q.ready.contains(m) {
		q.ready.remove(m)
	} else {
		q.unhide(m)
	}
}

func (q *queue) clear() {
	q.messages = map[uint64]*message{}
	q.ready = list{}
	q.hidden.messages, q.byAge.messages = nil, nil
	q.inFlight = 0
}

// advance brings the queue up to date. It removes the messages whose retention period has ended,
// and makes the messages visible whose visibility timeout or delay has ended.
func (q *queue) advance(now time.Time) {
	for len(q.byAge.messages) > 0 {
		oldest := q.byAge.messages[0]
		if now.Before(oldest.sent.Add(q.settings.retention)) {
			break
		}
		q.remove(oldest)
	}
	for len(q.hidden.messages) > 0 {
		next := q.hidden.messages[0]
		if now.Before(next.visibleAt) {
			break
		}
		q.unhide(next)
		q.show(next)
	}
}

// nextChange returns the time at which the next hidden message becomes visible.
func (q *queue) nextChange() (time.Time, bool) {
	if len(q.hidden.messages) == 0 {
		return time.Time{}, false
	}
	return q.hidden.messages[0].visibleAt, true
}

// receive hides a ready message for its visibility timeout and adds one to its receive count.
func (q *queue) receive(m *message, visibility time.Duration, now time.Time) {
	q.ready.remove(m)
	if m.receives == 0 {
		m.firstReceived = now
	}
	m.receives++
	m.received = now
	m.inFlight = true
	q.inFlight++
	m.visibleAt = now.Add(visibility)
	heap.Push(&q.hidden, m)
}

// changeVisibility changes when a message in flight becomes visible again.
func (q *queue) changeVisibility(m *message, visibility time.Duration, now time.Time) {
	m.visibleAt = now.Add(visibility)
	heap.Fix(&q.hidden, m.hiddenIndex)
	q.advance(now)
	q.wake()
}

func (q *queue) unhide(m *message) {
	heap.Remove(&q.hidden, m.hiddenIndex)
	if m.inFlight {
		if q.inFlight == maxInFlight { // a long poll may wait until fewer messages are in flight
			q.wake()
		}
		m.inFlight = false
		q.inFlight--
	}
}

func (q *queue) show(m *message) {
	q.ready.append(m)
	q.wake()
}

// wake makes the first long poll look at the queue again. Call it when a message becomes ready,
// when a message will become ready sooner than before, or when the number of messages in flight
// falls below its limit.
func (q *queue) wake() {
	if first := q.waiting.Front(); first != nil {
		select {
		case first.Value.(chan struct{}) <- struct{}{}:
		default: // the poll has been woken already
		}
	}
}

// list is a doubly linked list through the messages themselves.
type list struct {
	first, last *message
	length      int
}

func (l *list) append(m *message) {
	m.previous, m.next = l.last, nil
	if l.last == nil {
		l.first = m
	} else {
		l.last.next = m
	}
	l.last = m
	l.length++
}

func (l *list) remove(m *message) {
	if m.previous == nil {
		l.first = m.next
	} else {
		m.previous.next = m.next
	}
	if m.next == nil {
		l.last = m.previous
	} else {
		m.next.previous = m.previous
	}
	m.previous, m.next = nil, nil
	l.length--
}

func (l *list) contains(m *message) bool { return m.previous != nil || l.first == m }

// messageHeap is a container/heap. Each message in it knows its own index.
type messageHeap struct {
	messages []*message
	less     func(a, b *message) bool
	index    func(m *message) *int
}

func (h messageHeap) Len() int           { return len(h.messages) }
func (h messageHeap) Less(i, j int) bool { return h.less(h.messages[i], h.messages[j]) }

func (h messageHeap) Swap(i, j int) {
	h.messages[i], h.messages[j] = h.messages[j], h.messages[i]
	*h.index(h.messages[i]), *h.index(h.messages[j]) = i, j
}

func (h *messageHeap) Push(x any) {
	m := x.(*message)
	*h.index(m) = len(h.messages)
	h.messages = append(h.messages, m)
}

func (h *messageHeap) Pop() any {
	last := len(h.messages) - 1
	m := h.messages[last]
	h.messages[last] = nil
	h.messages = h.messages[:last]
	return m
}
