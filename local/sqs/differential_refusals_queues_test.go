package sqs_test

import (
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// on returns a refusal. Its call is made on one queue and may use the queue's URL and ARN.
func on(name, want string, which func(*server) *queue, call func(*server, *queue) error) refusal {
	return refusal{name, func(s *server) error { return call(s, which(s)) }, want}
}

func theOrders(s *server) *queue { return s.queues[orders] }

func theDeadLetters(s *server) *queue { return s.queues[deadLetters] }

func noQueue(s *server) *queue {
	there := s.queues[orders]
	return &queue{t: s.t, client: s.client, url: there.url + "None", arn: there.arn + "None"}
}

func receiveFrom(s *server, q *queue) error {
	_, err := q.tryReceive(s.t.Context())
	return err
}

func deleteWith(handle string) func(*server, *queue) error {
	return func(_ *server, q *queue) error { return q.tryDelete(types.Message{ReceiptHandle: &handle}) }
}

func changeWith(handle string) func(*server, *queue) error {
	return func(_ *server, q *queue) error {
		return q.tryChangeVisibility(types.Message{ReceiptHandle: &handle}, 0)
	}
}

func deleteBatchOf(entries ...types.DeleteMessageBatchRequestEntry) func(*server, *queue) error {
	return func(s *server, q *queue) error {
		_, err := s.client.DeleteMessageBatch(s.t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: append([]types.DeleteMessageBatchRequestEntry{}, entries...)})
		return err
	}
}

func removeEntry(id string) types.DeleteMessageBatchRequestEntry {
	return types.DeleteMessageBatchRequestEntry{Id: &id, ReceiptHandle: aws.String("none")}
}

func startMove(to *string, perSecond *int32) func(*server, *queue) error {
	return func(s *server, q *queue) error {
		_, err := s.client.StartMessageMoveTask(s.t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &q.arn, DestinationArn: to, MaxNumberOfMessagesPerSecond: perSecond})
		return err
	}
}

func cancelMove(handle func(*queue) string) func(*server, *queue) error {
	return func(s *server, q *queue) error {
		_, err := s.client.CancelMessageMoveTask(s.t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: aws.String(handle(q))})
		return err
	}
}

func listMoves(most int32) func(*server, *queue) error {
	return func(s *server, q *queue) error {
		_, err := s.client.ListMessageMoveTasks(s.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &q.arn, MaxResults: &most})
		return err
	}
}

func listQueues(most int32) func(*server, *queue) error {
	return func(s *server, _ *queue) error {
		_, err := s.client.ListQueues(s.t.Context(), &sqs.ListQueuesInput{MaxResults: &most})
		return err
	}
}

func getAttribute(name string) func(*server, *queue) error {
	return func(s *server, q *queue) error {
		_, err := s.client.GetQueueAttributes(s.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeName(name)}})
		return err
	}
}

const (
	missing  = "QueueDoesNotExist"
	notFound = "ResourceNotFoundException"
)

// refusedOnQueues are refused calls on queues, move tasks and receipt handles, which may not exist.
var refusedOnQueues = []refusal{
	on("SendMessage to no queue", missing, noQueue, func(_ *server, q *queue) error { _, err := q.trySend("never"); return err }),
	on("SendMessageBatch to no queue", missing, noQueue, func(_ *server, q *queue) error { _, err := q.sendBatch(entry("a", "never")); return err }),
	on("ReceiveMessage from no queue", missing, noQueue, receiveFrom),
	on("DeleteMessage from no queue", missing, noQueue, deleteWith("none")),
	on("PurgeQueue of no queue", missing, noQueue, func(s *server, q *queue) error {
		_, err := s.client.PurgeQueue(s.t.Context(), &sqs.PurgeQueueInput{QueueUrl: &q.url})
		return err
	}),
	on("DeleteQueue of no queue", missing, noQueue, func(s *server, q *queue) error {
		_, err := s.client.DeleteQueue(s.t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url})
		return err
	}),
	on("GetQueueUrl of no queue", missing, noQueue, func(s *server, _ *queue) error {
		_, err := s.client.GetQueueUrl(s.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(s.prefix + "None")})
		return err
	}),
	on("GetQueueAttributes of no queue", missing, noQueue, getAttribute("All")),
	on("SetQueueAttributes of no queue", missing, noQueue, func(_ *server, q *queue) error { return q.set(settings{"DelaySeconds": "0"}) }),
	on("ListDeadLetterSourceQueues of no queue", missing, noQueue, func(s *server, q *queue) error {
		_, err := s.client.ListDeadLetterSourceQueues(s.t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &q.url})
		return err
	}),
	on("GetQueueAttributes of an unknown attribute", "InvalidAttributeName", theOrders, getAttribute("Colour")),
	on("ListQueues, no more than 0", invalid, theOrders, listQueues(0)),
	on("ListQueues, no more than 1001", invalid, theOrders, listQueues(1001)),

	on("DeleteMessage with an invalid receipt handle", "ReceiptHandleIsInvalid", theOrders, deleteWith("none")),
	on("DeleteMessage with an empty receipt handle", "MissingParameter", theOrders, deleteWith("")),
	on("ChangeMessageVisibility with an invalid receipt handle", "ReceiptHandleIsInvalid", theOrders, changeWith("none")),
	on("ChangeMessageVisibility with an empty receipt handle", "MissingParameter", theOrders, changeWith("")),
	on("DeleteMessageBatch of no entry", "EmptyBatchRequest", theOrders, deleteBatchOf()),
	on("DeleteMessageBatch with an id twice", "BatchEntryIdsNotDistinct", theOrders, deleteBatchOf(removeEntry("a"), removeEntry("a"))),
	on("DeleteMessageBatch with an invalid id", "InvalidBatchEntryId", theOrders, deleteBatchOf(removeEntry("a b"))),

	on("StartMessageMoveTask from no queue", notFound, noQueue, startMove(nil, nil)),
	on("StartMessageMoveTask from a queue that is no dead-letter queue", invalid, theOrders, func(s *server, q *queue) error { return startMove(&s.queues[deadLetters].arn, nil)(s, q) }),
	on("StartMessageMoveTask at 501 a second", invalid, theDeadLetters, func(s *server, q *queue) error { return startMove(&s.queues[orders].arn, aws.Int32(501))(s, q) }),
	on("ListMessageMoveTasks of no queue", notFound, noQueue, listMoves(1)),
	on("ListMessageMoveTasks, no more than 11", invalid, theDeadLetters, listMoves(11)),
	on("CancelMessageMoveTask with an invalid handle", invalid, theOrders, cancelMove(func(*queue) string { return "none" })),
	on("CancelMessageMoveTask of an unknown task", notFound, theOrders, cancelMove(func(q *queue) string {
		return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"taskId":"x","sourceArn":%q}`, q.arn))
	})),
}
