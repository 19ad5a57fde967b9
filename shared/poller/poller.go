// Package poller consumes an SQS queue. It receives messages in batches, hands each batch to a
// function, and deletes the messages that did not fail. The enricher's worker runs it on Fargate, and
// local/eventsource runs it in the place of Lambda's event source mapping.
//
// It does not know what the messages mean. It knows SQS only through the SDK's client.
//
// Begin to read with [Poller.Run] in this file. collector.go collects a batch, process.go deals with one,
// and holder.go keeps its messages invisible for as long as that takes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/working-with-messages.html
package poller

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	smithytime "github.com/aws/smithy-go/time"

	"simple-sam-demo/shared/telemetry"
)

const (
	// LongPoll is how long a receive waits for a message. It is the longest wait that SQS allows.
	LongPoll = 20 * time.Second

	// Invisible is the visibility timeout that a long-running consumer renews. A message whose
	// consumer was killed comes back after so long at most.
	Invisible = 30 * time.Second

	answerTime = 5 * time.Second // a receive that takes so much longer than its long poll is given up

	// SQS waits for at least a second before it says that there is no message. A proxy, say, does not. Then
	// receives would follow each other without a pause.
	soonestEmpty = 500 * time.Millisecond

	failurePause   = time.Second      // after a receive that failed
	failureLogging = 10 * time.Second // between two lines about receives that fail
	failuresApart  = time.Minute      // what fails so long after the failure before belongs to another disturbance

	maxReceive = 10      // the most messages that one ReceiveMessage returns
	maxPayload = 6 << 20 // the most bytes of a batch, which is that of a function's event

	// A poller starts with 5 batches at once and adds up to 300 a minute, as Lambda does.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
	firstLoops   = 5
	scalingPause = time.Minute / 300
)

// Settings says what a poller receives, and how.
type Settings struct {
	QueueURL string
	QueueARN string // the source that each message names

	BatchSize     int           // messages
	Window        time.Duration // how long a batch waits for more messages after its first
	BatchesAtOnce int

	// BatchTimeout is the time until a batch's deadline, or 0: then there is none.
	BatchTimeout time.Duration

	// Invisible is the visibility timeout with which messages are received. It is renewed until a
	// batch is dealt with, but not after the batch's deadline. It may be 0: then the queue's own
	// visibility timeout holds and is not renewed.
	Invisible time.Duration

	// FinishReceives lets a receive that is under way end when Run is to end. SQS may have chosen
	// messages for it already. If it is cut off, nobody gets them, and they stay invisible until
	// their visibility timeout ends. So Run takes up to LongPoll and five seconds longer.
	FinishReceives bool

	// ReceiveClient makes the receives, which last for up to LongPoll. If it is nil, the
	// configuration's own client does.
	ReceiveClient aws.HTTPClient

	// HeartbeatClient renews the visibility timeouts. These calls must not wait for others, such as deletes. If it is
	// nil, the configuration's own client makes them.
	HeartbeatClient aws.HTTPClient
}

// Handle deals with a batch. Its response lists the messages that have failed. After an error, all
// messages have failed, and Handle has logged why.
type Handle func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error)

// Poller consumes a queue.
type Poller struct {
	Settings
	client *sqs.Client
	region string
	handle Handle
	log    *slog.Logger
	held   *holder
	late   lateness

	failures failures

	loops     atomic.Int32
	busy      atomic.Int32  // loops that have something to do, see collector.markBusy
	saturated chan struct{} // gets a value when all loops are busy
}

// New returns a poller that hands batches to handle.
func New(cfg aws.Config, settings Settings, handle Handle, log *slog.Logger) *Poller {
	p := &Poller{
		Settings: settings, client: sqs.NewFromConfig(cfg), region: cfg.Region, handle: handle,
		log: log.With("queue", settings.QueueURL), saturated: make(chan struct{}, 1),
	}
	p.held = newHolder(sqs.NewFromConfig(cfg, through(settings.HeartbeatClient)), settings, p.log)
	return p
}

// through lets calls be made by an HTTP client, unless it is nil.
func through(client aws.HTTPClient) func(*sqs.Options) {
	return func(o *sqs.Options) {
		if client != nil {
			o.HTTPClient = client
		}
	}
}

// call makes a call. A panic in it is an error of it, and does not end the process, and all other batches with it.
func call[T any](ctx context.Context, log *slog.Logger, do func() (*T, error)) (out *T, err error) {
	err = telemetry.Try(ctx, log, func() (err error) {
		out, err = do()
		return err
	})
	return out, err
}

// Run polls until ctx ends. It returns when the last batch is dealt with.
func (p *Poller) Run(ctx context.Context) {
	stopHolding := p.held.start()
	defer stopHolding()
	var loops sync.WaitGroup
	defer loops.Wait()
	add := func() {
		p.loops.Add(1)
		loops.Go(func() { p.loop(ctx) })
	}
	for range min(firstLoops, p.BatchesAtOnce) {
		add()
	}
	for int(p.loops.Load()) < p.BatchesAtOnce {
		select {
		case <-ctx.Done():
			return
		case <-p.saturated:
			if smithytime.SleepWithContext(ctx, scalingPause) == nil && p.isSaturated() {
				add()
			}
		}
	}
}

func (p *Poller) isSaturated() bool { return p.busy.Load() == p.loops.Load() }

// loop deals with one batch after the other.
func (p *Poller) loop(ctx context.Context) {
	c := collector{poller: p}
	for ctx.Err() == nil || len(c.rest) > 0 {
		batch, err := c.next(ctx)
		if err != nil && ctx.Err() == nil {
			p.reportFailure(err)
			_ = smithytime.SleepWithContext(ctx, failurePause) // the loop checks ctx
		}
		if len(batch) > 0 {
			c.markBusy()
			p.process(batch)
			c.markIdle()
		}
	}
}

// failures counts the receives of a disturbance that have failed since the last line about them.
type failures struct {
	mu     sync.Mutex
	count  int
	last   time.Time
	logged time.Time
}

// reportFailure logs why receives fail. There may be many loops, so it does not log each failure.
func (p *Poller) reportFailure(err error) {
	f := &p.failures
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.last) >= failuresApart {
		f.count = 0
	}
	f.count, f.last = f.count+1, now
	if now.Sub(f.logged) >= failureLogging {
		p.log.Error("cannot receive messages; trying again", "failures", f.count, "error", err)
		f.count, f.logged = 0, now
	}
}

// Release says that somebody else sets the visibility timeout of a message now. The poller does not
// renew it any more. When Release returns, no call that renews it is under way, unless ctx has ended.
// It returns when the message is to be left alone, which may be long ago: another receive may have it from then on.
func (p *Poller) Release(ctx context.Context, receiptHandle string) (until time.Time) {
	return p.held.release(ctx, receiptHandle)
}

// Overdue returns how long ago the deadline of a batch was that is not dealt with yet. It is 0 when
// every batch has time left.
func (p *Poller) Overdue() time.Duration { return p.late.most() }
