package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/enricher/classifier"
)

// redrive moves the dead letters back, as the runbook says. While other messages come and go it moves
// them one by one, so that a run can be repeated. When it is calm it moves all at once, so that none is
// moved twice.
func (w *world) redrive(name string) {
	w.addRedriving(1)
	defer w.addRedriving(-1)
	letters, perSecond := 0, aws.Int32(500)
	if w.calm.Load() {
		letters, perSecond = len(w.deadLetters()), nil
	}
	arn := func(queue string) *string { return aws.String("arn:aws:sqs:us-east-1:000000000000:" + queue) }
	_, err := w.queue.StartMessageMoveTask(context.Background(), &sqs.StartMessageMoveTaskInput{
		SourceArn: arn("EnrichDeadLetterQueue"), DestinationArn: arn("EnrichQueue"), MaxNumberOfMessagesPerSecond: perSecond,
	})
	if err != nil { // another redrive is running
		w.note("%s: %v", name, err)
		return
	}
	for {
		time.Sleep(time.Second)
		out, err := w.queue.ListMessageMoveTasks(context.Background(), &sqs.ListMessageMoveTasksInput{SourceArn: arn("EnrichDeadLetterQueue")})
		must(err)
		moved := int(out.Results[0].ApproximateNumberOfMessagesMoved)
		if *out.Results[0].Status == "RUNNING" {
			continue
		}
		w.note("%s: %d moved", name, moved)
		if w.calm.Load() && moved != letters {
			w.ledger.violate("a redrive conserves messages", "%d of %d were moved", moved, letters)
		}
		return
	}
}

func (w *world) addRedriving(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.redriving += n
}

// backfill enqueues every item again when the model has been upgraded.
func (w *world) backfill() {
	if !w.upgraded.Load() {
		return
	}
	time.Sleep(classifier.CheckInterval) // then a worker looks for a newer model
	url := w.stack.Ref("EnrichQueue")
	for ten := range slices.Chunk(slices.Sorted(maps.Keys(w.ledger.stored)), 10) {
		in := &sqs.SendMessageBatchInput{QueueUrl: &url}
		for _, id := range ten {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String(fmt.Sprintf(`{"id":%q}`, id))})
		}
		_, err := w.queue.SendMessageBatch(context.Background(), in)
		must(err)
		time.Sleep(time.Millisecond)
	}
}

// checkVersions finds items that did not get the prediction of the new model after an upgrade.
func (w *world) checkVersions() {
	for id := range w.ledger.stored {
		if version := w.ledger.version[id]; w.upgraded.Load() && version != newVersion {
			w.ledger.violate("after an upgrade every enqueued item gets the new prediction", "%s has %q", w.nameOf(id), version)
		}
	}
}
