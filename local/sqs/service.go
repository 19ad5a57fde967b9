package sqs

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"simple-sam-demo/local/awsjson"
)

// maxInFlight is how many messages of one queue can be in flight.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
const maxInFlight = 120_000

// Service holds the queues of one account in one region.
type Service struct {
	region, account string
	protocol        *awsjson.Service

	mu      sync.Mutex
	queues  map[string]*queue    // by name
	deleted map[string]time.Time // when, by name
	moves   []*move              // newest last
	serial  uint64               // of the newest message
}

// New returns a service without queues.
func New(region, account string) *Service {
	s := &Service{region: region, account: account, queues: map[string]*queue{}, deleted: map[string]time.Time{}}
	s.protocol = newProtocol(s)
	return s
}

// url is a queue's URL for whoever makes a request: its host is the one that the client
// has reached, through a forwarded port or from a container, which the service can't know.
func (s *Service) url(ctx context.Context, q *queue) string {
	return fmt.Sprintf("%s/%s/%s", requestOf(ctx).baseURL, s.account, q.name)
}

func (s *Service) arn(q *queue) string { return s.arnOf(q.name) }

func (s *Service) arnOf(name string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", s.region, s.account, name)
}

// byURL finds a queue by the last part of its URL, whatever the host.
func (s *Service) byURL(url string) (*queue, error) {
	if url == "" {
		return nil, errMissing("QueueUrl")
	}
	return s.byName(url[strings.LastIndexByte(url, '/')+1:])
}

func (s *Service) byARN(arn string) (*queue, error) {
	q, err := s.byName(arn[strings.LastIndexByte(arn, ':')+1:])
	if err == nil && s.arn(q) != arn { // of another region or account
		return nil, errNoQueue()
	}
	return q, err
}

func (s *Service) byName(name string) (*queue, error) {
	if q, ok := s.queues[name]; ok {
		return q, nil
	}
	return nil, errNoQueue()
}

// newMessage gives a message its identity.
func (s *Service) newMessage(now time.Time) *message {
	s.serial++
	return &message{id: uuid.NewString(), serial: s.serial, sent: now}
}

// take receives up to n messages that are visible now, as long as there is room in
// flight. A message that has been received maxReceiveCount times moves to the
// dead-letter queue instead, unless that is the queue itself.
func (s *Service) take(q *queue, n int, visibility time.Duration, now time.Time) []*message {
	q.advance(now)
	n = min(n, maxInFlight-q.inFlight)
	var taken []*message
	for len(taken) < n && q.ready.first != nil {
		m := q.ready.first
		if p := q.settings.redrive; p != nil && m.receives >= p.MaxReceiveCount {
			if deadLetters, err := s.byARN(p.TargetARN); err == nil && deadLetters != q {
				q.remove(m)
				m.deadLetterFrom = s.arn(q)
				deadLetters.add(m, now, now)
				continue
			}
		}
		q.receive(m, visibility, now)
		taken = append(taken, m)
	}
	return taken
}

// poll receives up to n messages, and waits for the first of them as long as ctx and
// the wait time allow. Polls are served in the order they came. It returns with the
// lock held.
func (s *Service) poll(ctx context.Context, q *queue, n int, visibility, wait time.Duration) []*message {
	if wait == 0 {
		return s.take(q, n, visibility, time.Now())
	}
	until := time.Now().Add(wait)
	turn := make(chan struct{}, 1)
	place := q.waiting.PushBack(turn)
	defer func() {
		q.waiting.Remove(place)
		q.wake() // the next one
	}()
	for ctx.Err() == nil && s.queues[q.name] == q {
		now, look := time.Now(), until
		if q.waiting.Front() == place {
			if taken := s.take(q, n, visibility, now); len(taken) > 0 {
				return taken
			}
			if next, ok := q.nextChange(); ok && next.Before(look) {
				look = next
			}
		}
		if !now.Before(until) {
			return nil
		}
		s.mu.Unlock()
		timer := time.NewTimer(look.Sub(now))
		select {
		case <-turn:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		s.mu.Lock()
	}
	return nil // the client or the queue has gone
}
