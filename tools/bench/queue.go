package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// queueLoad is what each queue is measured with.
type queueLoad struct {
	backlogs []int // how many messages wait
	messages int   // that are received and deleted in a turn
	clients  int   // that do so at the same time
	turns    int   // of which the median counts
}

var localQueueLoad = queueLoad{backlogs: []int{1_000, 1_000_000}, messages: 20_000, clients: 2, turns: 3}

// queueSpeed is how fast an endpoint gives out messages while a backlog waits.
type queueSpeed struct {
	Endpoint  string // URL, or what it is
	Backlog   int
	PerSecond float64   // messages that are received and deleted: the median
	ToFirst   float64   // PerSecond ÷ that of the first endpoint with the same backlog
	ToLeast   float64   // PerSecond ÷ that of the same endpoint with the first backlog
	rates     []float64 // of each turn
	queue     *messageQueue
}

// measureQueue measures the queue of a local stack and, if -beside names one, another SQS.
func (m *measurement) measureQueue(ctx context.Context, _ *testing.T) error {
	program, err := buildLocal(ctx, m.bin)
	if err != nil {
		return err
	}
	s, err := startStack(ctx, program)
	if err != nil {
		return err
	}
	defer func() { _, _ = s.stop() }()
	endpoints := []string{*s.aws.BaseEndpoint}
	if m.beside != "" {
		endpoints = append(endpoints, m.beside)
	}
	m.results.Queue, err = localQueueLoad.measure(ctx, endpoints)
	for i := range m.results.Queue {
		if of := &m.results.Queue[i]; of.Endpoint == endpoints[0] {
			of.Endpoint = "the local stack" // its port is another each time
		}
	}
	return err
}

// measure measures each endpoint with each backlog, in turns. What disturbs this machine then disturbs
// them all.
func (l queueLoad) measure(ctx context.Context, endpoints []string) (speeds []queueSpeed, err error) {
	defer func() {
		for _, s := range speeds {
			err = errors.Join(err, s.queue.remove())
		}
	}()
	for _, backlog := range l.backlogs {
		for _, url := range endpoints {
			q, err := newQueue(ctx, url, backlog)
			if err != nil {
				return speeds, fmt.Errorf("%s: %w", url, err)
			}
			speeds = append(speeds, queueSpeed{Endpoint: url, Backlog: backlog, queue: q})
		}
	}
	for range l.turns {
		for i := range speeds {
			s := &speeds[i]
			rate, err := s.queue.rate(ctx, s.Backlog, l.messages, l.clients)
			if err != nil {
				return speeds, fmt.Errorf("%s: %w", s.Endpoint, err)
			}
			s.rates = append(s.rates, rate)
		}
	}
	n := len(endpoints)
	for i := range speeds {
		s := &speeds[i]
		s.PerSecond = median(s.rates)
		s.ToFirst, s.ToLeast = s.PerSecond/speeds[i-i%n].PerSecond, s.PerSecond/speeds[i%n].PerSecond
	}
	return speeds, nil
}
