package letters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"simple-sam-demo/shared/parallel"
)

const (
	// Visibility is how long a message stays hidden when it is not given back.
	Visibility = 60 * time.Second

	// lookTime is how long a look may take. After that it says what part it has read.
	lookTime = 3 * time.Second

	receiveTime = 5 * time.Second // for one call, which waits for messages for a second

	// turnTime is how long one look waits for another to end.
	turnTime = 5 * time.Second

	giveBackTime = 20 * time.Second
	inOneCall    = 10 // messages; SQS's limit
)

// Box is a dead-letter queue, and the queue to which its messages go back.
type Box struct {
	client   *sqs.Client
	url, arn string // of the dead-letter queue
	home     string // URL of the other
	homeARN  string

	turn chan struct{} // of two looks at once, each would miss what the other holds
}

var (
	// ErrBusy means that another look, a download say, goes on for longer than one waits for it.
	ErrBusy = errors.New("another look at the dead-letter queue goes on")
	// ErrMoving means that a message move task runs. It would leave out what a look hides.
	ErrMoving = errors.New("a message move task runs")
)

// NewBox returns the dead-letter queue with a URL and an ARN, whose messages go back to home.
func NewBox(client *sqs.Client, url, arn, home, homeARN string) *Box {
	return &Box{client: client, url: url, arn: arn, home: home, homeARN: homeARN, turn: make(chan struct{}, 1)}
}

// verdict says what a look is to do after a letter.
type verdict int

const (
	goOn verdict = iota
	stop         // this letter was the last one wanted
)

// look receives messages until see says stop, the time is up, or no message is left, and then gives
// back all for which gone is not called. read counts them, and whole tells whether it read all that
// were visible.
//
// When ctx ends, so does the look, but not in the middle of a call: SQS would hide the messages of an
// answer that nobody reads.
func (b *Box) look(ctx context.Context, budget time.Duration, see func(l Letter, gone func()) verdict) (read int, whole bool, err error) {
	if err := b.takeTurn(ctx); err != nil {
		return 0, false, err
	}
	defer b.endTurn()
	moving, err := b.isMoving(ctx)
	var answered *smithyhttp.ResponseError // not every endpoint has move tasks: moto 5.2.5 answers 500
	switch {
	case moving:
		return 0, false, ErrMoving
	case err != nil && (!errors.As(err, &answered) || answered.HTTPStatusCode() == 0):
		return 0, false, err
	}
	visible, err := b.visible(ctx)
	if err != nil {
		return 0, false, err
	}
	held := holding{receipts: map[string]string{}}
	defer func() { b.giveBack(ctx, held) }()
	end := time.Now().Add(budget)
	seen := map[string]bool{}
	for len(seen) < visible {
		if err := ctx.Err(); err != nil {
			return len(seen), false, err
		}
		messages, err := b.receive(ctx)
		if err != nil {
			return len(seen), false, err
		}
		fresh := false
		for _, m := range messages {
			held.add(aws.ToString(m.MessageId), aws.ToString(m.ReceiptHandle))
		}
		for _, m := range messages {
			l := newLetter(m)
			if seen[l.ID] {
				continue
			}
			if time.Now().After(end) {
				return len(seen), false, nil
			}
			fresh, seen[l.ID] = true, true
			if see(l, func() { delete(held.receipts, l.ID) }) == stop {
				return len(seen), len(seen) >= visible, nil
			}
		}
		if !fresh { // none is left, or the first ones are back already
			break
		}
	}
	return len(seen), true, nil
}

// takeTurn waits until no other look goes on.
func (b *Box) takeTurn(ctx context.Context) error {
	late := time.NewTimer(turnTime)
	defer late.Stop()
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-late.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Box) endTurn() { <-b.turn }

// holding are the messages that a look has received, in their order.
type holding struct {
	ids      []string
	receipts map[string]string // the newest receipt handle by the message's id
}

func (h *holding) add(id, receipt string) {
	if _, known := h.receipts[id]; !known {
		h.ids = append(h.ids, id)
	}
	h.receipts[id] = receipt
}

func (b *Box) visible(ctx context.Context) (int, error) {
	const name = types.QueueAttributeNameApproximateNumberOfMessages
	out, err := b.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &b.url, AttributeNames: []types.QueueAttributeName{name}})
	if err != nil {
		return 0, fmt.Errorf("count the dead letters: %w", err)
	}
	return strconv.Atoi(out.Attributes[string(name)])
}

// receive waits for up to a second: without waiting, SQS asks a part of its servers only.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
func (b *Box) receive(ctx context.Context) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	out, err := b.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &b.url, MaxNumberOfMessages: inOneCall, WaitTimeSeconds: 1,
		VisibilityTimeout:           int32(Visibility / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("receive dead letters: %w", err)
	}
	return out.Messages, nil
}

// giveBack makes messages visible again, also when whoever wanted to see them has gone away. What
// cannot be given back comes back by itself.
func (b *Box) giveBack(ctx context.Context, held holding) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
	defer cancel()
	var receipts []string
	for _, id := range held.ids {
		if receipt, ok := held.receipts[id]; ok {
			receipts = append(receipts, receipt)
		}
	}
	parallel.ForEach(slices.Collect(slices.Chunk(receipts, inOneCall)), func(chunk []string) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &b.url}
		for i, receipt := range chunk {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &receipt})
		}
		_, _ = b.client.ChangeMessageVisibilityBatch(ctx, in)
	})
}
