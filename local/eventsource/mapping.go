// Package eventsource is Lambda's event source mapping for SQS. It polls a queue, invokes a function
// with batches of messages, and deletes the messages that the function processed.
//
// It is not for other sources, and has no event filters and no destinations. It knows SQS only
// through the SDK's client.
//
// Begin to read with Run in this file. collector.go collects a batch, and response.go reads the
// function's report of failed messages.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
package eventsource

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/lambda"
)

const (
	maxReceive = 10      // the most messages that one ReceiveMessage returns
	maxPayload = 6 << 20 // the most bytes of an invocation's event
	longPoll   = 20 * time.Second

	// Lambda starts with 5 batches at once and adds up to 300 a minute.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
	firstPollers   = 5
	scalingPause   = time.Minute / 300
	maxConcurrency = 1000
)

// Mapping connects a queue and a function.
type Mapping struct {
	client   *sqs.Client
	queueURL string
	source   template.EventSource
	region   string
	function *lambda.Function
	log      *slog.Logger

	pollers   atomic.Int32
	busy      atomic.Int32  // the number of pollers that have a batch
	saturated chan struct{} // gets a value when all pollers are busy
}

// New returns a mapping. It refuses the settings that Lambda refuses.
func New(cfg aws.Config, queueURL string, source template.EventSource, function *lambda.Function, log *slog.Logger) (*Mapping, error) {
	if err := check(source); err != nil {
		return nil, err
	}
	if source.BatchSize == 0 {
		source.BatchSize = maxReceive
	}
	if source.MaximumConcurrency == 0 {
		source.MaximumConcurrency = maxConcurrency
	}
	m := &Mapping{client: sqs.NewFromConfig(cfg), queueURL: queueURL, source: source, region: cfg.Region, function: function, log: log, saturated: make(chan struct{}, 1)}
	return m, m.checkVisibilityTimeout()
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
func check(source template.EventSource) error {
	switch {
	case source.BatchSize < 0 || source.BatchSize > 10_000:
		return fmt.Errorf("BatchSize is %d: expected 1 to 10,000", source.BatchSize)
	case source.BatchSize > maxReceive && source.Window < time.Second:
		return fmt.Errorf("BatchSize is %d: over %d needs a batching window of at least 1 second", source.BatchSize, maxReceive)
	case source.Window < 0 || source.Window > 300*time.Second:
		return fmt.Errorf("batching window is %s: expected 0 to 300 seconds", source.Window)
	case source.MaximumConcurrency < 0 || source.MaximumConcurrency == 1 || source.MaximumConcurrency > maxConcurrency:
		return fmt.Errorf("MaximumConcurrency is %d: expected 2 to 1,000", source.MaximumConcurrency)
	}
	return nil
}

// checkVisibilityTimeout refuses a queue whose visibility timeout is shorter than the function's
// timeout: a message would become visible again while the function still works on it.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func (m *Mapping) checkVisibilityTimeout() error {
	const name = types.QueueAttributeNameVisibilityTimeout
	out, err := m.client.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &m.queueURL, AttributeNames: []types.QueueAttributeName{name},
	})
	if err != nil {
		return fmt.Errorf("look up visibility timeout: %w", err)
	}
	timeout, err := time.ParseDuration(out.Attributes[string(name)] + "s")
	if err != nil {
		return fmt.Errorf("look up visibility timeout: %w", err)
	}
	if timeout < m.function.Timeout {
		return fmt.Errorf("queue visibility timeout is %s, less than the function's timeout of %s", timeout, m.function.Timeout)
	}
	return nil
}

// Run polls until ctx ends. It returns when the last batch is processed.
func (m *Mapping) Run(ctx context.Context) {
	var pollers sync.WaitGroup
	defer pollers.Wait()
	add := func() {
		m.pollers.Add(1)
		pollers.Go(func() { m.poll(ctx) })
	}
	for range min(firstPollers, m.source.MaximumConcurrency) {
		add()
	}
	for int(m.pollers.Load()) < m.source.MaximumConcurrency {
		select {
		case <-ctx.Done():
			return
		case <-m.saturated:
			if smithytime.SleepWithContext(ctx, scalingPause) == nil && m.isSaturated() {
				add()
			}
		}
	}
}

func (m *Mapping) isSaturated() bool { return m.busy.Load() == m.pollers.Load() }

func (m *Mapping) poll(ctx context.Context) {
	c := collector{mapping: m}
	for ctx.Err() == nil {
		batch, err := c.next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				m.log.Error("event source mapping cannot receive messages; it tries again", "queue", m.queueURL, "error", err)
				_ = smithytime.SleepWithContext(ctx, time.Second) // the loop checks ctx
			}
			continue
		}
		if len(batch) > 0 {
			m.busy.Add(1)
			if m.isSaturated() {
				select {
				case m.saturated <- struct{}{}:
				default: // a value is waiting already
				}
			}
			m.process(batch)
			m.busy.Add(-1)
		}
	}
}

// process invokes the function with a batch and deletes the messages that did not fail. It does not
// touch the failed ones. They become visible again when their visibility timeout ends; the function
// may have changed that timeout.
func (m *Mapping) process(batch []types.Message) {
	event := events.SQSEvent{Records: make([]events.SQSMessage, len(batch))}
	for i, message := range batch {
		event.Records[i] = m.record(message)
	}
	payload, err := json.Marshal(event)
	if err != nil { // cannot happen: the event is a plain struct
		panic(err)
	}
	response, err := m.function.Invoke("", payload)
	if err != nil {
		return // the whole batch failed; the function's log says why
	}
	failed := map[string]bool{}
	if m.source.ReportItemFailures {
		failed, err = failures(response, batch)
		if err != nil {
			m.log.Error("invalid batch response, the whole batch will be retried", "function", m.function.Name, "error", err)
			return
		}
	}
	m.delete(batch, failed)
}

func (m *Mapping) record(message types.Message) events.SQSMessage {
	attributes := make(map[string]events.SQSMessageAttribute, len(message.MessageAttributes))
	for name, a := range message.MessageAttributes {
		attributes[name] = events.SQSMessageAttribute{
			StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: aws.ToString(a.DataType),
			StringListValues: []string{}, BinaryListValues: [][]byte{},
		}
	}
	return events.SQSMessage{
		MessageId:              aws.ToString(message.MessageId),
		ReceiptHandle:          aws.ToString(message.ReceiptHandle),
		Body:                   aws.ToString(message.Body),
		Md5OfBody:              aws.ToString(message.MD5OfBody),
		Md5OfMessageAttributes: aws.ToString(message.MD5OfMessageAttributes),
		Attributes:             message.Attributes,
		MessageAttributes:      attributes,
		EventSourceARN:         m.source.QueueARN,
		EventSource:            "aws:sqs",
		AWSRegion:              m.region,
	}
}

// delete deletes the messages that did not fail, ten in a call.
func (m *Mapping) delete(batch []types.Message, failed map[string]bool) {
	var entries []types.DeleteMessageBatchRequestEntry
	for i, message := range batch {
		if !failed[*message.MessageId] {
			entries = append(entries, types.DeleteMessageBatchRequestEntry{
				Id: aws.String(fmt.Sprint(i)), ReceiptHandle: message.ReceiptHandle,
			})
		}
	}
	for len(entries) > 0 {
		n := min(len(entries), maxReceive)
		out, err := m.client.DeleteMessageBatch(context.Background(), &sqs.DeleteMessageBatchInput{QueueUrl: &m.queueURL, Entries: entries[:n]})
		entries = entries[n:]
		if err != nil {
			m.log.Error("event source mapping cannot delete messages; they will come back", "queue", m.queueURL, "error", err)
		} else if len(out.Failed) > 0 {
			m.log.Error("event source mapping cannot delete messages; they will come back", "queue", m.queueURL, "messages", len(out.Failed), "error", aws.ToString(out.Failed[0].Message))
		}
	}
}
