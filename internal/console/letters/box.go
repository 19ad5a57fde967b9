package letters

import (
	"cmp"
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

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/parallel"
)

const (
	// Visibility is how long a message stays hidden when it is not given back.
	Visibility = 60 * time.Second

	// lookTime is how long a look may take, and the call that it is in then. After that it says what part it
	// has read.
	lookTime = 3 * time.Second

	receiveWait = time.Second     // the shortest wait in which SQS asks all its servers
	receiveTime = 5 * time.Second // for one call, which waits that long

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

	// CountsExactly says that the queue counts its messages exactly, as a local stack does, and AWS does not. Then a look
	// ends when it has read as many, and need not wait until none comes.
	CountsExactly bool

	turn chan struct{} // of two looks at once, each would miss what the other holds
}

var (
	// ErrBusy means that another look, a download say, goes on for longer than one waits for it.
	ErrBusy = errors.New("another look at the dead-letter queue goes on")
	// ErrMoving means that a message move task runs. It would leave out what a look hides.
	ErrMoving = errors.New("a message move task runs")
	// ErrGone means that a letter is not visible: it is gone, or somebody else is looking at it.
	ErrGone = errors.New("the letter is not visible")
	// ErrUnread means that a letter may be gone, or among those that could not be read in time.
	ErrUnread = errors.New("the letter is not among those that could be read in time")
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

// effort says how hard a look tries.
type effort struct {
	time     time.Duration // after that it begins no call, and says what part it has read
	onlyList bool          // it does not wait for messages when SQS counts none
}

// look receives messages until see says stop, the time is up, or no message comes, and then gives back
// all for which gone is not called. read counts them. whole tells whether it read all that were
// visible: a receive brought none, and SQS counted no more than were read.
//
// AWS's count alone ends no look, because it may be a minute behind. There is one exception: for a list,
// look does not wait for messages when SQS counts none. Such a list may lack messages of the last minute.
//
// When ctx ends, so does the look, but not in the middle of a call: SQS would hide the messages of an
// answer that nobody reads.
func (b *Box) look(ctx context.Context, e effort, see func(l Letter, gone func()) verdict) (read int, whole bool, err error) {
	if err := b.takeTurn(ctx); err != nil {
		return 0, false, err
	}
	defer b.endTurn()
	if err := b.refuseWhileMoving(ctx); err != nil {
		return 0, false, err
	}
	counted, waits, err := b.count(ctx)
	if err != nil {
		return 0, false, err
	}
	r := reading{seen: map[string]bool{}, receipts: map[string]string{}, end: time.Now().Add(e.time)}
	defer func() { b.giveBack(ctx, r.held()) }()
	for time.Now().Before(r.end) {
		if err := ctx.Err(); err != nil {
			return len(r.seen), false, err
		}
		if b.CountsExactly && len(r.seen) >= counted {
			break
		}
		wait := receiveWait
		if e.onlyList && counted == 0 && len(r.seen) == 0 && !waits {
			wait = 0
		}
		messages, err := b.receive(ctx, wait)
		if err != nil {
			return len(r.seen), false, err
		}
		if len(messages) == 0 {
			return len(r.seen), len(r.seen) >= counted, nil
		}
		if r.show(messages, see) == stop {
			break
		}
	}
	return len(r.seen), b.CountsExactly && len(r.seen) >= counted, nil
}

// refuseWhileMoving returns [ErrMoving] while a move task runs.
func (b *Box) refuseWhileMoving(ctx context.Context) error {
	moving, err := b.isMoving(ctx)
	var answered *smithyhttp.ResponseError // not every endpoint has move tasks: moto 5.2.5 answers 500
	switch {
	case moving:
		return ErrMoving
	case err != nil && (!errors.As(err, &answered) || answered.HTTPStatusCode() == 0):
		return err
	}
	return nil
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

// reading is what a look has read so far.
type reading struct {
	end      time.Time // when its time is up
	seen     map[string]bool
	order    []string          // ids of the messages, as they came
	receipts map[string]string // the newest receipt handle by the id, of the messages to give back
}

// show shows see the letters that it has not seen, until it says stop or the time is up.
func (r *reading) show(messages []types.Message, see func(l Letter, gone func()) verdict) verdict {
	for _, m := range messages { // all are hidden, also those that are not shown
		id := aws.ToString(m.MessageId)
		if _, known := r.receipts[id]; !known {
			r.order = append(r.order, id)
		}
		r.receipts[id] = aws.ToString(m.ReceiptHandle)
	}
	for _, m := range messages {
		l := newLetter(m)
		if r.seen[l.ID] {
			continue
		}
		if time.Now().After(r.end) {
			return stop
		}
		r.seen[l.ID] = true
		if see(l, func() { delete(r.receipts, l.ID) }) == stop {
			return stop
		}
	}
	return goOn
}

// held are the receipt handles of the messages to give back, in the order in which they came.
func (r *reading) held() (receipts []string) {
	for _, id := range r.order {
		if receipt, ok := r.receipts[id]; ok {
			receipts = append(receipts, receipt)
		}
	}
	return receipts
}

// count returns how many messages SQS counts as visible, and whether it waits for messages also when a
// receive does not ask for that. The count may be a minute behind.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
func (b *Box) count(ctx context.Context) (visible int, waits bool, err error) {
	const number, wait = types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameReceiveMessageWaitTimeSeconds
	out, err := b.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &b.url, AttributeNames: []types.QueueAttributeName{number, wait}})
	if err != nil {
		return 0, false, fmt.Errorf("count the dead letters: %w", err)
	}
	visible, err = strconv.Atoi(out.Attributes[string(number)])
	return visible, cmp.Or(out.Attributes[string(wait)], "0") != "0", err
}

// receive returns messages, or none when none came while it waited. Without waiting, SQS asks only a part
// of its servers: then none may come although there are some.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
func (b *Box) receive(ctx context.Context, wait time.Duration) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	out, err := b.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &b.url, MaxNumberOfMessages: inOneCall,
		WaitTimeSeconds:             int32(wait / time.Second),
		VisibilityTimeout:           int32(Visibility / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err == nil && len(out.Messages) == 0 { // a proxy's empty answer, say, is no empty queue
		err = awsclient.Answered(out.ResultMetadata)
	}
	if err != nil {
		return nil, fmt.Errorf("receive dead letters: %w", err)
	}
	return out.Messages, nil
}

// giveBack makes messages visible again, also when whoever wanted to see them has gone away. What
// cannot be given back comes back by itself.
func (b *Box) giveBack(ctx context.Context, receipts []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
	defer cancel()
	parallel.ForEach(slices.Collect(slices.Chunk(receipts, inOneCall)), func(chunk []string) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &b.url}
		for i, receipt := range chunk {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &receipt})
		}
		_, _ = b.client.ChangeMessageVisibilityBatch(ctx, in)
	})
}
