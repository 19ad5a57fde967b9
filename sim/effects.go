package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"simple-sam-demo/shared/queue"
)

// record writes down what a call has done.
func (s *steps) record(ctx context.Context, c call, answer *answerCopy) {
	by, _ := ctx.Value(invocationKey{}).(*invocation)
	if version := c.in.ExpressionAttributeValues[":version"].S; version != "" {
		s.models[by] = versionNumber(version)
	} else if c.classifies() {
		s.models[by] = versionNumber(c.in.Statements[0].version())
	}
	text := answer.body.Bytes()
	if answer.status != http.StatusOK {
		if c.operation == "UpdateItem" && by != nil {
			s.refused(c, by, text)
		}
		return
	}
	switch c.operation {
	case "SendMessage", "SendMessageBatch":
		s.sent(ctx, c, by, text)
	case "ReceiveMessage":
		s.received(c, text)
	case "ChangeMessageVisibility":
		s.gaveBack(ctx, c, by)
	case "DeleteMessageBatch":
		s.deleted(c, text)
	case "PutItem":
		s.stored(c.in.Item["id"].S, by)
	case "UpdateItem":
		op := "classify"
		if c.marksFailure() {
			op = "mark"
		}
		s.wrote(ctx, op, c.in.Key["id"].S, c.in.ExpressionAttributeValues[":version"].S, by)
	case "BatchExecuteStatement":
		for _, done := range c.done(text) {
			if done.inserts() {
				s.stored(done.id(), by)
			} else {
				s.wrote(ctx, "classify", done.id(), done.version(), by)
			}
		}
	case "GetItem", "BatchGetItem":
		s.read(c, by, text)
	}
}

// sent records new messages, and dead letters.
func (s *steps) sent(ctx context.Context, c call, by *invocation, text []byte) {
	var out struct {
		MessageId  string
		Successful []struct{ Id, MessageId string }
	}
	must(json.Unmarshal(text, &out))
	if c.toDeadLetters() {
		for course, who := range s.callers(c, by) {
			course.add(step{"op": "send", "who": who, "ghost": ghostOf(ctx, course)})
			s.number(course, out.MessageId)
		}
		return
	}
	if c.operation == "SendMessage" {
		s.enqueued(c.in.MessageBody, out.MessageId, by)
	}
	for _, sent := range out.Successful {
		i := slices.IndexFunc(c.in.Entries, func(e entry) bool { return e.Id == sent.Id })
		s.enqueued(c.in.Entries[i].MessageBody, sent.MessageId, by)
	}
}

func (s *steps) enqueued(body, messageID string, by *invocation) {
	id, err := queue.ParseBody(body)
	if err != nil {
		return // it is about no item
	}
	c := s.of(id)
	c.Posts++
	c.writers[by] = c.Posts
	s.number(c, messageID)
	c.add(step{"op": "enqueue", "p": c.Posts})
	if c.stored && by == nil {
		s.stored(id, by)
	}
}

// stored records a new item. One that the simulation itself stores is not valid, and it is enqueued afterwards.
func (s *steps) stored(id string, by *invocation) {
	c := s.of(id)
	if by == nil && !c.stored {
		c.Bad, c.stored = true, true
		return
	}
	c.stored = false
	c.add(step{"op": "store", "p": c.writers[by]})
}

// received records the receives of messages, and that somebody sees dead letters. A message that nobody has sent is a dead
// letter that was moved back.
func (s *steps) received(c call, text []byte) {
	var out struct{ Messages []message }
	must(json.Unmarshal(text, &out))
	for _, m := range out.Messages {
		id, err := queue.ParseBody(m.Body)
		if err != nil {
			continue
		}
		course := s.of(id)
		if c.toDeadLetters() {
			course.add(step{"op": "letter", "n": course.messages[m.MessageId].n, "reason": m.Attributes["DeadLetterQueueSourceArn"] == ""})
			continue
		}
		if course.messages[m.MessageId] == nil {
			course.add(step{"op": "redrive"})
			s.number(course, m.MessageId)
		}
		r := m.receive()
		s.receives[m.ReceiptHandle] = r
		course.messages[m.MessageId].receives = m.receives()
		n := course.newConsumer()
		course.deliveries[r] = &delivery{at: len(course.Steps), consumers: []int{n}, by: map[*invocation]int{}}
		course.add(step{"op": "receive", "c": n, "n": course.messages[m.MessageId].n, "count": m.receives()})
	}
}

func (s *steps) gaveBack(ctx context.Context, c call, by *invocation) {
	for course, who := range s.callers(c, by) {
		course.add(step{"op": "give back", "who": who, "ghost": ghostOf(ctx, course)})
	}
}

// deleted records messages that were deleted. A receipt handle of an earlier receive deletes nothing.
func (s *steps) deleted(c call, text []byte) {
	var out struct{ Successful []struct{ Id string } }
	must(json.Unmarshal(text, &out))
	for _, done := range out.Successful {
		i := slices.IndexFunc(c.in.Entries, func(e entry) bool { return e.Id == done.Id })
		r := s.receives[c.in.Entries[i].ReceiptHandle]
		course := s.messages[r.messageID]
		if course == nil {
			continue
		}
		if m := course.messages[r.messageID]; !m.deleted && m.receives == r.count {
			m.deleted = true
			course.add(step{"op": "delete", "n": m.n, "who": course.deliveries[r].consumers})
		}
	}
}

// wrote records that an item was classified or marked as failed. The other messages of the item in the batch share that.
func (s *steps) wrote(ctx context.Context, op, id, version string, by *invocation) {
	c := s.of(id)
	who := s.consumers(c, by, id)
	c.add(step{"op": op, "who": who, "ghost": ghostOf(ctx, c), "version": versionNumber(version)})
	if len(who) > 1 {
		for _, n := range who {
			c.add(step{"op": "turn", "c": n})
		}
	}
}

// read records what somebody sees of items.
func (s *steps) read(c call, by *invocation, text []byte) {
	var out struct {
		Item            map[string]value
		Responses       map[string][]map[string]value
		UnprocessedKeys map[string]struct{ Keys []map[string]value }
	}
	must(json.Unmarshal(text, &out))
	found := map[string]map[string]value{out.Item["id"].S: out.Item}
	for _, items := range out.Responses {
		for _, item := range items {
			found[item["id"].S] = item
		}
	}
	left := map[string]bool{}
	for _, unprocessed := range out.UnprocessedKeys {
		for _, key := range unprocessed.Keys {
			left[key["id"].S] = true
		}
	}
	for _, id := range c.ids() {
		if !left[id] {
			s.seen(id, found[id], by)
		}
	}
}

// refused records a write that DynamoDB refused because of what is stored, which it shows.
func (s *steps) refused(c call, by *invocation, text []byte) {
	var out struct {
		Item map[string]value
	}
	must(json.Unmarshal(text, &out))
	s.seen(c.in.Key["id"].S, out.Item, by)
}

// seen records what somebody sees of an item: a consumer, or anybody else.
func (s *steps) seen(id string, item map[string]value, by *invocation) {
	c := s.of(id)
	if len(c.Steps) == 0 {
		return // it was not posted yet
	}
	sees := func(n int) step {
		_, failed := item["failure_code"]
		return step{"op": "read", "c": n, "stored": len(item) > 0, "version": versionNumber(item["model_version"].S), "failed": failed}
	}
	var who []int
	if by != nil {
		who = s.consumers(c, by, id)
	}
	if len(who) == 0 {
		c.add(sees(0))
	}
	for _, n := range who {
		c.add(sees(n))
	}
}

func versionNumber(version string) int {
	switch version {
	case "":
		return 0
	case newVersion:
		return 2
	default:
		return 1
	}
}

// ghostOf returns the consumer that makes a call whose caller may not hear of it, or 0.
func ghostOf(ctx context.Context, c *course) int {
	ghosts, _ := ctx.Value(ghostsKey{}).(map[*course]int)
	return ghosts[c]
}
