package poller

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/awsclient"
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

	mu     sync.Mutex
	held   map[string]*held   // by receipt handle
	newest map[string]receipt // by message id
}

// held is a message that is kept invisible.
type held struct {
	until   time.Time     // zero: there is no limit yet
	renewed time.Time     // when it was received, or when the last call that renewed it began
	deleted bool          // it is being deleted
	renewal chan struct{} // closed when the last call that renewed it is over, or nil
}

func newHolder(client *sqs.Client, s Settings, log *slog.Logger) *holder {
	return &holder{
		client: client, queueURL: s.QueueURL, invisible: s.Invisible, log: log, held: map[string]*held{}, newest: map[string]receipt{},
	}
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

// receipt is one receive of a message.
type receipt struct {
	handle   string
	receives int // of the message up to then
}

func receiptOf(m types.Message) receipt {
	n, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]) // 0: the endpoint may be something other than SQS
	return receipt{*m.ReceiptHandle, n}
}

// hold begins to keep messages invisible that have been so since some time, or longer than that. If one was received
// before, its newest receipt handle alone is renewed: whoever deals with it now may give it back.
func (h *holder) hold(messages []types.Message, since time.Time) {
	if h.invisible == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		now := receiptOf(m)
		before, known := h.newest[*m.MessageId]
		if known && now.receives < before.receives { // the answer with the newer one was here first
			continue
		}
		again := &held{renewed: since}
		if earlier := h.held[before.handle]; earlier != nil {
			again.renewal = earlier.renewal // for SQS, the earlier receipt handle will do
		}
		delete(h.held, before.handle)
		h.held[now.handle], h.newest[*m.MessageId] = again, now
	}
}

// limit lets the messages come back after a time, whatever happens.
func (h *holder) limit(messages []types.Message, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		if held := h.held[*m.ReceiptHandle]; held != nil {
			held.until = until
		}
	}
}

// deleting says that the messages are being deleted. As that may fail, they are renewed until it is over.
func (h *holder) deleting(messages []types.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		if held := h.held[*m.ReceiptHandle]; held != nil {
			held.deleted = true
		}
	}
}

// forget renews the messages no more.
func (h *holder) forget(messages []types.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		delete(h.held, *m.ReceiptHandle)
		if h.newest[*m.MessageId].handle == *m.ReceiptHandle {
			delete(h.newest, *m.MessageId)
		}
	}
}

// release renews a message no more, and waits for a call that may do so. It returns from when on another consumer may have
// the message, or a newer receive of this one.
func (h *holder) release(ctx context.Context, receiptHandle string) (until time.Time) {
	h.mu.Lock()
	var renewal chan struct{}
	if held := h.held[receiptHandle]; held != nil {
		renewal, until = held.renewal, h.oursUntil(held)
	}
	delete(h.held, receiptHandle)
	h.mu.Unlock()
	if renewal != nil {
		select {
		case <-renewal:
		case <-ctx.Done():
		}
	}
	return until
}

// oursUntil returns from when on another consumer may have a message when a call about it takes effect. For SQS any of its
// receipt handles will do, so the call would take the message from the other one.
func (h *holder) oursUntil(held *held) time.Time {
	return held.renewed.Add(h.invisible - awsclient.AttemptTimeout)
}

// renew makes all held messages invisible for another while. If some calls fail, the next beat comes before
// the messages are visible. A beat of many calls may take nearly as long. So the messages go first that would be visible first.
func (h *holder) renew(ctx context.Context) {
	h.mu.Lock()
	handles := slices.SortedFunc(maps.Keys(h.held), func(a, b string) int {
		return cmp.Or(h.held[a].renewed.Compare(h.held[b].renewed), cmp.Compare(a, b))
	})
	h.mu.Unlock()
	failed, why := inTens(handles, func(ten []string) (int, string) { return h.renewTen(ctx, ten) })
	if failed > 0 {
		h.log.Warn("cannot keep messages invisible; trying again", "messages", failed, "error", why)
	}
}

// renewTen makes one call for those of the messages that are still held. It returns how many could not be
// renewed, and why.
func (h *holder) renewTen(ctx context.Context, handles []string) (failed int, why string) {
	over := make(chan struct{})
	defer close(over)
	entries := h.entries(handles, over)
	if len(entries) == 0 {
		return 0, ""
	}
	ctx, cancel := context.WithTimeout(ctx, awsclient.AttemptTimeout)
	defer cancel()
	began := time.Now()
	out, err := call(ctx, h.log, func() (*sqs.ChangeMessageVisibilityBatchOutput, error) {
		return h.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &h.queueURL, Entries: entries})
	})
	if err != nil {
		return len(entries), err.Error()
	}
	return h.note(entries, out.Successful, began), reason(out.Failed).Error()
}

// note records which messages a call has renewed that began at a time. It returns how many it has not renewed, except
// those that were dealt with meanwhile, or are being deleted: SQS may know no more of them.
func (h *holder) note(entries []types.ChangeMessageVisibilityBatchRequestEntry, renewed []types.ChangeMessageVisibilityBatchResultEntry, began time.Time) (failed int) {
	done := map[string]bool{}
	for _, entry := range renewed {
		done[aws.ToString(entry.Id)] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, entry := range entries {
		switch held := h.held[*entry.ReceiptHandle]; {
		case held == nil:
		case done[*entry.Id]:
			held.renewed = began
		case !held.deleted:
			failed++
		}
	}
	return failed
}

// entries returns what a call says of the messages. The call is over when the channel is closed.
func (h *holder) entries(handles []string, over chan struct{}) (entries []types.ChangeMessageVisibilityBatchRequestEntry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for i, handle := range handles {
		held := h.held[handle]
		if held == nil || !held.until.IsZero() && !now.Before(held.until) {
			continue
		}
		if !now.Before(h.oursUntil(held)) {
			delete(h.held, handle)
			continue
		}
		held.renewal = over
		entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handle, VisibilityTimeout: int32(h.invisible / time.Second),
		})
	}
	return entries
}
