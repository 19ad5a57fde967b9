package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/queue"
)

// steps writes down what happens to each item of a run, in the terms of sim/protocol/Pipeline.tla. Then TLC can tell whether
// that is a behaviour of the specification. It stands before AWS, and sees each call when AWS has carried it out.
// A nil *steps writes nothing down.
type steps struct {
	world *world

	mu       sync.Mutex
	upgraded bool
	courses  map[string]*course   // by item
	messages map[string]*course   // by message id
	receives map[string]receive   // by receipt handle
	struck   map[*invocation]bool // those that met a fault
	models   map[*invocation]int  // their model versions, where a call tells
}

// trace is the course of one item in a run. Consumers, posts and messages are numbered from 1 on.
type trace struct {
	Seed      seed   `json:"seed"`
	Item      string `json:"item"`
	Bad       bool   `json:"bad"` // its measurements are not valid
	Receives  int    `json:"receives"`
	Posts     int    `json:"posts"`
	Consumers int    `json:"consumers"`
	Disturbed []int  `json:"disturbed"` // consumers that met a fault, so that calls of theirs may have failed
	Newest    []int  `json:"newest"`    // consumers that write with the new model
	Steps     []step `json:"steps"`
}

// step is one step of a trace: what AWS did, or what somebody saw. sim/protocol/Trace.tla says what each means.
type step map[string]any

// course is a trace that is not over yet.
type course struct {
	trace
	sent       int
	stored     bool                      // before it was enqueued: see planted
	messages   map[string]*courseMessage // by message id
	deliveries map[receive]*delivery
	writers    map[*invocation]int // the last post of an invocation
	copies     map[int][]step      // that belong after a step
}

type courseMessage struct {
	n, receives int
	deleted     bool
}

// delivery is one receive of a message, and the consumers that have it. There are several if it was delivered twice.
type delivery struct {
	at        int // the index of its step
	consumers []int
	by        map[*invocation]int
}

func newSteps(w *world) *steps {
	if !w.scenario.steps {
		return nil
	}
	return &steps{world: w, courses: map[string]*course{}, messages: map[string]*course{}, receives: map[string]receive{}, struck: map[*invocation]bool{}, models: map[*invocation]int{}}
}

// watch returns AWS with the steps before it.
func (s *steps) watch(aws stack.AWS) stack.AWS {
	if s == nil {
		return aws
	}
	next := aws.Handler
	aws.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := &answerCopy{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		c := newCall("", r, body)
		if c.operation == "ReceiveMessage" {
			time.Sleep(time.Nanosecond) // it may have waited for a message whose sending is not written down yet
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.record(r.Context(), c, answer)
	})
	return aws
}

// answerCopy keeps a copy of an answer.
type answerCopy struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *answerCopy) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerCopy) Write(text []byte) (int, error) {
	a.body.Write(text)
	return a.ResponseWriter.Write(text)
}

// upgrade records that the new model is published.
func (s *steps) upgrade() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upgraded {
		return
	}
	s.upgraded = true
	for _, c := range s.courses {
		c.add(step{"op": "upgrade"})
	}
}

// of returns the course of an item.
func (s *steps) of(id string) *course {
	c := s.courses[id]
	if c == nil {
		c = &course{
			trace:    trace{Seed: s.world.seed, Item: s.world.nameOf(id), Receives: s.world.maxReceiveCount},
			messages: map[string]*courseMessage{}, deliveries: map[receive]*delivery{}, writers: map[*invocation]int{}, copies: map[int][]step{},
		}
		s.courses[id] = c
		if s.upgraded {
			c.add(step{"op": "upgrade"})
		}
	}
	return c
}

func (c *course) add(s step) { c.Steps = append(c.Steps, s) }

func (c *course) newConsumer() int {
	c.Consumers++
	return c.Consumers
}

// number gives a new message its number.
func (s *steps) number(c *course, messageID string) int {
	c.sent++
	c.messages[messageID] = &courseMessage{n: c.sent}
	s.messages[messageID] = c
	return c.sent
}

// consumers returns the consumers of an item in an invocation.
func (s *steps) consumers(c *course, by *invocation, id string) (all []int) {
	for _, m := range by.received {
		if named, err := queue.ParseBody(m.Body); err == nil && named == id {
			if n := c.consumer(s.receives[m.ReceiptHandle], by); !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// consumer returns who has a delivery in an invocation.
func (c *course) consumer(r receive, by *invocation) int {
	d := c.deliveries[r]
	n, known := d.by[by]
	switch {
	case known:
	case len(d.by) == 0:
		n = d.consumers[0]
	default: // it was delivered twice
		n = c.newConsumer()
		c.copies[d.at] = append(c.copies[d.at], step{"op": "again", "c": n, "who": d.consumers[:1]})
		d.consumers = append(d.consumers, n)
	}
	d.by[by] = n
	return n
}

type ghostsKey struct{}

// strike records that a call meets a fault. If it can take effect although its caller does not hear so in time, another
// consumer makes it, which is as far as the caller.
func (s *steps) strike(r *http.Request, c call, f fault) *http.Request {
	by, ok := r.Context().Value(invocationKey{}).(*invocation)
	if s == nil || f == none || !ok {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.struck[by] = true
	if !slices.Contains([]fault{answerLost, answerLate, answerCut, straggler, slow, statementsLost, statementsLeftOut, frozen}, f) {
		return r
	}
	ghosts := map[*course]int{}
	for course, who := range s.callers(c, by) {
		ghosts[course] = course.newConsumer()
		course.add(step{"op": "again", "c": ghosts[course], "who": who})
	}
	return r.WithContext(context.WithValue(r.Context(), ghostsKey{}, ghosts))
}

// callers returns who makes a call of the enricher, by the items that it changes.
func (s *steps) callers(c call, by *invocation) map[*course][]int {
	callers := map[*course][]int{}
	switch {
	case c.classifies(), c.marksFailure():
		for _, id := range c.ids() {
			callers[s.of(id)] = s.consumers(s.of(id), by, id)
		}
	case c.toDeadLetters():
		r := c.failed()
		if course := s.messages[r.messageID]; course != nil && course.deliveries[r] != nil {
			callers[course] = []int{course.consumer(r, by)}
		}
	case c.operation == "ChangeMessageVisibility":
		r := s.receives[c.in.ReceiptHandle]
		if course := s.messages[r.messageID]; course != nil {
			callers[course] = []int{course.consumer(r, by)}
		}
	}
	return callers
}
