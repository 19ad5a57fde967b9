package sqs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// outcome is the result of each entry of a batch call: "" for success, or the error code.
type outcome map[string]string

func (o outcome) add(failed []types.BatchResultErrorEntry) outcome {
	for _, f := range failed {
		o[*f.Id] = *f.Code
		if !f.SenderFault || aws.ToString(f.Message) == "" {
			o[*f.Id] += ", which is not said to be the sender's, or not why"
		}
	}
	return o
}

type sendEntry = types.SendMessageBatchRequestEntry

func (q *queue) sendBatch(entries ...sendEntry) (outcome, error) {
	out, err := q.client.SendMessageBatch(q.t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
	if err != nil {
		return nil, err
	}
	o := outcome{}
	for _, s := range out.Successful {
		o[*s.Id] = ""
	}
	return o.add(out.Failed), nil
}

func entry(id, body string) sendEntry { return sendEntry{Id: &id, MessageBody: &body} }

func TestSendMessageBatchSendsTheEntriesThatItCan(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		late := entry("late", "in a minute")
		late.DelaySeconds = 60
		marked := entry("marked", "with an attribute")
		marked.MessageAttributes = map[string]types.MessageAttributeValue{"colour": stringAttribute("red")}
		tooLate := entry("too-late", "never")
		tooLate.DelaySeconds = 901
		got, err := q.sendBatch(entry("plain", "at once"), late, tooLate, entry("strange", "\x00"), marked, entry("empty", ""))
		if err != nil {
			t.Fatal(err)
		}
		want := outcome{"plain": "", "late": "", "marked": "", "too-late": "InvalidParameterValue", "strange": "InvalidMessageContents", "empty": "MissingParameter"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outcome (-want +got):\n%s", diff)
		}
		q.wantCounts("2", "0", "1")
		if diff := cmp.Diff([]string{"at once", "with an attribute"}, bodies(q.receive())); diff != "" {
			t.Errorf("bodies (-want +got):\n%s", diff)
		}
	})
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
func TestABatchIsRefusedAsAWhole(t *testing.T) {
	many := func(n, size int) (entries []sendEntry) {
		for i := range n {
			entries = append(entries, entry(fmt.Sprint(i), strings.Repeat("x", size)))
		}
		return entries
	}
	for name, test := range map[string]struct {
		entries []sendEntry
		refused func(error) bool // nil if the batch is accepted
	}{
		"with no entry":                       {[]sendEntry{}, is[*types.EmptyBatchRequest]},
		"but not with ten":                    {many(10, 1), nil},
		"with eleven":                         {many(11, 1), is[*types.TooManyEntriesInBatchRequest]},
		"with an id twice":                    {[]sendEntry{entry("a", "1"), entry("b", "2"), entry("a", "3")}, is[*types.BatchEntryIdsNotDistinct]},
		"with an id that is not one":          {[]sendEntry{entry("a", "1"), entry("b b", "2")}, is[*types.InvalidBatchEntryId]},
		"with an id of 81 characters":         {[]sendEntry{entry(strings.Repeat("a", 81), "1")}, is[*types.InvalidBatchEntryId]},
		"but not with a mebibyte in all":      {many(8, mebibyte/8), nil},
		"with a mebibyte and a byte in all":   {append(many(8, mebibyte/8), entry("9", "x")), is[*types.BatchRequestTooLong]},
		"with only messages that are too big": {many(2, mebibyte+1), is[*types.BatchRequestTooLong]},
	} {
		t.Run(name, func(t *testing.T) {
			withQueue(t, nil, func(t *testing.T, q *queue) {
				_, err := q.sendBatch(test.entries...)
				if test.refused == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if err == nil || !test.refused(err) {
					t.Errorf("got %v, want another error", err)
				}
				q.wantCounts("0", "0", "0")
			})
		})
	}
}

func TestTheErrorOfAnEmptyBatchNamesTheTypeOfEntry(t *testing.T) {
	server := newServer()
	call(t, server, target("CreateQueue"), `{"QueueName":"Orders"}`)
	for _, operation := range []string{"SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"} {
		for _, body := range []string{`{"QueueUrl":"Orders","Entries":[]}`, `{"QueueUrl":"Orders"}`} {
			_, answer := post(t, server, target(operation), body)
			want := map[string]any{
				"__type": "com.amazonaws.sqs#EmptyBatchRequest", "message": "There should be at least one " + operation + "RequestEntry in the request.",
			}
			if diff := cmp.Diff(want, answer); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", operation, body, diff)
			}
		}
	}
}

func TestATooLongEntryOfABatchGetsItsOwnErrorText(t *testing.T) {
	withQueue(t, settings{"MaximumMessageSize": "1024"}, func(t *testing.T, q *queue) {
		out, err := q.client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
			QueueUrl: &q.url, Entries: []sendEntry{entry("a", strings.Repeat("x", 1025)), entry("b", "short")},
		})
		if err != nil || len(out.Failed) != 1 || len(out.Successful) != 1 {
			t.Fatalf("got %+v (error %v), want one of each", out, err)
		}
		want := "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."
		if got := *out.Failed[0].Message; got != want {
			t.Errorf("message %q, want %q", got, want)
		}
	})
}

// is reports whether err has the type E of the SDK.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestDeleteMessageBatchDeletesTheEntriesThatItCan(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		for range 3 {
			q.send("hello")
		}
		m := q.receive()
		out, err := q.client.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("first"), ReceiptHandle: m[0].ReceiptHandle},
			{Id: aws.String("none"), ReceiptHandle: aws.String("none")},
			{Id: aws.String("third"), ReceiptHandle: m[2].ReceiptHandle},
		}})
		if err != nil {
			t.Fatal(err)
		}
		got := outcome{}
		for _, s := range out.Successful {
			got[*s.Id] = ""
		}
		if diff := cmp.Diff(outcome{"first": "", "none": "ReceiptHandleIsInvalid", "third": ""}, got.add(out.Failed)); diff != "" {
			t.Errorf("outcome (-want +got):\n%s", diff)
		}
		q.wantCounts("0", "1", "0")
	})
}

func TestChangeMessageVisibilityBatchChangesTheEntriesThatItCan(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		for range 4 {
			q.send("hello")
		}
		m := q.receive()
		change := func(id string, m types.Message, seconds int32) types.ChangeMessageVisibilityBatchRequestEntry {
			return types.ChangeMessageVisibilityBatchRequestEntry{Id: &id, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds}
		}
		q.delete(m[3])
		out, err := q.client.ChangeMessageVisibilityBatch(t.Context(), &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			change("now", m[0], 0), change("soon", m[1], 5), change("too-late", m[2], 43201), change("gone", m[3], 5),
		}})
		if err != nil {
			t.Fatal(err)
		}
		got := outcome{}
		for _, s := range out.Successful {
			got[*s.Id] = ""
		}
		want := outcome{"now": "", "soon": "", "too-late": "InvalidParameterValue", "gone": "InvalidParameterValue"}
		if diff := cmp.Diff(want, got.add(out.Failed)); diff != "" {
			t.Errorf("outcome (-want +got):\n%s", diff)
		}
		q.wantCounts("1", "2", "0")
		wait(5 * time.Second)
		q.wantCounts("2", "1", "0")
	})
}
