package processes

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/telemetry"
)

// found is what the table and the dead-letter queue hold.
type found struct {
	items   map[string]item.Item       // by id
	letters []types.Message            // dead letters
	of      map[string][]types.Message // dead letters by the id that they name, "" if they name none
}

// look reads the table and the dead-letter queue, and leaves the letters there.
func (r *run) look(ctx context.Context) (f found, err error) {
	f = found{items: map[string]item.Item{}, of: map[string][]types.Message{}}
	for after := ""; ; {
		part, err := r.table.Scan(ctx, after, 1000)
		if err != nil {
			return f, err
		}
		for _, stored := range part.Items {
			f.items[stored.ID] = stored
		}
		if after = part.Next; after == "" {
			break
		}
	}
	if f.letters, err = r.deadLetters(ctx); err != nil {
		return f, err
	}
	for _, m := range f.letters {
		id, _ := queue.ParseBody(*m.Body)
		f.of[id] = append(f.of[id], m)
	}
	return f, nil
}

// deadLetters receives all dead letters, and gives them back.
func (r *run) deadLetters(ctx context.Context) (all []types.Message, err error) {
	url := r.url("EnrichDeadLetterQueue")
	for {
		out, err := r.queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 600,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		if err != nil {
			return nil, err
		}
		if len(out.Messages) == 0 {
			break
		}
		all = append(all, out.Messages...)
	}
	for ten := range slices.Chunk(all, 10) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: url}
		for i, m := range ten {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
		if _, err := r.queue.ChangeMessageVisibilityBatch(ctx, in); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// code returns the failure code of a dead letter, or "" when SQS moved it.
func code(m types.Message) string {
	return aws.ToString(m.MessageAttributes["failure_code"].StringValue)
}

// checkQuiet looks at the table and at the dead-letter queue when all is done.
func (r *run) checkQuiet(ctx context.Context) error {
	f, err := r.look(ctx)
	if err != nil {
		return err
	}
	r.checkStored(f)
	if err := r.checkReasons(ctx, f.letters); err != nil {
		return err
	}
	r.record.count("items: posted", len(r.posted.valid))
	r.record.count("items: acknowledged", len(r.posted.acknowledged))
	r.record.count("items: poison", len(r.posted.poison))
	for id, stored := range f.items {
		r.record.count("items: "+string(stored.Status())+" before the redrive", 1)
		letters := f.of[id]
		switch {
		case stored.Status() == item.Classified:
			r.checkPrediction(stored)
		case stored.Status() == item.Failed && (stored.Failure.Reason == "" || stored.Failure.FailedAt == ""):
			r.record.violate("a failed item says why", "%s: %+v", id, *stored.Failure)
		case stored.Status() == item.Failed && len(letters) == 0:
			r.record.violate("a failed item has its message in the dead-letter queue", "%s: %+v", id, *stored.Failure)
		case stored.Status() == item.Pending && len(letters) == 0:
			r.record.violate("no item is pending without a message", "%s", id)
		}
	}
	r.checkMalformed(f)
	return nil
}

// checkStored finds acknowledged items that are not stored, and stored ones that nobody has posted.
func (r *run) checkStored(f found) {
	for id := range r.posted.acknowledged {
		if _, ok := f.items[id]; !ok {
			r.record.violate("every acknowledged item is stored", "%s is not", id)
		}
	}
	for id := range f.items {
		if _, valid := r.posted.valid[id]; !valid && r.posted.poison[bodyOf(id)] == "" {
			r.record.violate("rejected input leaves nothing behind", "%s is stored", id)
		}
	}
}

func bodyOf(id string) string { return `{"id":"` + id + `"}` }

// checkMalformed finds malformed messages that are not among the dead letters.
func (r *run) checkMalformed(f found) {
	for body, code := range r.posted.poison {
		if code == item.MalformedMessage && !slices.ContainsFunc(f.letters, func(m types.Message) bool { return *m.Body == body }) {
			r.record.violate("no message is lost", "%q is in no queue", body)
		}
	}
}

// checkReasons finds dead letters without a reason. Only when the last receive was disturbed, nobody could give one.
func (r *run) checkReasons(ctx context.Context, letters []types.Message) error {
	most, err := r.maxReceiveCount(ctx)
	for _, m := range letters {
		if code(m) == "" {
			r.record.count("dead letters: moved by SQS", 1)
			if !r.deliveries.excuses(*m.MessageId, most) {
				r.record.violate("every dead letter says why", "%s: SQS moved it, though nothing struck at its last receive%s", *m.Body, r.deliveries.history(*m.MessageId))
			}
			continue
		}
		r.record.count("dead letters: "+code(m), 1)
		for _, name := range []string{"failure_reason", "failed_at", "original_message_id", "original_sender_id", "original_sent_at", "receive_count", "request_id"} {
			if aws.ToString(m.MessageAttributes[name].StringValue) == "" {
				r.record.violate("every dead letter says why", "%s has no %s", *m.Body, name)
			}
		}
	}
	return err
}

func (r *run) maxReceiveCount(ctx context.Context) (int, error) {
	out, err := r.queue.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: r.url("EnrichQueue"), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return 0, err
	}
	var policy struct{ MaxReceiveCount int }
	return policy.MaxReceiveCount, json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &policy)
}

// checkPrediction compares an item's prediction with what the model says.
func (r *run) checkPrediction(stored item.Item) {
	m, err := classifier.Embedded()
	if err != nil {
		panic(err) // the functions have the same
	}
	p := *stored.Prediction
	target, probability := m.Predict(stored.Measurements)
	if p.Target != target || p.Probability != probability || p.ModelVersion != m.Version() || p.ClassifiedAt == "" {
		r.record.violate("a classified item has what its model says", "%s: %+v", stored.ID, p)
	}
}

// checkEnd looks again when the dead letters have been moved back and nothing has gone wrong since. Now every item
// must be classified, except for poison.
func (r *run) checkEnd(ctx context.Context) error {
	f, err := r.look(ctx)
	if err != nil {
		return err
	}
	r.checkStored(f)
	for id, stored := range f.items {
		r.record.count("items: "+string(stored.Status())+" in the end", 1)
		switch _, valid := r.posted.valid[id]; {
		case valid && stored.Status() == item.Classified:
			r.checkPrediction(stored)
		case valid:
			r.record.violate("after a redrive every item is classified", "%s is %s %+v", id, stored.Status(), stored.Failure)
		case stored.Status() != item.Failed || stored.Failure.Code != item.InvalidItem || len(f.of[id]) == 0:
			r.record.violate("an unusable item is failed, with its message in the dead-letter queue", "%s is %s with %d messages", id, stored.Status(), len(f.of[id]))
		}
	}
	for _, m := range f.letters {
		id, _ := queue.ParseBody(*m.Body)
		_, stored := f.items[id]
		if r.Hasten && id != "" && !stored {
			continue // the message of an item that its writer was killed before it stored; it comes back so fast that it is no orphan yet
		}
		if code(m) != r.posted.poison[*m.Body] {
			r.record.violate("after a redrive only poison is in the dead-letter queue", "%s with %q", *m.Body, code(m))
		}
	}
	r.checkMalformed(f)
	return nil
}

// checkCounts compares what the log lines count with the items that there are.
func (r *run) checkCounts() {
	r.record.mu.Lock()
	created, classified := r.record.counts["log lines: "+telemetry.ItemsCreated], r.record.counts["log lines: "+telemetry.ItemsClassified]
	r.record.mu.Unlock()
	if created > len(r.posted.valid) || classified > len(r.posted.valid) {
		r.record.violate("log lines count no more than there is", "%d items: %d created, %d classified", len(r.posted.valid), created, classified)
	}
}
