package sqs_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"pgregory.net/rapid"
)

// operation is one call, or several calls that belong together. A test draws it once and makes it
// on every server.
type operation interface {
	fmt.Stringer
	// on makes the call and returns the facts that it finds.
	on(s *server) facts
	// expect makes the call on the reference and returns the facts that it expects.
	expect(r *reference) facts
}

// long is a visibility timeout or a delay, in seconds, that does not end within a sequence.
const long = 600

// sent is a message, or an entry of a batch.
type sent struct {
	id       string // only in a batch
	name     string // the start of the body
	body     string
	delay    int32
	carries  string // a key of attributeSets
	expected string // the expected error, or ""
}

// attributeSets are the message attributes that messages carry.
var attributeSets = map[string]map[string]types.MessageAttributeValue{
	"nothing":     nil,
	"one string":  {"colour": stringAttribute("réd\n\"")},
	"one number":  {"price": {DataType: aws.String("Number.EUR"), StringValue: aws.String("-1.50")}},
	"one binary":  {"image": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 254, 255}}},
	"many":        manyAttributes,
	"odd names":   {"A.b_c-9": stringAttribute(" "), "Z": stringAttribute("0"), "aWs": stringAttribute("x")},
	"a trace too": {"colour": stringAttribute("red")},
}

var flavours = []string{"", " plain", " \t\r\n", " <&\"'>", " ünïcode ☃ 😀", " \u007f\uE000\uFFFD", " {\"id\":1}", " " + strings.Repeat("x", 1100)}

// drawSent draws a message that SQS accepts.
func drawSent(t *rapid.T, r *reference, queue int) sent {
	r.sent++
	name := fmt.Sprintf("m%d", r.sent)
	s := sent{
		id: name, name: name, body: name + rapid.SampledFrom(flavours).Draw(t, "flavour"),
		carries: rapid.SampledFrom(names(attributeSets)).Draw(t, "attributes"),
		delay:   rapid.SampledFrom([]int32{0, 0, 0, 900}).Draw(t, "delay"),
	}
	if len(s.body) > 1000 && r.queues[queue].set("MaximumMessageSize", 1<<20) == 1024 {
		s.expected = "InvalidParameterValue"
	}
	return s
}

func (s sent) String() string {
	return fmt.Sprintf("%.20q with %s, delay %d", s.body, s.carries, s.delay)
}

func (s sent) system() map[string]types.MessageSystemAttributeValue {
	if s.carries != "a trace too" {
		return nil
	}
	return map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)}}
}

func (s sent) expect(r *reference, queue int) {
	if s.expected != "" {
		return
	}
	q := &r.queues[queue]
	late := s.delay > 0 || q.set("DelaySeconds", 0) > 0
	q.messages = append(q.messages, &referenceMessage{name: s.name, body: s.body, attributes: names(attributeSets[s.carries]), late: late})
}

type send struct {
	queue int
	sent
}

func (o send) String() string {
	return fmt.Sprintf("SendMessage: to %s, %v", queueNames[o.queue], o.sent)
}

func (o send) on(s *server) facts {
	out, err := s.queues[o.queue].trySend(o.body, delayed(o.delay), func(in *sqs.SendMessageInput) {
		in.MessageAttributes, in.MessageSystemAttributes = attributeSets[o.carries], o.system()
	})
	f := facts{"error": errorOf(err)}
	if err == nil {
		f["MD5OfMessageBody"] = aws.ToString(out.MD5OfMessageBody)
		f["MD5OfMessageAttributes"] = aws.ToString(out.MD5OfMessageAttributes)
		f["MD5OfMessageSystemAttributes"] = aws.ToString(out.MD5OfMessageSystemAttributes)
	}
	return f
}

func (o send) expect(r *reference) facts {
	o.sent.expect(r, o.queue)
	f := facts{"error": o.expected}
	if o.expected == "" {
		f["MD5OfMessageBody"] = md5Hex(o.body)
	}
	return f
}

// badEntries are entries of a batch that fail. The other entries of their batch succeed.
var badEntries = []sent{
	{id: "too-late", body: "never", delay: 901, expected: "InvalidParameterValue"},
	{id: "empty", expected: "MissingParameter"},
	{id: "strange", body: "\x00", expected: "InvalidMessageContents"},
}

type sendBatch struct {
	queue   int
	entries []sent
}

func (o sendBatch) String() string {
	return fmt.Sprintf("SendMessageBatch: to %s, %v", queueNames[o.queue], o.entries)
}

func (o sendBatch) on(s *server) facts {
	in := &sqs.SendMessageBatchInput{QueueUrl: &s.queues[o.queue].url}
	for _, e := range o.entries {
		in.Entries = append(in.Entries, sendEntry{
			Id: &e.id, MessageBody: &e.body, DelaySeconds: e.delay,
			MessageAttributes: attributeSets[e.carries], MessageSystemAttributes: e.system(),
		})
	}
	out, err := s.client.SendMessageBatch(s.t.Context(), in)
	f := facts{"error": errorOf(err)}
	if err != nil {
		return f
	}
	for _, done := range out.Successful {
		f["entry "+*done.Id] = ""
		f["entry "+*done.Id+" MD5OfMessageBody"] = aws.ToString(done.MD5OfMessageBody)
		f["entry "+*done.Id+" MD5OfMessageAttributes"] = aws.ToString(done.MD5OfMessageAttributes)
		f["entry "+*done.Id+" MD5OfMessageSystemAttributes"] = aws.ToString(done.MD5OfMessageSystemAttributes)
	}
	return f.failed(out.Failed)
}

func (o sendBatch) expect(r *reference) facts {
	f := facts{"error": ""}
	for _, e := range o.entries {
		f["entry "+e.id] = e.expected
		e.expect(r, o.queue)
	}
	return f
}

// receive receives all visible messages, so that their order does not matter.
type receive struct {
	queue      int
	portion    int32 // the most messages that one call receives; calls repeat until none is left
	visibility int32 // seconds; 0 means the queue's visibility timeout
	attributes []string
	system     []types.MessageSystemAttributeName
}

func (o receive) String() string {
	return fmt.Sprintf("ReceiveMessage: from %s, %d a call, visibility %d, attributes %q, %q", queueNames[o.queue], o.portion, o.visibility, o.attributes, o.system)
}

func (o receive) on(s *server) facts {
	f := facts{}
	var got []types.Message
	for range mostMessages + 1 {
		out, err := s.queues[o.queue].tryReceive(s.t.Context(), func(in *sqs.ReceiveMessageInput) {
			in.MaxNumberOfMessages, in.VisibilityTimeout = o.portion, o.visibility
			in.MessageAttributeNames, in.MessageSystemAttributeNames = o.attributes, o.system
		})
		f["error"] = errorOf(err)
		if err != nil || len(out.Messages) == 0 {
			break
		}
		got = append(got, out.Messages...)
		f["portions"] += fmt.Sprintf("%d ", len(out.Messages))
		if o.portion == mostMessages {
			break
		}
	}
	f["messages"] = strings.Join(namesOf(got), " ")
	for _, m := range got {
		s.received(m)
		f.message(m)
	}
	return f
}

func (o receive) expect(r *reference) facts {
	f := facts{"error": ""}
	hides := o.visibility > 0 || r.queues[o.queue].set("VisibilityTimeout", long) > 0
	var got []string
	for _, m := range r.receive(o.queue, hides) {
		got = append(got, m.name)
		f[m.name+" body"] = m.body
		f[m.name+" attributes"] = strings.Join(slices.DeleteFunc(slices.Clone(m.attributes), func(name string) bool { return !asksFor(o.attributes, name) }), " ")
		if slices.Contains(o.system, "All") {
			f[m.name+" ApproximateReceiveCount"] = strconv.Itoa(m.receives)
			f[m.name+" is redriven"] = strconv.FormatBool(m.redriven)
		}
	}
	slices.Sort(got)
	f["messages"] = strings.Join(got, " ")
	return f
}

// asksFor reports whether a call asks for a message attribute.
func asksFor(asked []string, name string) bool {
	return slices.ContainsFunc(asked, func(a string) bool {
		prefix, ok := strings.CutSuffix(a, ".*")
		return a == "All" || a == name || ok && strings.HasPrefix(name, prefix)
	})
}
