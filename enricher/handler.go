// Package enricher is the function behind the queue. It reads the items whose keys arrive, classifies
// them, and writes the predictions back. A message that it cannot deal with goes back to the queue or,
// with the reason, to the dead-letter queue. The model is not in here: see package classifier.
//
// Read [Handler.Handle] first. A batch goes through receive (batch.go), read (read.go), classify
// (classify.go) and settle (settle.go), and decide (fate.go) says what becomes of a message.
package enricher

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/environment"
	"simple-sam-demo/shared/parallel"
	"simple-sam-demo/shared/queue"
	"simple-sam-demo/shared/table"
	"simple-sam-demo/shared/telemetry"
)

const (
	// answerMargin is how long before its deadline an invocation answers, whatever hangs. A message
	// whose fate was not carried out by then comes back by itself.
	answerMargin = time.Second

	// GiveUpTime is how long it may take to give messages up: half of it to mark their items as failed, and half
	// to send them to the dead-letter queue. That long before it answers, an invocation stops to read and
	// to classify items.
	GiveUpTime = 2 * awsclient.CallTimeout

	// writerMargin is added to the writer's timeout, for clocks that differ and for a
	// write that is under way when the writer is cut off.
	writerMargin = 10 * time.Second
)

// Handler deals with batches of messages.
type Handler struct {
	table       *table.Table
	queue       *queue.Queue
	deadLetters *queue.Queue
	classifier  *classifier.Classifier
	log         *slog.Logger
	meter       *telemetry.Meter
	roleID      string // of the role that the function and the worker have

	// Release, unless it is nil, is called before a message is given back. Whoever keeps the messages
	// of a batch invisible must leave that message alone from then on.
	// It returns from when on another receive may have the message: then it is not given back.
	Release func(ctx context.Context, receiptHandle string) (until time.Time)

	maxReceiveCount int           // of the queue's redrive policy
	retention       time.Duration // age at which SQS deletes a message
	writerReach     time.Duration // age from which a message's item would be stored, if ever
	turns           chan struct{} // holds one for each group of items that is being predicted
}

// New makes the handler from the environment variables TABLE_NAME, QUEUE_URL,
// DEAD_LETTER_QUEUE_URL, MAX_RECEIVE_COUNT, MESSAGE_RETENTION_SECONDS,
// WRITER_TIMEOUT_SECONDS and ENRICHER_ROLE_ID. MODEL_URI is a model artifact's path or s3://bucket/key; when it is not set,
// the embedded model serves. The numbers have the limits of SQS and Lambda. A larger one could overflow: then
// messages whose item is not stored yet would be dropped.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func New(getenv func(string) string, cfg aws.Config, log *slog.Logger) (*Handler, error) {
	env := environment.New(getenv)
	served, err := classifier.New(getenv("MODEL_URI"), cfg, log)
	if err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	h := &Handler{
		table:           table.New(cfg, env.String("TABLE_NAME")),
		queue:           queue.New(cfg, env.String("QUEUE_URL")),
		deadLetters:     queue.New(cfg, env.String("DEAD_LETTER_QUEUE_URL")),
		classifier:      served,
		log:             log,
		meter:           telemetry.NewMeter(getenv, log),
		turns:           make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)), // one core is left for the calls
		roleID:          env.String("ENRICHER_ROLE_ID"),
		maxReceiveCount: env.IntBetween("MAX_RECEIVE_COUNT", 1, 1000),
		retention:       time.Duration(env.IntBetween("MESSAGE_RETENTION_SECONDS", 60, 14*24*60*60)) * time.Second,
		writerReach:     time.Duration(env.IntBetween("WRITER_TIMEOUT_SECONDS", 1, 900))*time.Second + writerMargin,
	}
	return h, env.Err()
}

// Handle deals with one batch. The response lists the messages that are to come back. The error is
// always nil, because an error would bring back all of them.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func (h *Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	metrics := h.meter.Begin()
	defer metrics.Write(ctx)
	b := &batch{metrics: metrics}
	_ = telemetry.Try(ctx, h.log, func() error { // after a panic, messages that are not settled come back
		h.deal(ctx, event, b)
		return nil
	})
	return b.response(event), nil
}

// deal settles what it can of the messages.
func (h *Handler) deal(ctx context.Context, event events.SQSEvent, b *batch) {
	settleCtx, cancel := awsclient.BeforeDeadline(ctx, answerMargin)
	defer cancel()
	classifyCtx, cancel := awsclient.BeforeDeadline(settleCtx, GiveUpTime)
	defer cancel()

	b.model = h.classifier.Current(settleCtx, b.metrics)
	h.receive(settleCtx, b, event.Records)
	parallel.Do(
		func() { h.settle(settleCtx, b, b.unreadable) },
		func() { h.enrich(classifyCtx, settleCtx, b, b.tasks, rereadDelays) },
	)
	b.measure()
	h.classifier.Await(settleCtx)
}

// rereadDelays are the waits before an item that is not there yet is read again. The writer
// enqueues first, so a message can overtake its item.
var rereadDelays = []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 120 * time.Millisecond}

// enrich reads the tasks' items, classifies them, and settles their messages. What is worth reading again is
// taken up after the first of the delays, whether the others are settled or not: their calls may hang until
// settleCtx ends. When classifyCtx ends, enrich reads and classifies no more.
func (h *Handler) enrich(classifyCtx, settleCtx context.Context, b *batch, tasks []*task, delays []time.Duration) {
	h.read(classifyCtx, b.model, tasks)
	var again []*task
	if len(delays) > 0 {
		again, tasks = split(tasks, h.mayComeSoon)
	}
	toClassify, others := split(tasks, func(t *task) bool { return t.kind == unclassified })
	parallel.Do( // none of these waits for another, which may hang
		func() { h.settle(settleCtx, b, others) },
		func() {
			h.classify(classifyCtx, b, toClassify)
			h.settle(settleCtx, b, toClassify)
		},
		func() {
			if len(again) > 0 {
				_ = smithytime.SleepWithContext(classifyCtx, delays[0]) // the read notices when classifyCtx has ended
				h.enrich(classifyCtx, settleCtx, b, again, delays[1:])
			}
		},
	)
}

// mayComeSoon tells whether an item that could not be read is worth reading again.
func (h *Handler) mayComeSoon(t *task) bool {
	return t.kind == unprocessed ||
		t.kind == missing && slices.ContainsFunc(t.deliveries, func(d *delivery) bool { return !h.isOrphan(d, t.finding) })
}
