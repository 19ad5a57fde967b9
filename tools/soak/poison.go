package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// poison is what the enricher must give up. There are messages without a key, which nobody can mend, and keys of
// items that are spoiled in the table, which soak mends before it redrives them.
type poison struct {
	mu     sync.Mutex
	sent   map[string]*poisoned // that must be in the dead-letter queue in the end, by the messages' bodies
	past   map[string]string    // codes of those that were mended or deleted: copies of their letters may come
	mended int
	thrown int // deleted
}

// poisoned is a message that the enricher must give up.
type poisoned struct {
	code   string // why
	n      int    // number of the spoiled item
	letter string // the id of the dead letter that was seen last, or ""
}

func newPoison() *poison { return &poison{sent: map[string]*poisoned{}, past: map[string]string{}} }

func (p *poison) add(body string, q poisoned) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent[body] = &q
}

// find returns what is known of a dead letter's body: what was sent, or nil, and the code if it is dealt with.
func (p *poison) find(body string) (q *poisoned, past string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[body], p.past[body]
}

// settle notes that a message was mended or deleted.
func (p *poison) settle(body string, count *int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.past[body] = p.sent[body].code
	delete(p.sent, body)
	*count++
}

// expected returns the bodies of the messages that must be in the dead-letter queue.
func (p *poison) expected() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	bodies := make(map[string]bool, len(p.sent))
	for body := range p.sent {
		bodies[body] = true
	}
	return bodies
}

func sendMalformed(ctx context.Context, l *load, _ *rand.Rand) error {
	body := fmt.Sprintf("poison %d of tools/soak", l.soak.ledger.take(1))
	l.soak.poison.add(body, poisoned{code: item.MalformedMessage})
	return l.soak.sendMessage(ctx, body)
}

// sendSpoiled stores an item with a text in the place of its last number, and sends its key.
func sendSpoiled(ctx context.Context, l *load, _ *rand.Rand) error {
	n := l.soak.ledger.take(1)
	m := sample.Nth(n)
	stored := map[string]types.AttributeValue{
		"id": stringValue(m.ID()), "created_at": stringValue(item.FormatTime(time.Now())),
	}
	for f, feature := range item.Features {
		stored[feature.Name] = numberValue(m[f])
	}
	stored[lastFeature()] = stringValue("spoiled by tools/soak")
	l.soak.poison.add(keyBody(m.ID()), poisoned{code: item.InvalidItem, n: n})
	if _, err := l.soak.table.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.soak.target.Table, Item: stored}); err != nil {
		return err
	}
	return l.soak.sendMessage(ctx, keyBody(m.ID()))
}

// mend corrects a spoiled item. From now on it is one like the others, but for the redrive that it needs.
func (s *soak) mend(ctx context.Context, q *poisoned) error {
	m := sample.Nth(q.n)
	_, err := s.table.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.target.Table, Key: map[string]types.AttributeValue{"id": stringValue(m.ID())},
		UpdateExpression: aws.String("SET #last = :number"), ConditionExpression: aws.String("attribute_exists(id)"),
		ExpressionAttributeNames:  map[string]string{"#last": lastFeature()},
		ExpressionAttributeValues: map[string]types.AttributeValue{":number": numberValue(m[len(m)-1])},
	})
	if err != nil {
		return fmt.Errorf("mend item %s: %w", m.ID(), err)
	}
	s.ledger.acknowledge(q.n, 1)
	return nil
}

func (s *soak) sendMessage(ctx context.Context, body string) error {
	_, err := s.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.target.Queue.URL, MessageBody: &body})
	return err
}

func lastFeature() string { return item.Features[len(item.Features)-1].Name }

func keyBody(id string) string { return `{"id":"` + id + `"}` }

func stringValue(value string) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: value}
}

func numberValue(value float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: item.FormatNumber(value)}
}
