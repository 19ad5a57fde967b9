package poller

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/parallel"
)

// holder keeps received messages invisible: it renews their visibility timeouts while they are held,
// three times in each. This is called a heartbeat. If it stops, because the process was killed, say, the
// messages soon come back to another consumer.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/best-practices-processing-messages-timely-manner.html
type holder struct {
	client    *sqs.Client
	queueURL  string
	invisible time.Duration // 0: there is nothing to renew
	log       *slog.Logger

	mu      sync.Mutex
	until   map[string]time.Time // by receipt handle; zero: there is no limit yet
	calling chan struct{}        // has a value while calls are under way
}

func newHolder(client *sqs.Client, queueURL string, invisible time.Duration, log *slog.Logger) *holder {
	return &holder{client: client, queueURL: queueURL, invisible: invisible, log: log, until: map[string]time.Time{}, calling: make(chan struct{}, 1)}
}

// start begins to renew.
func (h *holder) start() (stop func()) {
	if h.invisible == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(h.invisible / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				h.renew(ctx)
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// hold begins to keep messages invisible that were received now.
func (h *holder) hold(messages []types.Message) {
	if h.invisible == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		h.until[*m.ReceiptHandle] = time.Time{}
	}
}

// limit lets the messages come back after a time, whatever happens.
func (h *holder) limit(messages []types.Message, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		if _, held := h.until[*m.ReceiptHandle]; held {
			h.until[*m.ReceiptHandle] = until
		}
	}
}

// forget renews the messages no more.
func (h *holder) forget(messages []types.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		delete(h.until, *m.ReceiptHandle)
	}
}

// release renews a message no more, and waits for a call that may do so.
func (h *holder) release(ctx context.Context, receiptHandle string) {
	h.mu.Lock()
	_, held := h.until[receiptHandle]
	delete(h.until, receiptHandle)
	h.mu.Unlock()
	if !held {
		return
	}
	select {
	case h.calling <- struct{}{}:
		<-h.calling
	case <-ctx.Done():
	}
}

// renew makes all held messages invisible for another while. One call after the other would take too long
// for tens of thousands of messages, so it makes several at once. If some fail, the next beat comes before
// the messages are visible.
func (h *holder) renew(ctx context.Context) {
	h.mu.Lock()
	handles := slices.Sorted(maps.Keys(h.until))
	h.mu.Unlock()
	var failed atomic.Int32 // messages
	var why atomic.Value    // of one of them
	for some := range slices.Chunk(handles, maxReceive*awsclient.MaxConnections) {
		select {
		case h.calling <- struct{}{}:
		case <-ctx.Done():
			return
		}
		parallel.ForEach(slices.Collect(slices.Chunk(some, maxReceive)), func(ten []string) {
			if n, reason := h.renewTen(ctx, ten); n > 0 {
				failed.Add(int32(n))
				why.Store(reason)
			}
		})
		<-h.calling
	}
	if n := failed.Load(); n > 0 {
		h.log.Warn("cannot keep messages invisible; trying again", "messages", n, "error", why.Load())
	}
}

// renewTen makes one call for those of the messages that are still held. It returns how many could not be
// renewed, and why.
func (h *holder) renewTen(ctx context.Context, handles []string) (failed int, why string) {
	entries := h.entries(handles)
	if len(entries) == 0 {
		return 0, ""
	}
	ctx, cancel := context.WithTimeout(ctx, awsclient.AttemptTimeout)
	defer cancel()
	out, err := h.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &h.queueURL, Entries: entries})
	if err != nil {
		return len(entries), err.Error()
	}
	return len(entries) - len(out.Successful), reason(out.Failed)
}

func (h *holder) entries(handles []string) (entries []types.ChangeMessageVisibilityBatchRequestEntry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for i, handle := range handles {
		until, held := h.until[handle]
		if !held || !until.IsZero() && !now.Before(until) {
			continue
		}
		entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handle, VisibilityTimeout: int32(h.invisible / time.Second),
		})
	}
	return entries
}
