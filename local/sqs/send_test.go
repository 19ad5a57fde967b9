package sqs_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const mebibyte = 1 << 20

// A message has at most 1,048,576 bytes. The names, types and values of message attributes count.
// System attributes do not count.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
func TestAMessageHoldsOneMebibyte(t *testing.T) {
	attribute := attribute("name", stringAttribute("value"))
	const attributeSize = len("name") + len("String") + len("value")
	for name, test := range map[string]struct {
		settings settings
		body     int
		change   func(*sqs.SendMessageInput)
		ok       bool
	}{
		"1 MiB":                              {nil, mebibyte, withTrace, true},
		"1 MiB and a byte":                   {nil, mebibyte + 1, withTrace, false},
		"1 MiB with attributes":              {nil, mebibyte - attributeSize, attribute, true},
		"1 MiB with attributes, and a byte":  {nil, mebibyte - attributeSize + 1, attribute, false},
		"the queue's own maximum":            {settings{"MaximumMessageSize": "1024"}, 1024, withTrace, true},
		"the queue's own maximum and a byte": {settings{"MaximumMessageSize": "1024"}, 1025, withTrace, false},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, test.settings, func(t *testing.T, q *queue) {
				body := strings.Repeat("x", test.body)
				_, err := q.trySend(body, test.change)
				switch {
				case !test.ok:
					wantError(t, err, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than")
					q.wantCounts("0", "0", "0")
				case err != nil:
					t.Error(err)
				case *q.receiveOne().Body != body:
					t.Error("the body that arrives is another")
				}
			})
		})
	}
}

func TestAMessageBodyHasOnlyCharactersThatXMLAllows(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		code string
	}{
		"tab, newline, return": {"\t\n\r", ""},
		"all planes":           {"é \u2028 \uFFFD \U0001F338", ""},
		"characters of HTML":   {"<&>\"'\\", ""},
		"a NUL":                {"a\x00b", "InvalidMessageContents"},
		"an escape":            {"\x1b[0m", "InvalidMessageContents"},
		"U+FFFE":               {"\uFFFE", "InvalidMessageContents"},
		"U+FFFF":               {"\uFFFF", "InvalidMessageContents"},
		"nothing":              {"", "MissingParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				_, err := q.trySend(test.body)
				if codeOf(err) != test.code {
					t.Fatalf("error %v, want code %q", err, test.code)
				}
				if name == "an escape" && !strings.Contains(err.Error(), "Invalid binary character '#x1B' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] |") {
					t.Errorf("the error does not name the character: %v", err)
				}
				if test.code == "" && *q.receiveOne().Body != test.body {
					t.Error("the body that arrives is another")
				}
			})
		})
	}
}

func attribute(name string, value types.MessageAttributeValue) func(*sqs.SendMessageInput) {
	return withAttributes(map[string]types.MessageAttributeValue{name: value})
}

func number(value string) func(*sqs.SendMessageInput) {
	return attribute("x", types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: &value})
}

func tracedBy(dataType string, value *string) func(*sqs.SendMessageInput) {
	return func(in *sqs.SendMessageInput) {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: &dataType, StringValue: value}}
	}
}

// eleven adds eleven message attributes. That is one too many.
func eleven(in *sqs.SendMessageInput) {
	in.MessageAttributes = map[string]types.MessageAttributeValue{}
	for i := range 11 {
		in.MessageAttributes[strconv.Itoa(i)] = stringAttribute("x")
	}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
var refusals = map[string]struct {
	change     func(*sqs.SendMessageInput)
	code, text string
}{
	"a delay over 15 minutes":      {delayed(901), "InvalidParameterValue", "DelaySeconds"},
	"a negative delay":             {delayed(-1), "InvalidParameterValue", "DelaySeconds"},
	"eleven attributes":            {eleven, "InvalidParameterValue", "[11] exceeds the allowed maximum [10]"},
	"an attribute without value":   {attribute("x", types.MessageAttributeValue{DataType: aws.String("String")}), "InvalidParameterValue", "non-empty value"},
	"an empty value":               {attribute("x", stringAttribute("")), "InvalidParameterValue", "non-empty value"},
	"another type":                 {attribute("x", types.MessageAttributeValue{DataType: aws.String("Bool"), StringValue: aws.String("x")}), "InvalidParameterValue", "supported type prefixes"},
	"text that is called binary":   {attribute("x", types.MessageAttributeValue{DataType: aws.String("Binary"), StringValue: aws.String("x")}), "InvalidParameterValue", "must use field 'Binary'"},
	"binary that is called text":   {attribute("x", types.MessageAttributeValue{DataType: aws.String("String"), BinaryValue: []byte("x")}), "InvalidParameterValue", "must use field 'String'"},
	"a binary with a text":         {attribute("x", types.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: []byte("x"), StringValue: aws.String("y")}), "InvalidParameterValue", "must use field 'Binary'"},
	"a text with a binary":         {attribute("x", types.MessageAttributeValue{DataType: aws.String("String"), BinaryValue: []byte("x"), StringValue: aws.String("y")}), "InvalidParameterValue", "must use field 'String'"},
	"control characters in values": {attribute("x", stringAttribute("\x01")), "InvalidParameterValue", "attribute x"},
	"a number of another base":     {number("0x1p4"), "InvalidParameterValue", "Can't cast"},
	"a number that is too big":     {number("1e400"), "InvalidParameterValue", "Can't cast"},
	"a number over 10^126":         {number("-1.1e126"), "InvalidParameterValue", "Can't cast"},
	"a number just over 10^126":    {number("1.0000000000000000000000000000000000001e126"), "InvalidParameterValue", "Can't cast"},
	"a number under 10^-128":       {number("1e-129"), "InvalidParameterValue", "Can't cast"},
	"a number just under 10^-128":  {number("9.9999999999999999999e-129"), "InvalidParameterValue", "Can't cast"},
	"a number that is almost 0":    {number("1e-400"), "InvalidParameterValue", "Can't cast"},
	"an exponent of 20 digits":     {number("1e-99999999999999999999"), "InvalidParameterValue", "Can't cast"},
	"a number of 39 digits":        {number("-0.123456789012345678901234567890123456789"), "InvalidParameterValue", "Can't cast"},
	"a sign alone":                 {number("-"), "InvalidParameterValue", "Can't cast"},
	"a point alone":                {number("."), "InvalidParameterValue", "Can't cast"},
	"an exponent alone":            {number("e5"), "InvalidParameterValue", "Can't cast"},
	"an invalid number":            {attribute("x", types.MessageAttributeValue{DataType: aws.String("Number.EUR"), StringValue: aws.String("1,5")}), "InvalidParameterValue", "Can't cast the value of message (user) attribute 'x' to a number."},
	"list values":                  {attribute("x", types.MessageAttributeValue{DataType: aws.String("StringList"), StringListValues: []string{"x"}}), "AWS.SimpleQueueService.UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported."},
	"a name with a space":          {attribute("a b", stringAttribute("x")), "InvalidParameterValue", "'a b' is invalid"},
	"a name that begins with AWS.": {attribute("AWS.x", stringAttribute("x")), "InvalidParameterValue", "'AWS.x' is invalid"},
	"a name that ends with a dot":  {attribute("x.", stringAttribute("x")), "InvalidParameterValue", "'x.' is invalid"},
	"a name with two dots":         {attribute("a..b", stringAttribute("x")), "InvalidParameterValue", "'a..b' is invalid"},
	"a name of 257 characters":     {attribute(strings.Repeat("a", 257), stringAttribute("x")), "InvalidParameterValue", "is invalid"},
	"a trace of another type":      {tracedBy("Number", aws.String("1")), "InvalidParameterValue", "Message system attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'."},
	"an empty trace":               {tracedBy("String", aws.String("")), "InvalidParameterValue", "AWSTraceHeader"},
	"a trace without value":        {tracedBy("String", nil), "InvalidParameterValue", "AWSTraceHeader"},
	"a trace that is text":         {tracedBy("String", aws.String("garbage")), "InvalidParameterValue", "Value 'garbage' is invalid."},
	"a trace without a root":       {tracedBy("String", aws.String("Parent=53995c3f42cd8ad8;Sampled=1")), "InvalidParameterValue", "Value 'Parent=53995c3f42cd8ad8;Sampled=1' is invalid."},
	"a trace with another root":    {tracedBy("String", aws.String("Root=dummy;Sampled=0")), "InvalidParameterValue", "Value 'Root=dummy;Sampled=0' is invalid."},
	"a trace that is encoded":      {tracedBy("String", aws.String("Root%3D1-62e56f5b-2105bde31e64e9a03fa9407c")), "InvalidParameterValue", "is invalid."},
	"a trace with two values": {func(in *sqs.SendMessageInput) {
		withTrace(in)
		a := in.MessageSystemAttributes["AWSTraceHeader"]
		a.BinaryValue = []byte("x")
		in.MessageSystemAttributes["AWSTraceHeader"] = a
	}, "InvalidParameterValue", "AWSTraceHeader"},
	"other system attributes": {func(in *sqs.SendMessageInput) {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{"SenderId": {DataType: aws.String("String"), StringValue: aws.String("x")}}
	}, "InvalidParameterValue", "'SenderId' is invalid"},
	"an empty group":            {inGroup(""), "InvalidParameterValue", "Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."},
	"a group with a space":      {inGroup("a b"), "InvalidParameterValue", "Value a b for parameter MessageGroupId"},
	"a group of 129 characters": {inGroup(strings.Repeat("a", 129)), "InvalidParameterValue", "MessageGroupId"},
	"a group that is not ASCII": {inGroup("é"), "InvalidParameterValue", "MessageGroupId"},
	"a MessageDeduplicationId":  {func(in *sqs.SendMessageInput) { in.MessageDeduplicationId = aws.String("x") }, "InvalidParameterValue", "Value x for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."},
}

func TestNumbersAreAcceptedUpToTheirLimits(t *testing.T) {
	q := newQueue(t, newClient(), "Orders", nil)
	for _, n := range []string{
		"0", "-0.00", "0e999", "-1", "+1.50", ".5", "5.", "1e126", "9.9e125", "-1E-128", "1" + strings.Repeat("0", 126), "0." + strings.Repeat("0", 127) + "1",
		"00012345678901234567890123456789012345678", "12345678901234567890123456789012345678000", "0.001234567890123456789012345678901234567800",
	} {
		if _, err := q.trySend("hello", number(n)); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
}

func TestSendMessageRefuses(t *testing.T) {
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				_, err := q.trySend("hello", test.change)
				wantError(t, err, test.code, test.text)
				q.wantCounts("0", "0", "0")
			})
		})
	}
}
