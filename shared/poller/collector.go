package poller

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// collector collects batches for one loop.
type collector struct {
	poller *Poller
	rest   []types.Message // received messages for which the last batch had no room
	busy   bool            // see [collector.markBusy]
}

// markBusy says that the loop has something to do: it has a batch, or it collects one while more messages wait.
func (c *collector) markBusy() {
	if c.busy {
		return
	}
	c.busy = true
	c.poller.busy.Add(1)
	if c.poller.isSaturated() {
		select {
		case c.poller.saturated <- struct{}{}:
		default: // a value is waiting already
		}
	}
}

// markIdle says that the batch is dealt with.
func (c *collector) markIdle() {
	c.busy = false
	c.poller.busy.Add(-1)
}

// next returns the next batch: the messages of the first receive. If there is a batching window, it
// receives more until the window ends or the batch is full. A batch is full when it has enough
// messages or enough bytes. The batch is empty if the first receive returned no message.
func (c *collector) next(ctx context.Context) ([]types.Message, error) {
	var b batch
	received, err := c.rest, error(nil)
	if len(received) == 0 {
		received, err = c.receive(ctx, c.poller.BatchSize, LongPoll)
	}
	windowEnd := time.Now().Add(c.poller.Window)
	for err == nil {
		c.rest = b.add(received)
		if len(received) >= maxReceive/2 { // probably more wait: SQS may return fewer than it has
			c.markBusy()
		}
		room := c.poller.BatchSize - len(b.messages) // below 0 if the endpoint gives more than it was asked for
		left := time.Until(windowEnd)
		if len(b.messages) == 0 || len(c.rest) > 0 || room <= 0 || left <= 0 || ctx.Err() != nil {
			break
		}
		received, err = c.receive(ctx, room, left)
	}
	if len(b.messages) > 0 {
		return b.messages, nil // the batch so far must not be lost because a later receive failed
	}
	return nil, err
}

// receive makes one ReceiveMessage as a long poll. Its wait time is in whole seconds, rounded up, so it may
// end a part of a second later than longest. A wait time of 0 would mean the queue's own wait time.
func (c *collector) receive(ctx context.Context, n int, longest time.Duration) ([]types.Message, error) {
	longest = min(longest, LongPoll)
	start := time.Now()
	if c.poller.FinishReceives {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), longest+answerTime)
		defer cancel()
	}
	out, err := call(ctx, c.poller.log, func() (*sqs.ReceiveMessageOutput, error) {
		return c.poller.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:                    &c.poller.QueueURL,
			MaxNumberOfMessages:         int32(min(n, maxReceive)),
			WaitTimeSeconds:             int32(math.Ceil(longest.Seconds())),
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
			MessageAttributeNames:       []string{"All"},
			VisibilityTimeout:           int32(c.poller.Invisible / time.Second), // 0 is not sent
		}, c.poller.receiveOptions)
	})
	if err != nil {
		return nil, err
	}
	// The endpoint may be something other than SQS.
	if took := time.Since(start); len(out.Messages) == 0 && took < soonestEmpty && ctx.Err() == nil {
		return nil, fmt.Errorf("the endpoint answers after %s that there is no message, and does not wait for one", took.Round(time.Millisecond))
	}
	for _, message := range out.Messages {
		if aws.ToString(message.MessageId) == "" || aws.ToString(message.ReceiptHandle) == "" {
			return nil, errors.New("the endpoint's answer has a message without MessageId or ReceiptHandle")
		}
	}
	// SQS has made them invisible before its answer came.
	c.poller.held.hold(out.Messages, latest(start, time.Now().Add(-answerTime)))
	return out.Messages, nil
}

// latest returns the later of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// receiveOptions also lets the SDK make one attempt only: a second one would begin when the time for the receive
// is partly over, or when the poller is to end already. The loop tries again.
func (p *Poller) receiveOptions(o *sqs.Options) {
	o.Retryer = aws.NopRetryer{}
	through(p.ReceiveClient)(o)
}

type batch struct {
	messages []types.Message
	bytes    int
}

// add adds messages until the payload is full, and returns the others. It always adds the first
// message of a batch.
func (b *batch) add(received []types.Message) (rest []types.Message) {
	for i, message := range received {
		size := payloadSize(message)
		if len(b.messages) > 0 && b.bytes+size > maxPayload {
			return received[i:]
		}
		b.messages = append(b.messages, message)
		b.bytes += size
	}
	return nil
}

// payloadSize estimates how many bytes a message takes in an event.
func payloadSize(message types.Message) int {
	const envelope = 1024 // bytes for the ids, the receipt handle and the attributes
	size := envelope + len(aws.ToString(message.Body))
	for name, a := range message.MessageAttributes {
		size += len(name) + len(aws.ToString(a.StringValue)) + len(a.BinaryValue)*4/3
	}
	return size
}
