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

// maxInFlight is the largest number of messages of one queue that can be in flight.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
const maxInFlight = 120_000

// Service holds the queues of one account in one region.
type Service struct {
	region, account string
	protocol        *awsjson.Service

	mu      sync.Mutex
	queues  map[string]*queue    // by name
	deleted map[string]time.Time // the time of DeleteQueue, by name
	moves   []*move              // the newest is last
	serial  uint64               // the serial of the newest message
}

// New returns a service without queues.
func New(region, account string) *Service {
	s := &Service{region: region, account: account, queues: map[string]*queue{}, deleted: map[string]time.Time{}}
	s.protocol = newProtocol(s)
	return s
}

// url returns a queue's URL for the client of the current request. The URL has the host that this
// client used, as a container or a forwarded port may have another name for the service.
func (s *Service) url(ctx context.Context, q *queue) string {
	return fmt.Sprintf("%s/%s/%s", requestOf(ctx).baseURL, s.account, q.name)
}

func (s *Service) arn(q *queue) string { return s.arnOf(q.name) }

func (s *Service) arnOf(name string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", s.region, s.account, name)
}

// byURL finds a queue by the last part of its URL. It ignores the host.
func (s *Service) byURL(url string) (*queue, error) {
	if url == "" {
		return nil, errMissing("QueueUrl")
	}
	return s.byName(url[strings.LastIndexByte(url, '/')+1:])
}

func (s *Service) byARN(arn string) (*queue, error) {
	q, err := s.byName(arn[strings.LastIndexByte(arn, ':')+1:])
	if err == nil && s.arn(q) != arn { // another region or account
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

// newMessage returns an empty message with a new id and serial.
func (s *Service) newMessage(now time.Time) *message {
	s.serial++
	return &message{id: uuid.NewString(), serial: s.serial, sent: now}
}

// take receives up to n messages that are visible now, but no more than may be in flight. A
// message that was received maxReceiveCount times already, from this queue alone, moves to the
// dead-letter queue instead. It stays if the dead-letter queue is the queue itself.
func (s *Service) take(q *queue, n int, visibility time.Duration, now time.Time) []*message {
	q.advance(now)
	n = min(n, maxInFlight-q.inFlight)
	var taken []*message
	for len(taken) < n && q.ready.first != nil {
		m := q.ready.first
		if p := q.settings.redrive; p != nil && m.receives-m.elsewhere >= p.MaxReceiveCount {
			if deadLetters, err := s.byARN(p.TargetARN); err == nil && deadLetters != q {
				q.remove(m)
				m.deadLetterFrom, m.elsewhere = s.arn(q), m.receives
				deadLetters.add(m, now, now)
				continue
			}
		}
		q.receive(m, visibility, now)
		taken = append(taken, m)
	}
	return taken
}

// poll receives up to n messages. If no message is visible, it waits for the first one until the wait time is
// over or ctx ends. Polls of one queue are served in the order in which they came. The caller holds the lock.
// poll gives the lock back while it waits, and holds it again when it returns.
func (s *Service) poll(ctx context.Context, q *queue, n int, visibility, wait time.Duration) []*message {
	if wait == 0 {
		return s.take(q, n, visibility, time.Now())
	}
	until := time.Now().Add(wait)
	turn := make(chan struct{}, 1)
	place := q.waiting.PushBack(turn)
	defer func() {
		q.waiting.Remove(place)
		q.wake() // the next poll in line
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
	return nil // the client has gone, or the queue was deleted
}
