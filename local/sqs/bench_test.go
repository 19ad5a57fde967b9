package sqs_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// BenchmarkTenMessages sends, receives and deletes ten messages while other messages are in the queue.
func BenchmarkTenMessages(b *testing.B) {
	for _, backlog := range []int{0, 10_000} {
		b.Run("backlog="+strconv.Itoa(backlog), func(b *testing.B) {
			q := newQueue(b, newClient(), "Orders", nil)
			send := &sqs.SendMessageBatchInput{QueueUrl: &q.url}
			for i := range 10 {
				send.Entries = append(send.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String("x")})
			}
			for range backlog / 10 {
				if _, err := q.client.SendMessageBatch(b.Context(), send); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := q.client.SendMessageBatch(b.Context(), send); err != nil {
					b.Fatal(err)
				}
				remove := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
				for i, m := range q.receive() {
					remove.Entries = append(remove.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
				}
				if out, err := q.client.DeleteMessageBatch(b.Context(), remove); err != nil || len(out.Successful) != 10 {
					b.Fatal(err, out)
				}
			}
		})
	}
}
