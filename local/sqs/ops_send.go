package sqs

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func init() {
	register("SendMessage", onQueue((*Service).sendMessage))
	register("SendMessageBatch", onQueue((*Service).sendMessageBatch))
}

// maxBatchBytes limits the sum of the sizes of the messages in one batch.
const maxBatchBytes = 1 << 20

type sendEntry struct {
	Id                      string // only in a batch
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]attribute
	MessageSystemAttributes map[string]attribute
	MessageGroupId          *string // makes a standard queue a fair queue
	MessageDeduplicationId  string
}

type sendRequest struct {
	queueRequest
	sendEntry
}

type sendResult struct {
	Id                           string `json:",omitempty"` // only in a batch
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Service) sendMessage(ctx context.Context, q *queue, in *sendRequest) (sendResult, error) {
	in.Id = "" // only an entry of a batch has it
	return s.send(ctx, q, &in.sendEntry)
}

// send sends a message. A trace header of the message itself comes before the trace header of
// the HTTP request.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
func (s *Service) send(ctx context.Context, q *queue, in *sendEntry) (sendResult, error) {
	if err := in.check(q); err != nil {
		return sendResult{}, err
	}
	now := time.Now()
	m := s.newMessage(now)
	m.body = in.MessageBody
	m.attributes = in.MessageAttributes
	if in.MessageGroupId != nil {
		m.group = *in.MessageGroupId
	}
	m.traceHeader, m.sender = requestOf(ctx).trace, requestOf(ctx).sender
	if trace, ok := in.MessageSystemAttributes["AWSTraceHeader"]; ok {
		m.traceHeader = string(trace.value())
	}
	if size := m.size(); size > q.settings.maxSize {
		return sendResult{}, errTooLong(q.settings.maxSize, in.Id != "")
	}
	delay := q.settings.delay
	if in.DelaySeconds != nil {
		delay = time.Duration(*in.DelaySeconds) * time.Second
	}
	q.advance(now)
	q.add(m, now.Add(delay), now)
	return sendResult{
		Id:                           in.Id,
		MessageId:                    m.id,
		MD5OfMessageBody:             md5Hex(m.body),
		MD5OfMessageAttributes:       attributesMD5(m.attributes),
		MD5OfMessageSystemAttributes: attributesMD5(in.MessageSystemAttributes),
	}, nil
}

// check refuses a message that SQS would refuse.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func (in *sendEntry) check(q *queue) error {
	switch {
	case in.MessageBody == "":
		return errMissing("MessageBody")
	case invalid(in.MessageBody) != "":
		return errContents(invalid(in.MessageBody))
	case in.DelaySeconds != nil && (*in.DelaySeconds < 0 || *in.DelaySeconds > 900):
		return errRange("DelaySeconds", *in.DelaySeconds, "DelaySeconds must be >= 0 and <= 900")
	case in.MessageDeduplicationId != "":
		return errRange("MessageDeduplicationId", in.MessageDeduplicationId, "The request include parameter that is not valid for this queue type")
	case in.MessageGroupId != nil && !messageGroup.MatchString(*in.MessageGroupId):
		return errRange("MessageGroupId", *in.MessageGroupId, "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length")
	case len(in.MessageAttributes) > 10:
		return errInvalidValue("Number of message attributes [%d] exceeds the allowed maximum [10].", len(in.MessageAttributes))
	}
	for name, a := range in.MessageAttributes {
		if err := a.check(name); err != nil {
			return err
		}
	}
	for name, a := range in.MessageSystemAttributes {
		switch {
		case name != "AWSTraceHeader":
			return errInvalidValue("Message system attribute name '%s' is invalid.", name)
		case a.DataType != "String" || a.StringValue == nil || *a.StringValue == "" || a.BinaryValue != nil:
			return errInvalidValue("Message system attribute '%s' must contain a non-empty value of type 'String'.", name)
		case !isTraceHeader(*a.StringValue):
			return errInvalidValue("The message system attribute 'AWSTraceHeader' is reserved for AWS X-Ray trace header. Value '%s' is invalid.", *a.StringValue)
		}
	}
	return nil
}

var (
	messageGroup  = regexp.MustCompile(`^[!-~]{1,128}$`)
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\..{1,249})?$`)
	decimal       = regexp.MustCompile(`^[+-]?([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$`)
)

func (a attribute) check(name string) error {
	lower := strings.ToLower(name)
	switch {
	case !attributeName.MatchString(name), strings.HasPrefix(lower, "aws."), strings.HasPrefix(lower, "amazon."),
		strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.Contains(name, ".."):
		return errInvalidValue("Message (user) attribute name '%s' is invalid.", name)
	case len(a.StringListValues) > 0 || len(a.BinaryListValues) > 0:
		return errUnsupported("Message attribute list values in SendMessage operation are not supported.")
	case !attributeType.MatchString(a.DataType):
		return errInvalidValue("The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", name)
	case strings.HasPrefix(a.DataType, "Binary") != (a.BinaryValue != nil), a.StringValue != nil && a.BinaryValue != nil:
		return errInvalidValue("The message (user) attribute '%s' with type '%s' must use field '%s'.", name, a.DataType, a.field())
	case len(a.value()) == 0:
		return errInvalidValue("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, a.DataType)
	case a.StringValue != nil && invalid(*a.StringValue) != "":
		return errInvalidValue("Invalid characters found in message attribute %s", name)
	case strings.HasPrefix(a.DataType, "Number") && !isNumber(*a.StringValue):
		return errInvalidValue("Can't cast the value of message (user) attribute '%s' to a number.", name)
	}
	return nil
}

// maxDigits is how many significant digits a number can have. Zeros at the beginning and the end do not count.
const maxDigits = 38

// isNumber reports whether text is a decimal number that SQS accepts: 0, or an absolute value from
// 10^-128 to 10^126 with up to 38 digits.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func isNumber(text string) bool {
	parts := decimal.FindStringSubmatch(text)
	if parts == nil || parts[1]+parts[2] == "" {
		return false
	}
	whole, fraction, power := parts[1], parts[2], parts[3]
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return true
	}
	exponent, err := strconv.Atoi(cmp.Or(power, "0"))
	exponent += len(digits) - len(fraction) - 1 // the first digit counts for 10^exponent
	digits = strings.TrimRight(digits, "0")
	return err == nil && len(digits) <= maxDigits && exponent >= -128 && (exponent < 126 || exponent == 126 && digits == "1")
}

func (a attribute) field() string {
	if strings.HasPrefix(a.DataType, "Binary") {
		return "Binary"
	}
	return "String"
}

var traceID = regexp.MustCompile(`^1-[0-9a-fA-F]+-[0-9a-fA-F]+$`)

// isTraceHeader reports whether text is a trace header of X-Ray: members such as Sampled=1, and among them a Root. AWS
// took Root=1-abc-def (github.com/floci-io/floci, pull request 909), so the lengths of its parts do not count. Other
// members may have any form: github.com/aws/aws-xray-sdk-java (TraceHeader) writes an empty one for unknown sampling.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func isTraceHeader(text string) bool {
	hasRoot := false
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if name == "Root" && !traceID.MatchString(value) {
			return false
		}
		hasRoot = hasRoot || name == "Root"
	}
	return hasRoot
}

// invalid returns the first character of a text that SQS does not take, as SQS writes it, or "".
// https://github.com/asim/nitro-plugins/issues/437
func invalid(text string) string {
	for _, r := range text {
		switch {
		case r == '\t', r == '\n', r == '\r':
		case r < 0x20, r > 0xFFFD && r < 0x10000:
			return fmt.Sprintf("#x%X", r)
		}
	}
	return ""
}

type sendBatchRequest struct {
	queueRequest
	Entries []sendEntry
}

func (s *Service) sendMessageBatch(ctx context.Context, q *queue, in *sendBatchRequest) (batchResult[sendResult], error) {
	total := 0
	for _, e := range in.Entries {
		total += (&message{body: e.MessageBody, attributes: e.MessageAttributes}).size()
	}
	if total > maxBatchBytes {
		return batchResult[sendResult]{}, errBatch("BatchRequestTooLong",
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, total)
	}
	return doBatch(q, "SendMessageBatchRequestEntry", in.Entries, func(e *sendEntry) string { return e.Id },
		func(q *queue, e *sendEntry) (sendResult, error) { return s.send(ctx, q, e) })
}
