package sqs_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// kind says what a receipt is for now: a message with this receipt as its newest one, with a newer
// one, or no message any more.
func (r *reference) kind(of receipt) string {
	m := r.of(of)
	if m == nil {
		return "a receipt of a deleted message"
	}
	kind := "the receipt"
	if m.newest() != of {
		kind = "an old receipt"
	}
	if !m.inFlight {
		kind += ", visible again,"
	}
	return kind
}

type remove struct {
	of   receipt
	kind string
}

func (o remove) String() string { return fmt.Sprintf("DeleteMessage with %s: %v", o.kind, o.of) }

func (o remove) on(s *server) facts {
	return facts{"error": errorOf(s.queues[o.of.queue].tryDelete(s.handle(o.of)))}
}

func (o remove) expect(r *reference) facts {
	r.delete(o.of)
	return facts{"error": ""}
}

// removeBatch is a DeleteMessageBatch with some receipts of one queue and with an invalid one.
type removeBatch struct {
	queue int
	of    []receipt
	kinds []string
}

func (o removeBatch) String() string {
	return fmt.Sprintf("DeleteMessageBatch: with %q, %v", o.kinds, o.of)
}

func (o removeBatch) on(s *server) facts {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &s.queues[o.queue].url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("none"), ReceiptHandle: aws.String("none")},
	}}
	for i, of := range o.of {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: s.handle(of).ReceiptHandle})
	}
	out, err := s.client.DeleteMessageBatch(s.t.Context(), in)
	f := facts{"error": errorOf(err)}
	if err != nil {
		return f
	}
	for _, done := range out.Successful {
		f["entry "+*done.Id] = ""
	}
	return f.failed(out.Failed)
}

func (o removeBatch) expect(r *reference) facts {
	f := facts{"error": "", "entry none": "ReceiptHandleIsInvalid"}
	for i, of := range o.of {
		r.delete(of)
		f[fmt.Sprintf("entry %d", i)] = ""
	}
	return f
}

type changeVisibility struct {
	of      receipt
	kind    string
	seconds int32
	batch   bool
}

func (o changeVisibility) String() string {
	name := "ChangeMessageVisibility"
	if o.batch {
		name += "Batch"
	}
	return fmt.Sprintf("%s to %d with %s: %v", name, o.seconds, o.kind, o.of)
}

func (o changeVisibility) on(s *server) facts {
	q, handle := s.queues[o.of.queue], s.handle(o.of).ReceiptHandle
	if !o.batch {
		_, err := s.client.ChangeMessageVisibility(s.t.Context(), &sqs.ChangeMessageVisibilityInput{
			QueueUrl: &q.url, ReceiptHandle: handle, VisibilityTimeout: o.seconds,
		})
		return facts{"error": errorOf(err)}
	}
	out, err := s.client.ChangeMessageVisibilityBatch(s.t.Context(), &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: &q.url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{{Id: aws.String("a"), ReceiptHandle: handle, VisibilityTimeout: o.seconds}},
	})
	f := facts{"error": errorOf(err)}
	if err != nil {
		return f
	}
	for range out.Successful {
		f["entry a"] = ""
	}
	return f.failed(out.Failed)
}

func (o changeVisibility) expect(r *reference) facts {
	code := ""
	m := r.of(o.of)
	switch {
	case o.seconds < 0 || o.seconds > 43200, m == nil:
		code = "InvalidParameterValue"
	case m.inFlight:
		m.inFlight = o.seconds > 0
	}
	if o.batch {
		return facts{"error": "", "entry a": code}
	}
	return facts{"error": code}
}
