package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/item"
)

// restPatience is how long the queue may take to become empty when the load has ended.
const restPatience = 5 * time.Minute

// check waits until the queue is empty, and looks for what was lost and for what is too much.
func (s *soak) check(ctx context.Context) error {
	if err := s.rest(ctx); err != nil {
		return err
	}
	found, err := s.scan(ctx)
	if err != nil {
		return err
	}
	letters, err := s.letters(ctx)
	if err != nil {
		return err
	}
	s.checkItems(ctx, found)
	s.checkLetters(ctx, letters, found)
	for id := range found { // what is left is nobody's
		if !s.ledger.mayBeStored(id) {
			s.fault(ctx, "an item", fmt.Errorf("item %s is stored, and nobody has posted it, or it was deleted", id))
		}
	}
	return nil
}

// rest waits until the queue is empty.
func (s *soak) rest(ctx context.Context) error {
	for late := time.Now().Add(restPatience); ; {
		backlog, err := stack.BacklogOf(ctx, s.queues, s.target.Queue.URL)
		switch {
		case err != nil:
			return err
		case backlog.Total() == 0:
			return nil
		case time.Now().After(late):
			return fmt.Errorf("%s after the load, EnrichQueue still has %d messages", restPatience, backlog.Total())
		case !waitUntil(ctx, time.Now().Add(500*time.Millisecond)):
			return ctx.Err()
		}
	}
}

// checkItems looks at the acknowledged items, and takes them out of what was found.
func (s *soak) checkItems(ctx context.Context, found map[string]stored) {
	for _, e := range s.ledger.all() {
		id := e.id()
		one := found[id]
		delete(found, id)
		p, ok := one.prediction()
		switch {
		case one == nil:
			s.fault(ctx, "an item", fmt.Errorf("item %s was acknowledged and is not stored", id))
		case !ok:
			s.fault(ctx, "an item", fmt.Errorf("item %s is not classified (failure: %q), and its message is gone", id, one.text("failure_code")))
		case p.Version < s.models.least():
			s.fault(ctx, "an item", fmt.Errorf("item %s has the model version %s, and was enqueued for %s", id, p.Version, s.models.least()))
		default:
			s.fault(ctx, "an item", s.models.check(e, p))
		}
		s.checked++
	}
}

// checkLetters looks whether the dead letters are those of the poison, and takes its items out of what was found.
func (s *soak) checkLetters(ctx context.Context, letters []letter, found map[string]stored) {
	expected := s.poison.expected()
	for _, l := range letters {
		body := aws.ToString(l.Body)
		q, past := s.poison.find(body)
		s.fault(ctx, "a dead letter", checkLetter(l, q, past))
		delete(expected, body)
		if q != nil && q.code == item.InvalidItem {
			id := entry{n: q.n}.id()
			if found[id].text("failure_code") != q.code {
				s.fault(ctx, "an item", fmt.Errorf("the spoiled item %s has the failure %q, want %q", id, found[id].text("failure_code"), q.code))
			}
			delete(found, id)
		}
	}
	for body := range expected {
		s.fault(ctx, "a dead letter", fmt.Errorf("%.100q was to become a dead letter, and is none", body))
	}
	s.dead = len(letters)
}
