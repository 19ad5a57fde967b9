package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
)

// preparer prepares the enricher's events.
type preparer struct {
	items    *table.Table
	keys     *queue.Queue
	client   *sqs.Client
	queue    string          // URL
	made     int             // how many items it has made so far
	received []types.Message // these are in the last event
}

// newPreparer prepares events with the table and the queue of the template, at an endpoint.
func newPreparer(endpoint string) *preparer {
	cfg, url := awsclient.AtEndpoint(endpoint), endpoint+"/"+template.Account+"/EnrichQueue"
	return &preparer{items: table.New(cfg, names.Table()), keys: queue.New(cfg, url), client: sqs.NewFromConfig(cfg), queue: url}
}

// messages stores n new items, sends their keys to the queue and receives them. It returns the event that
// Lambda would give the enricher.
func (p *preparer) messages(ctx context.Context, n int) ([]byte, error) {
	err := errors.Join(p.forget(ctx), p.store(ctx, n))
	for err == nil && len(p.received) < n {
		err = p.receive(ctx)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(eventOf(p.received))
}

// batches stores items, and returns events of n of them each.
func (p *preparer) batches(ctx context.Context, n, items int) (all [][]byte, err error) {
	if err := errors.Join(p.forget(ctx), p.store(ctx, items)); err != nil {
		return nil, err
	}
	for len(p.received) < items {
		if err := p.receive(ctx); err != nil {
			return nil, err
		}
	}
	for some := range slices.Chunk(p.received, n) {
		event, err := json.Marshal(eventOf(some))
		if err != nil {
			return nil, err
		}
		all = append(all, event)
	}
	return all, nil
}

// forget deletes all messages: those of the last event, and those that the writer has sent since.
func (p *preparer) forget(ctx context.Context) error {
	for {
		for _, m := range p.received {
			if _, err := p.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &p.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return err
			}
		}
		p.received = nil
		if err := p.receive(ctx); err != nil || len(p.received) == 0 {
			return err
		}
	}
}

// store stores n new items, and sends their keys.
func (p *preparer) store(ctx context.Context, n int) error {
	var items []item.Item
	for range n {
		p.made++
		m := sample.Nth(sample.Different - p.made) // from the end, as the writer has the items from the start
		items = append(items, item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())})
	}
	for some := range slices.Chunk(items, queue.MaxBatch) {
		var ids []string
		for _, item := range some {
			ids = append(ids, item.ID)
		}
		errs := append(p.items.CreateBatch(ctx, some), slices.Collect(maps.Values(p.keys.EnqueueBatch(ctx, ids)))...)
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// receive receives some of the messages that are in the queue.
func (p *preparer) receive(ctx context.Context) error {
	out, err := p.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &p.queue, MaxNumberOfMessages: queue.MaxBatch, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err == nil {
		p.received = append(p.received, out.Messages...)
	}
	return err
}

// eventOf is the event that Lambda makes of messages.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func eventOf(messages []types.Message) events.SQSEvent {
	var event events.SQSEvent
	for _, m := range messages {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Md5OfBody: *m.MD5OfBody, Attributes: m.Attributes,
			EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:" + template.Region + ":" + template.Account + ":EnrichQueue", AWSRegion: template.Region,
		})
	}
	return event
}
