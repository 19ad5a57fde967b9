package sqs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// facts holds what a server answers, by the name of each fact. Facts have names instead of URLs,
// and no handles, ids or times, so that the facts of two servers can be compared.
type facts map[string]string

// errorOf returns the code of an error, or "" when err is nil.
func errorOf(err error) string {
	var e smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return normalised(e.ErrorCode())
	default:
		return err.Error()
	}
}

// normalised maps an error code to one common name. Most errors have two codes: one of the Query
// protocol and one of the JSON protocol.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
func normalised(code string) string {
	code = code[strings.LastIndexAny(code, "#.")+1:]
	switch code {
	case "NonExistentQueue":
		return "QueueDoesNotExist"
	case "QueueAlreadyExists":
		return "QueueNameExists"
	case "InvalidParameterValueException":
		return "InvalidParameterValue"
	default:
		return code
	}
}

// canonical writes a redrive policy in one way, as SQS accepts the maxReceiveCount both as a number
// and as a string.
func canonical(policy string) string {
	var fields map[string]any
	if err := json.Unmarshal([]byte(policy), &fields); err != nil {
		return policy
	}
	return fmt.Sprint(fields["deadLetterTargetArn"], " ", fields["maxReceiveCount"])
}

// failed adds the failed entries of a batch.
func (f facts) failed(entries []types.BatchResultErrorEntry) facts {
	for _, e := range entries {
		f["entry "+*e.Id] = normalised(*e.Code)
		f["entry "+*e.Id+" SenderFault"] = fmt.Sprint(e.SenderFault)
	}
	return f
}

// nameOf returns the name of a message within its sequence. The body begins with it.
func nameOf(m types.Message) string {
	name, _, _ := strings.Cut(*m.Body, " ")
	return name
}

func namesOf(messages []types.Message) (all []string) {
	for _, m := range messages {
		all = append(all, nameOf(m))
	}
	slices.Sort(all)
	return all
}

// message adds every fact about a received message.
func (f facts) message(m types.Message) {
	name := nameOf(m)
	f[name+" body"] = *m.Body
	f[name+" MD5OfBody"] = *m.MD5OfBody
	f[name+" attributes"] = strings.Join(names(m.MessageAttributes), " ")
	if m.MD5OfMessageAttributes != nil {
		f[name+" MD5OfMessageAttributes"] = *m.MD5OfMessageAttributes
	}
	for attribute, value := range m.MessageAttributes {
		f[name+" attribute "+attribute] = fmt.Sprintf("%s %q %q", *value.DataType, deref(value.StringValue), value.BinaryValue)
	}
	f[name+" system attributes"] = strings.Join(names(m.Attributes), " ")
	for _, attribute := range []string{"ApproximateReceiveCount", "AWSTraceHeader"} {
		if value, ok := m.Attributes[attribute]; ok {
			f[name+" "+attribute] = value
		}
	}
	if source := m.Attributes["DeadLetterQueueSourceArn"]; m.Attributes["SenderId"] != "" { // the call asked for all attributes
		f[name+" is redriven"] = fmt.Sprint(strings.HasSuffix(source, "Orders"))
	}
}

func deref(text *string) string {
	if text == nil {
		return "(nil)"
	}
	return *text
}
