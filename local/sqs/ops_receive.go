package sqs

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	register("ReceiveMessage", onQueue((*Service).receiveMessage))
	register("DeleteMessage", onQueue((*Service).deleteMessage))
	register("DeleteMessageBatch", onQueue((*Service).deleteMessageBatch))
	register("ChangeMessageVisibility", onQueue((*Service).changeMessageVisibility))
	register("ChangeMessageVisibilityBatch", onQueue((*Service).changeMessageVisibilityBatch))
}

const maxVisibility = 12 * 3600 // seconds

type receiveRequest struct {
	queueRequest
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string // the old name of MessageSystemAttributeNames
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

type receiveResult struct {
	Messages []receivedMessage `json:",omitempty"`
}

type receivedMessage struct {
	MessageId              string
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
}

func (s *Service) receiveMessage(ctx context.Context, q *queue, in *receiveRequest) (receiveResult, error) {
	n, visibility, wait, err := in.limits(q)
	if err != nil {
		return receiveResult{}, err
	}
	q.advance(time.Now())
	if wait == 0 && q.inFlight >= maxInFlight {
		return receiveResult{}, errOverLimit("The maximum number of in flight messages is reached.")
	}
	var result receiveResult
	for _, m := range s.poll(ctx, q, n, visibility, wait) {
		result.Messages = append(result.Messages, s.show(q, m, in))
	}
	return result, nil
}

// limits checks the numbers of a request. Where the request has none, it takes the queue's settings.
func (in *receiveRequest) limits(q *queue) (n int, visibility, wait time.Duration, err error) {
	n, visibility, wait = 1, q.settings.visibility, q.settings.receiveWait
	if in.MaxNumberOfMessages != nil {
		n = *in.MaxNumberOfMessages
		if n < 1 || n > 10 {
			return 0, 0, 0, errRange("MaxNumberOfMessages", n, "Must be between 1 and 10, if provided")
		}
	}
	if in.VisibilityTimeout != nil {
		if err := checkVisibility(*in.VisibilityTimeout); err != nil {
			return 0, 0, 0, err
		}
		visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	if in.WaitTimeSeconds != nil {
		if *in.WaitTimeSeconds < 0 || *in.WaitTimeSeconds > 20 {
			return 0, 0, 0, errRange("WaitTimeSeconds", *in.WaitTimeSeconds, "Must be >= 0 and <= 20, if provided")
		}
		wait = time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	return n, visibility, wait, nil
}

func checkVisibility(seconds int) error {
	if seconds < 0 || seconds > maxVisibility {
		return errRange("VisibilityTimeout", seconds, "VisibilityTimeout must be an integer between 0 and 43200")
	}
	return nil
}

// show returns the message as its receiver sees it: with the attributes that the request asks for.
func (s *Service) show(q *queue, m *message, in *receiveRequest) receivedMessage {
	shown := receivedMessage{
		MessageId:     m.id,
		ReceiptHandle: m.receiptHandle(q.name),
		MD5OfBody:     md5Hex(m.body),
		Body:          m.body,
		Attributes:    map[string]string{},
	}
	all := map[string]string{
		"SenderId":                         cmp.Or(m.sender, s.account),
		"SentTimestamp":                    strconv.FormatInt(m.sent.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstReceived.UnixMilli(), 10),
	}
	if m.traceHeader != "" {
		all["AWSTraceHeader"] = m.traceHeader
	}
	if m.group != "" {
		all["MessageGroupId"] = m.group
	}
	if m.deadLetterFrom != "" {
		all["DeadLetterQueueSourceArn"] = m.deadLetterFrom
	}
	asked := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for name, value := range all {
		if slices.Contains(asked, "All") || slices.Contains(asked, name) {
			shown.Attributes[name] = value
		}
	}
	for name, a := range m.attributes {
		if asksFor(in.MessageAttributeNames, name) {
			if shown.MessageAttributes == nil {
				shown.MessageAttributes = map[string]attribute{}
			}
			shown.MessageAttributes[name] = a
		}
	}
	shown.MD5OfMessageAttributes = attributesMD5(shown.MessageAttributes)
	return shown
}

// asksFor reports whether the request asks for a message attribute: by its name, by "prefix.*",
// or by "All", "*" or ".*".
func asksFor(names []string, name string) bool {
	return slices.ContainsFunc(names, func(asked string) bool {
		prefix, isPrefix := strings.CutSuffix(asked, ".*")
		return asked == "All" || asked == "*" || asked == name || isPrefix && strings.HasPrefix(name, prefix)
	})
}

type receiptEntry struct {
	Id                string // only in a batch
	ReceiptHandle     string
	VisibilityTimeout *int // only for ChangeMessageVisibility
}

type receiptRequest struct {
	queueRequest
	receiptEntry
}

type receiptBatchRequest struct {
	queueRequest
	Entries []receiptEntry
}

type entryResult struct{ Id string }

// find returns the message that a receipt handle names, or nil when the message is gone. It
// reports current as false when the message was received again later.
func (q *queue) find(handle string) (m *message, current bool, err error) {
	if handle == "" {
		return nil, false, errMissing("ReceiptHandle")
	}
	r, ok := parseReceiptHandle(handle)
	if !ok || r.queue != q.name {
		return nil, false, errReceiptHandle(handle)
	}
	m = q.messages[r.serial]
	return m, m != nil && m.receives == r.receives, nil
}

// deleteMessage calls a receipt handle that is missing a message handle, as SQS does.
// https://github.com/aws/aws-sdk-js-v3/issues/5478
func (s *Service) deleteMessage(_ context.Context, q *queue, in *receiptRequest) (empty, error) {
	if in.ReceiptHandle == "" {
		return empty{}, errMissing("MessageHandle")
	}
	_, err := s.delete(q, &in.receiptEntry)
	return empty{}, err
}

// delete removes a message. When the receipt handle is not the newest one, SQS answers success,
// "but the message might not be deleted". This service does not delete it then.
func (s *Service) delete(q *queue, in *receiptEntry) (entryResult, error) {
	q.advance(time.Now())
	m, current, err := q.find(in.ReceiptHandle)
	if err == nil && current {
		q.remove(m)
	}
	return entryResult{in.Id}, err
}

func (s *Service) deleteMessageBatch(_ context.Context, q *queue, in *receiptBatchRequest) (batchResult[entryResult], error) {
	return doBatch(q, "DeleteMessageBatchRequestEntry", in.Entries, func(e *receiptEntry) string { return e.Id }, s.delete)
}

func (s *Service) changeMessageVisibility(_ context.Context, q *queue, in *receiptRequest) (empty, error) {
	_, err := s.changeVisibility(q, &in.receiptEntry)
	return empty{}, err
}

// changeVisibility sets a new visibility timeout for a message in flight. Any receipt handle of the
// message will do. If the message is visible again, SQS answers success and changes nothing.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
func (s *Service) changeVisibility(q *queue, in *receiptEntry) (entryResult, error) {
	now := time.Now()
	q.advance(now)
	if in.VisibilityTimeout == nil {
		return entryResult{}, errMissing("VisibilityTimeout")
	}
	if err := checkVisibility(*in.VisibilityTimeout); err != nil {
		return entryResult{}, err
	}
	m, _, err := q.find(in.ReceiptHandle)
	switch {
	case err != nil:
		return entryResult{}, err
	case m == nil:
		return entryResult{}, errGone(in.ReceiptHandle)
	case !m.inFlight:
		return entryResult{in.Id}, nil
	}
	visibility := time.Duration(*in.VisibilityTimeout) * time.Second
	if now.Add(visibility).After(m.received.Add(maxVisibility * time.Second)) {
		return entryResult{}, errRange("VisibilityTimeout", *in.VisibilityTimeout, "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	}
	q.changeVisibility(m, visibility, now)
	return entryResult{in.Id}, nil
}

func (s *Service) changeMessageVisibilityBatch(_ context.Context, q *queue, in *receiptBatchRequest) (batchResult[entryResult], error) {
	return doBatch(q, "ChangeMessageVisibilityBatchRequestEntry", in.Entries, func(e *receiptEntry) string { return e.Id }, s.changeVisibility)
}
