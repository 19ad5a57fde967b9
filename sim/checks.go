package main

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
)

// planted says what must become of a message that was put into the queue from outside.
type planted string

const (
	malformedMessage planted = item.MalformedMessage
	invalidItem      planted = item.InvalidItem
	orphan           planted = "orphan"
)

// quiet waits until no message is left in the queue or on its way to an invocation, and no call is
// under way. It returns false if that takes too long.
func (w *world) quiet() bool {
	time.Sleep(w.paused.to - time.Since(w.start)) // 0 or less if the pause is over, or if there is none
	for deadline := time.Now().Add(w.retention + 24*time.Hour); time.Now().Before(deadline); {
		time.Sleep(5 * time.Second)
		if w.backlog() == 0 {
			return true
		}
	}
	w.ledger.violate("no message is left in the queue", "%d messages a day after their retention", w.backlog())
	return false
}

func (w *world) backlog() int {
	queued, err := stack.BacklogOf(context.Background(), w.queue, w.stack.Ref("EnrichQueue"))
	must(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	return queued.Total() + len(w.held) + w.underWay
}

// deadLetters returns the messages in the dead-letter queue, and leaves them there.
func (w *world) deadLetters() []types.Message {
	var all []types.Message
	for {
		out, err := w.queue.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(w.stack.Ref("EnrichDeadLetterQueue")), MaxNumberOfMessages: 10, VisibilityTimeout: 1,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		must(err)
		if len(out.Messages) == 0 {
			time.Sleep(2 * time.Second) // until they are visible again
			return all
		}
		all = append(all, out.Messages...)
	}
}

// stored reads what became of the items, by id.
func (w *world) stored() map[string]item.Item {
	all := map[string]item.Item{}
	for ids := range slices.Chunk(w.ids(), table.MaxBatchKeys) {
		found, left, err := w.table.GetBatch(context.Background(), ids)
		must(err)
		if len(left) > 0 {
			panic("a table that is not disturbed left keys unprocessed")
		}
		for id, item := range found {
			all[id] = item
		}
	}
	return all
}

// ids returns the ids of all items that may be stored.
func (w *world) ids() []string {
	var ids []string
	for id := range w.valid {
		ids = append(ids, id)
	}
	for body, kind := range w.planted {
		if id, err := queue.ParseBody(body); err == nil && kind != malformedMessage {
			ids = append(ids, id)
		}
	}
	return ids
}

// lettersByID sorts dead letters by the id that they name, "" when they name none.
func lettersByID(letters []types.Message) map[string][]types.Message {
	sorted := map[string][]types.Message{}
	for _, m := range letters {
		id, _ := queue.ParseBody(*m.Body)
		sorted[id] = append(sorted[id], m)
	}
	return sorted
}

// code returns the failure code of a dead letter, or "" when SQS moved it.
func code(m types.Message) string {
	return aws.ToString(m.MessageAttributes["failure_code"].StringValue)
}

// checkQuiet looks at the table and at the dead-letter queue when all is done.
func (w *world) checkQuiet() {
	w.ledger.checkCounts()
	letters := w.deadLetters()
	w.checkReasons(letters)
	byID := lettersByID(letters)
	items := w.stored()
	for id := range w.acknowledged {
		if _, ok := items[id]; !ok {
			w.ledger.violate("every acknowledged item is stored", "%s is not", w.nameOf(id))
		}
	}
	for id, stored := range items {
		switch name := w.nameOf(id); stored.Status() {
		case item.Classified:
			w.checkPrediction(stored)
		case item.Failed:
			if stored.Failure.Reason == "" || stored.Failure.FailedAt == "" {
				w.ledger.violate("a failed item says why", "%s: %+v", name, *stored.Failure)
			}
			if len(byID[id]) == 0 {
				w.ledger.violate("a failed item has its message in the dead-letter queue", "%s: %+v", name, *stored.Failure)
			}
		case item.Pending:
			w.checkPending(id, byID[id])
		}
	}
	w.checkMalformed(letters)
}

// checkMalformed finds malformed messages that are not among the dead letters.
func (w *world) checkMalformed(letters []types.Message) {
	for body, kind := range w.planted {
		if kind == malformedMessage && !slices.ContainsFunc(letters, func(m types.Message) bool { return *m.Body == body }) {
			w.ledger.violate("no message is lost", "%s is in no queue", w.nameOf(body))
		}
	}
}

// checkReasons finds dead letters without a reason. Only when the last receive crashed, nobody could
// give one.
func (w *world) checkReasons(letters []types.Message) {
	for _, m := range letters {
		a := m.MessageAttributes
		for _, name := range []string{"failure_code", "failure_reason", "failed_at", "original_message_id", "original_sender_id", "original_sent_at", "receive_count", "request_id"} {
			if code(m) != "" && aws.ToString(a[name].StringValue) == "" {
				w.ledger.violate("every dead letter says why", "%s has no %s", w.nameOfBody(*m.Body), name)
			}
		}
		if code(m) != "" {
			continue
		}
		last := receive{*m.MessageId, w.maxReceiveCount}
		if w.ledger.excuses[last] == none {
			w.ledger.violate("every dead letter says why", "%s: SQS moved it, though nothing struck at its last receive", w.ledger.nameOf(*m.MessageId))
		}
	}
}

// checkPending looks at a pending item, and finds out whether a message for it is left.
func (w *world) checkPending(id string, letters []types.Message) {
	name := w.nameOf(id)
	if len(letters) == 0 {
		w.ledger.violate("no item is pending without a message", "%s", name)
	}
	for _, m := range letters {
		if code(m) != "" && w.ledger.unmarked[id] == none {
			w.ledger.violate("a dead-lettered item is marked as failed", "%s is pending with %s", name, code(m))
		}
	}
}

// checkPrediction compares an item's prediction with what its model says.
func (w *world) checkPrediction(item item.Item) {
	p := *item.Prediction
	m := w.models[p.ModelVersion]
	if m == nil {
		w.ledger.violate("a classified item has what its model says", "%s: %+v", w.nameOf(item.ID), p)
		return
	}
	target, probability := m.Predict(item.Measurements)
	if p.Target != target || p.Probability != probability || p.ClassifiedAt == "" {
		w.ledger.violate("a classified item has what its model says", "%s: %+v", w.nameOf(item.ID), p)
	}
}

// checkEnd looks again when the dead letters have been moved back and nothing has gone wrong since.
// Now every item must be classified, except for those that never can be.
func (w *world) checkEnd() {
	letters := w.deadLetters()
	byID := lettersByID(letters)
	for id, stored := range w.stored() {
		name := w.nameOf(id)
		if w.valid[id] {
			if stored.Status() != item.Classified {
				w.ledger.violate("after a redrive every item is classified", "%s is %s %+v", name, stored.Status(), stored.Failure)
			} else {
				w.checkPrediction(stored)
			}
			continue
		}
		if stored.Status() != item.Failed || stored.Failure.Code != string(invalidItem) || len(byID[id]) == 0 {
			w.ledger.violate("an unusable item is failed, with its message in the dead-letter queue", "%s is %s with %d messages", name, stored.Status(), len(byID[id]))
		}
	}
	for _, m := range letters {
		if kind := w.planted[*m.Body]; code(m) != string(kind) {
			w.ledger.violate("after a redrive only poison is in the dead-letter queue", "%s with %q", w.nameOfBody(*m.Body), code(m))
		}
	}
	w.checkMalformed(letters)
}
