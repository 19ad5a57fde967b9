package poller

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/parallel"
)

// process hands a batch over and deletes the messages that did not fail. It does not touch the failed
// ones. They become visible again when their visibility timeout ends; whoever handled them may have
// changed that timeout.
func (p *Poller) process(batch []types.Message) {
	defer p.held.forget(batch)
	event := events.SQSEvent{Records: make([]events.SQSMessage, len(batch))}
	for i, message := range batch {
		event.Records[i] = p.record(message)
	}
	ctx, end := p.begin(batch)
	defer end()
	response, err := p.handle(ctx, event)
	if err != nil {
		return
	}
	failed := make(map[string]bool, len(response.BatchItemFailures))
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	var done, others []types.Message
	for _, message := range batch {
		if failed[*message.MessageId] {
			others = append(others, message)
		} else {
			done = append(done, message)
		}
	}
	p.held.forget(others)
	p.delete(done)
}

// begin returns the context in which a batch is dealt with. As in a function, it has an id for the log
// lines, and the deadline.
func (p *Poller) begin(batch []types.Message) (ctx context.Context, end func()) {
	ctx = lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: rand.Text()})
	if p.BatchTimeout == 0 {
		return ctx, func() {}
	}
	deadline := time.Now().Add(p.BatchTimeout)
	p.held.limit(batch, deadline)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	id := p.late.begin(deadline)
	return ctx, func() {
		cancel()
		p.late.end(id)
	}
}

func (p *Poller) record(message types.Message) events.SQSMessage {
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
		EventSourceARN:         p.QueueARN,
		EventSource:            "aws:sqs",
		AWSRegion:              p.region,
	}
}

// deleteTime is how long the deletes of a batch may take. If SQS hangs, the messages come back. A worker that
// is told to stop has no time to wait for it.
const deleteTime = 5 * time.Second

// delete deletes messages, ten in a call. A message that cannot be deleted comes back.
func (p *Poller) delete(messages []types.Message) {
	ctx, cancel := context.WithTimeout(context.Background(), deleteTime)
	defer cancel()
	failed, why := inTens(messages, func(ten []types.Message) (int, string) {
		p.held.deleting(ten)
		return p.deleteTen(ctx, ten)
	})
	if failed > 0 {
		p.log.Error("cannot delete messages; they will come back", "messages", failed, "error", why)
	}
}

// deleteTen deletes up to ten messages. It returns how many messages could not be deleted, and why.
func (p *Poller) deleteTen(ctx context.Context, messages []types.Message) (failed int, why string) {
	left := awsclient.Again(ctx, p.client.Options().Retryer, messages, func(some []types.Message) ([]types.Message, error) {
		again, refused, err := p.deleteOnce(ctx, some)
		failed += refused
		if err != nil {
			why = err.Error()
		}
		return again, err
	})
	return failed + len(left), why
}

// deleteOnce makes one call. It returns the messages that SQS may delete a moment later, how many of the others are not deleted
// either, and why.
func (p *Poller) deleteOnce(ctx context.Context, messages []types.Message) (again []types.Message, refused int, err error) {
	var entries []types.DeleteMessageBatchRequestEntry
	for i, message := range messages {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle})
	}
	out, err := call(ctx, p.log, func() (*sqs.DeleteMessageBatchOutput, error) {
		return p.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &p.QueueURL, Entries: entries})
	})
	if err != nil {
		return nil, len(entries), err
	}
	passing, lasting := map[string]bool{}, []types.BatchResultErrorEntry(nil)
	for _, f := range out.Failed {
		if awsclient.MayPass(p.client.Options().Retryer, f.SenderFault, reason([]types.BatchResultErrorEntry{f})) {
			passing[aws.ToString(f.Id)] = true
		} else {
			lasting = append(lasting, f)
		}
	}
	var others []types.Message
	for i, message := range messages {
		if passing[strconv.Itoa(i)] {
			again = append(again, message)
		} else {
			others = append(others, message)
		}
	}
	p.held.forget(others) // as the rest may take a while
	switch refused = len(others) - len(out.Successful); {
	case refused > 0:
		err = reason(lasting)
	case len(again) > 0:
		err = reason(out.Failed)
	}
	return again, refused, err
}

// inTens makes a call for ten messages at a time, several calls at once. One call after the other would take
// too long for all that a worker may hold. It returns for how many messages the calls have failed, and why one of
// them has.
func inTens[T any](messages []T, call func([]T) (failed int, why string)) (failed int, why string) {
	var mu sync.Mutex
	parallel.ForEach(slices.Collect(slices.Chunk(messages, maxReceive)), func(ten []T) {
		n, reason := call(ten)
		mu.Lock()
		defer mu.Unlock()
		if failed += n; n > 0 {
			why = reason
		}
	})
	return failed, why
}

// reason says why SQS did not do a part of a batch. Such an answer has a code, and not always a text. What is neither done nor
// refused has no reason: the answer may be a proxy's.
func reason(failed []types.BatchResultErrorEntry) error {
	if len(failed) == 0 {
		return awsclient.ErrNoAnswer
	}
	return &smithy.GenericAPIError{Code: aws.ToString(failed[0].Code), Message: aws.ToString(failed[0].Message)}
}

// lateness knows the deadlines of the batches that are being dealt with.
type lateness struct {
	mu        sync.Mutex
	last      int
	deadlines map[int]time.Time
}

func (l *lateness) begin(deadline time.Time) (id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deadlines == nil {
		l.deadlines = map[int]time.Time{}
	}
	l.last++
	l.deadlines[l.last] = deadline
	return l.last
}

func (l *lateness) end(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.deadlines, id)
}

func (l *lateness) most() (late time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, deadline := range l.deadlines {
		late = max(late, time.Since(deadline))
	}
	return late
}
