// Package enricher is the function behind the queue: it reads the items whose keys
// arrive, classifies them and writes the prediction back. What it can't deal with
// goes back to the queue or, with the reason, to the dead-letter queue.
package enricher

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/environment"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

const (
	// Reserve is how long before its deadline an invocation stops taking up items:
	// time enough to mark one as failed and to send it to the dead-letter queue.
	Reserve = 2 * awsclient.CallTimeout

	// margin is how long before its deadline an invocation answers, whatever hangs: a
	// message whose fate could not be carried out comes back by itself.
	margin = time.Second

	// writerMargin is added to the writer's timeout, for clocks that differ and for a
	// write that is under way when the writer is cut off.
	writerMargin = 10 * time.Second
)

// Handler deals with batches of messages.
type Handler struct {
	table       *table.Table
	queue       *queue.Queue
	deadLetters *queue.Queue
	models      *models
	log         *slog.Logger
	meter       *telemetry.Meter
	name        string // of the function, or "" where nothing sets it

	maxReceiveCount int           // of the queue's redrive policy
	retention       time.Duration // age at which SQS deletes a message
	writerReach     time.Duration // age from which a message's item would be stored, if ever
}

// New makes the handler from the environment variables TABLE_NAME, QUEUE_URL,
// DEAD_LETTER_QUEUE_URL, MAX_RECEIVE_COUNT, MESSAGE_RETENTION_SECONDS and
// WRITER_TIMEOUT_SECONDS, and from MODEL_URI, a model artifact's path or s3://bucket/key; when
// it is not set, the embedded one serves.
func New(getenv func(string) string, cfg aws.Config, log *slog.Logger) (*Handler, error) {
	env := environment.New(getenv)
	models, err := newModels(getenv("MODEL_URI"), cfg, log)
	if err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	h := &Handler{
		table:           table.New(cfg, env.String("TABLE_NAME")),
		queue:           queue.New(cfg, env.String("QUEUE_URL")),
		deadLetters:     queue.New(cfg, env.String("DEAD_LETTER_QUEUE_URL")),
		models:          models,
		log:             log,
		meter:           telemetry.NewMeter(getenv, log),
		name:            getenv("AWS_LAMBDA_FUNCTION_NAME"),
		maxReceiveCount: env.PositiveInt("MAX_RECEIVE_COUNT"),
		retention:       time.Duration(env.PositiveInt("MESSAGE_RETENTION_SECONDS")) * time.Second,
		writerReach:     time.Duration(env.PositiveInt("WRITER_TIMEOUT_SECONDS"))*time.Second + writerMargin,
	}
	return h, env.Err()
}

// Handle deals with one batch, message by message. The response lists the messages
// that are to come back; the error is always nil, as it would bring back all of them.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func (h *Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	metrics := h.meter.Begin()
	defer metrics.Write(ctx)
	b := &batch{metrics: metrics}
	_ = telemetry.Try(ctx, h.log, func() error { // after a panic, what is not settled comes back
		h.deal(ctx, event, b)
		return nil
	})
	return b.response(event), nil
}

func (h *Handler) deal(ctx context.Context, event events.SQSEvent, b *batch) {
	ctx, cancel := awsclient.BeforeDeadline(ctx, margin)
	defer cancel()
	work, cancel := awsclient.BeforeDeadline(ctx, Reserve)
	defer cancel()

	b.model = h.models.forBatch(ctx, b.metrics)
	h.receive(ctx, b, event.Records)
	parallel.Do(
		func() { h.settleUnreadable(ctx, b) },
		func() { h.enrich(ctx, work, b) },
	)
	b.reconcile()
	b.measure()
}

// settleUnreadable settles the messages in which no id was found.
func (h *Handler) settleUnreadable(ctx context.Context, b *batch) {
	parallel.ForEach(b.unreadable, func(d *delivery) {
		d.verdict = h.decide(d, d.unread)
		h.settle(ctx, b, []*delivery{d}, d.unread)
	})
}
