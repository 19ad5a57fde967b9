package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/local/template"
	"simple-sam-demo/shared/iris"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
)

// preparer prepares the enricher's events. It takes one request at a time.
type preparer struct {
	cfg          aws.Config
	queue, table string          // URL of the queue, and name of the table
	made         int             // how many items it has made so far
	received     []types.Message // these are in the last event
}

// ServeHTTP answers with an event of n new items. n is a parameter of the request.
func (p *preparer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err == nil {
		err = errors.Join(p.forget(r.Context()), p.store(r.Context(), n))
	}
	for err == nil && len(p.received) < n {
		err = p.receive(r.Context())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(p.event()) // an error means that the client has gone
}

// forget deletes all messages: those of the last event, and those that the writer has sent since.
func (p *preparer) forget(ctx context.Context) error {
	client := sqs.NewFromConfig(p.cfg)
	for {
		for _, m := range p.received {
			if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &p.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
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

	items, keys := table.New(p.cfg, p.table), queue.New(p.cfg, p.queue)
	for n > 0 {
		ids := make([]string, min(n, queue.MaxBatch))
		for i := range ids {
			p.made++
			m := measurements(mostFlowers - p.made) // from the end, as the writer has the flowers from the start
			ids[i] = m.ID()
			if _, err := items.Create(ctx, iris.Item{ID: ids[i], Measurements: m, CreatedAt: iris.FormatTime(time.Now())}); err != nil {
				return err
			}
		}
		for _, err := range keys.EnqueueBatch(ctx, ids) {
			if err != nil {
				return err
			}
		}
		n -= len(ids)
	}
	return nil
}

// receive receives some of the messages that are in the queue.
func (p *preparer) receive(ctx context.Context) error {
	out, err := sqs.NewFromConfig(p.cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &p.queue, MaxNumberOfMessages: queue.MaxBatch, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err == nil {
		p.received = append(p.received, out.Messages...)
	}
	return err
}

// event is the event that Lambda makes of the messages.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func (p *preparer) event() events.SQSEvent {
	var event events.SQSEvent
	for _, m := range p.received {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Md5OfBody: *m.MD5OfBody, Attributes: m.Attributes,
			EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:" + template.Region + ":" + template.Account + ":EnrichQueue", AWSRegion: template.Region,
		})
	}
	return event
}
