// Package eventsource is Lambda's event source mapping for SQS. It invokes a function with batches of
// messages, and reads from the function's response which of them failed. What polls the queue is
// package poller.
//
// It is not for other sources, and has no event filters and no destinations.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
package eventsource

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/shared/poller"
)

const (
	defaultBatchSize = 10
	maxConcurrency   = 1000
)

// Mapping connects a queue and a function.
type Mapping struct {
	poller   *poller.Poller
	source   template.EventSource
	function *lambda.Function
	log      *slog.Logger
}

// New returns a mapping. It refuses the settings that Lambda refuses.
func New(cfg aws.Config, queueURL string, source template.EventSource, function *lambda.Function, log *slog.Logger) (*Mapping, error) {
	if err := check(source); err != nil {
		return nil, err
	}
	if err := checkVisibilityTimeout(cfg, queueURL, function.Timeout); err != nil {
		return nil, err
	}
	m := &Mapping{source: source, function: function, log: log}
	m.poller = poller.New(cfg, Settings(queueURL, source), m.invoke, log.With("event source of", function.Name))
	return m, nil
}

// Settings returns what a poller needs to know of an event source.
func Settings(queueURL string, source template.EventSource) poller.Settings {
	s := poller.Settings{QueueURL: queueURL, QueueARN: source.QueueARN, BatchSize: source.BatchSize, Window: source.Window, BatchesAtOnce: source.MaximumConcurrency}
	if s.BatchSize == 0 {
		s.BatchSize = defaultBatchSize
	}
	if s.BatchesAtOnce == 0 {
		s.BatchesAtOnce = maxConcurrency
	}
	return s
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
func check(source template.EventSource) error {
	switch {
	case source.BatchSize < 0 || source.BatchSize > 10_000:
		return fmt.Errorf("BatchSize is %d: expected 1 to 10,000", source.BatchSize)
	case source.BatchSize > defaultBatchSize && source.Window < time.Second:
		return fmt.Errorf("BatchSize is %d: over %d needs a batching window of at least 1 second", source.BatchSize, defaultBatchSize)
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
func checkVisibilityTimeout(cfg aws.Config, queueURL string, least time.Duration) error {
	const name = types.QueueAttributeNameVisibilityTimeout
	out, err := sqs.NewFromConfig(cfg).GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL, AttributeNames: []types.QueueAttributeName{name},
	})
	if err != nil {
		return fmt.Errorf("look up visibility timeout: %w", err)
	}
	timeout, err := time.ParseDuration(out.Attributes[string(name)] + "s")
	if err != nil {
		return fmt.Errorf("look up visibility timeout: %w", err)
	}
	if timeout < least {
		return fmt.Errorf("queue visibility timeout is %s, less than the function's timeout of %s", timeout, least)
	}
	return nil
}

// Run polls until ctx ends. It returns when the last batch is processed.
func (m *Mapping) Run(ctx context.Context) { m.poller.Run(ctx) }

// invoke invokes the function with a batch.
func (m *Mapping) invoke(_ context.Context, batch events.SQSEvent) (report events.SQSEventResponse, err error) {
	payload, err := json.Marshal(batch)
	if err != nil { // cannot happen: the event is a plain struct
		panic(err)
	}
	response, err := m.function.Invoke("", payload)
	if err != nil || !m.source.ReportItemFailures {
		return report, err // the function's log says why
	}
	report, err = failures(response, batch)
	if err != nil {
		m.log.Error("invalid batch response, the whole batch will be retried", "function", m.function.Name, "error", err)
	}
	return report, err
}
