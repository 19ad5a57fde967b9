package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/target"
)

// made is what the run has made in the stack. It is noted before it is made, so that an interrupted
// run knows it too.
type made struct {
	session   *session
	items     map[string]bool // ids
	letters   map[string]bool // bodies of messages that are to become dead letters
	move      moveTask
	elsewhere string // id of an item that the API has created, but not in the table; or ""
}

func (m *made) item(id string) { m.items[id] = true }

// letter notes a message that is about to be sent, unless the run is over.
func (m *made) letter(ctx context.Context, body string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.letters[body] = true
	return nil
}

// owns tells whether a dead letter is one of this run.
func (m *made) owns(body string) bool {
	return m.letters[body] || m.items[idIn(body)]
}

// takeAway deletes all that was made, and returns what it could not.
func (m *made) takeAway(ctx context.Context) (leftBehind []string) {
	if len(m.items) == 0 {
		return nil
	}
	if err := m.session.endMove(ctx); err != nil {
		leftBehind = append(leftBehind, fmt.Sprintf("a move task that may move dead letters of others to EnrichQueue (handle %q): %v", m.move.handle, err))
	}
	if m.elsewhere != "" {
		leftBehind = append(leftBehind, fmt.Sprintf("item %s, created by %s, which table %s does not have: delete it from the table of that API's stack", m.elsewhere, m.session.api.url, m.session.target.Table))
	}
	pending := m.settle(ctx)
	if err := m.takeLetters(ctx); err != nil {
		leftBehind = append(leftBehind, err.Error())
	}
	for _, err := range m.takeItems(ctx, slices.Sorted(maps.Keys(m.items))) {
		leftBehind = append(leftBehind, err.Error())
	}
	if pending > 0 {
		leftBehind = append(leftBehind, fmt.Sprintf("keys of up to %d items in EnrichQueue, which the enricher will drop because the items are gone", pending))
	}
	return leftBehind
}

// takeItems deletes items, and returns what it could not.
func (m *made) takeItems(ctx context.Context, ids []string) (errs []error) {
	all := make([]error, len(ids))
	eachOf(len(ids), deployedClients, func(i int) {
		_, all[i] = m.session.table.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &m.session.target.Table, Key: key(ids[i])})
	})
	for i, err := range all {
		if err != nil {
			errs = append(errs, fmt.Errorf("item %s in table %s: %w", ids[i], m.session.target.Table, err))
		} else {
			delete(m.items, ids[i])
		}
	}
	return errs
}

// settle waits a little until the enricher is done with the items: a key whose item is gone would be
// retried, and counted as an orphan. It returns how many are still waiting. Those that failed have a
// dead letter. If a POST was cut off, settle first waits until the writer's time is over: until then the
// writer may store the item, even one that was there before and is taken away meanwhile.
func (m *made) settle(ctx context.Context) (pending int) {
	const patience = 10 * time.Second // also the writer's Timeout
	if m.session.api.cutOff.Load() {
		_ = wait(ctx, m.share(ctx, patience))
	}
	waiting := maps.Clone(m.items)
	_, _ = poll(ctx, m.share(ctx, patience), time.Second, func() (bool, error) { // whatever fails will fail again, and be told
		items, err := m.session.storedAll(ctx, slices.Collect(maps.Keys(waiting)))
		if err != nil {
			return false, err
		}
		for id, item := range items {
			at := stateOf(item)
			if at == failed {
				m.letters[messageBody(id)] = true
			}
			sent := m.letters[messageBody(id)] // the key of an item that this run has spoiled
			if at != unclassified && !(at == spoiled && sent) {
				delete(waiting, id)
			}
		}
		return len(waiting) == 0, nil
	})
	if len(waiting) == 0 {
		m.awaitQuiet(ctx)
	}
	return len(waiting)
}

// awaitQuiet waits for the second keys of items that were posted twice, unless others keep the queue
// busy. A key that comes too late is dropped.
func (m *made) awaitQuiet(ctx context.Context) {
	const patience = 3 * time.Second
	_, _ = poll(ctx, m.share(ctx, patience), 200*time.Millisecond, func() (bool, error) {
		c, err := m.session.count(ctx, m.session.target.Queue)
		return c == backlogCount{}, err
	})
}

// takeLetters deletes the run's dead letters, those that are still to come too.
func (m *made) takeLetters(ctx context.Context) error {
	if len(m.letters) == 0 {
		return nil
	}
	const patience = 15 * time.Second
	_, err := poll(ctx, m.share(ctx, patience), time.Second, func() (bool, error) {
		_, err := m.session.sweep(ctx, neverEnough, func(found *sweepResult) (err error) {
			for _, l := range found.own {
				err = errors.Join(err, m.session.deleteLetter(ctx, found, l))
			}
			return err
		})
		return len(m.letters) == 0, errors.Join(err, m.forgetRedriven(ctx))
	})
	if err != nil {
		return fmt.Errorf("%d dead letters: %w", len(m.letters), err)
	}
	if len(m.letters) > 0 {
		return fmt.Errorf("messages that may still come to the dead-letter queue, with the bodies %s", strings.Join(slices.Sorted(maps.Keys(m.letters)), " and "))
	}
	return nil
}

// forgetRedriven expects no letter any more of an item that is classified.
func (m *made) forgetRedriven(ctx context.Context) error {
	for body := range m.letters {
		item, err := m.session.stored(ctx, cmp.Or(idIn(body), strings.Repeat("0", 32)))
		if err != nil {
			return err
		}
		if stateOf(item) == classified {
			delete(m.letters, body)
		}
	}
	return nil
}

// share returns how long one step may wait, so that the others have time too.
func (m *made) share(ctx context.Context, most time.Duration) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(most, time.Until(end)/3)
	}
	return most
}

// backlog says in a few words what the queues hold.
func (s *session) backlog(ctx context.Context) string {
	if ctx.Err() != nil {
		return whyEnded(ctx)
	}
	waiting, err := s.count(ctx, s.target.Queue)
	if err != nil {
		return err.Error()
	}
	dead, err := s.count(ctx, s.target.DeadLetterQueue)
	if err != nil {
		return err.Error()
	}
	delayed := ""
	if waiting.delayed > 0 {
		delayed = fmt.Sprintf(" and %d delayed", waiting.delayed)
	}
	return fmt.Sprintf("EnrichQueue has about %d waiting and %d in flight%s, the dead-letter queue %d", waiting.visible, waiting.hidden, delayed, dead.all())
}

// backlogCount is about how many messages a queue has.
type backlogCount struct{ visible, hidden, delayed int }

func (c backlogCount) all() int { return c.visible + c.hidden + c.delayed }

func (s *session) count(ctx context.Context, q target.Queue) (c backlogCount, err error) {
	attributes, err := s.attributes(ctx, q)
	if err != nil {
		return c, err
	}
	for name, n := range map[string]*int{
		"ApproximateNumberOfMessages": &c.visible, "ApproximateNumberOfMessagesNotVisible": &c.hidden, "ApproximateNumberOfMessagesDelayed": &c.delayed,
	} {
		if _, err := fmt.Sscan(attributes[name], n); err != nil {
			return c, fmt.Errorf("queue %s has no %s", q.URL, name)
		}
	}
	return c, nil
}

func (s *session) attributes(ctx context.Context, q target.Queue) (map[string]string, error) {
	out, err := s.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(q.URL), AttributeNames: allAttributes})
	if err != nil {
		return nil, fmt.Errorf("look at queue %s: %w", q.URL, err)
	}
	return out.Attributes, nil
}
