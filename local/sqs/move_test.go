package sqs_test

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// withFailed runs a test on a queue and its dead-letter queue. The dead-letter queue holds n
// messages of the queue, with the bodies 1, 2, 3, ….
func withFailed(t *testing.T, n int, test func(t *testing.T, q, deadLetters *queue)) {
	t.Helper()
	withDeadLetters(t, "1", func(t *testing.T, q, deadLetters *queue) {
		for i := range n {
			q.send(strconv.Itoa(i+1), withAttributes(map[string]types.MessageAttributeValue{"n": stringAttribute("x")}), withTrace)
		}
		for range (n + 9) / 10 {
			q.receive()
		}
		wait(30 * time.Second)
		q.wantNone()
		deadLetters.wantCounts(strconv.Itoa(n), "0", "0")
		test(t, q, deadLetters)
	})
}

// tryMove starts a move task and waits until the task ends or sleeps.
func (q *queue) tryMove(change ...func(*sqs.StartMessageMoveTaskInput)) (handle string, err error) {
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &q.arn}
	for _, c := range change {
		c(in)
	}
	out, err := q.client.StartMessageMoveTask(q.t.Context(), in)
	synctest.Wait()
	if err != nil {
		return "", err
	}
	return *out.TaskHandle, nil
}

func (q *queue) move(change ...func(*sqs.StartMessageMoveTaskInput)) (handle string) {
	q.t.Helper()
	handle, err := q.tryMove(change...)
	if err != nil {
		q.t.Fatal(err)
	}
	return handle
}

func to(destination *queue) func(*sqs.StartMessageMoveTaskInput) {
	return func(in *sqs.StartMessageMoveTaskInput) { in.DestinationArn = &destination.arn }
}

func perSecond(n int32) func(*sqs.StartMessageMoveTaskInput) {
	return func(in *sqs.StartMessageMoveTaskInput) { in.MaxNumberOfMessagesPerSecond = &n }
}

// tasks lists the move tasks of a queue, newest first.
func (q *queue) tasks(most int32) []types.ListMessageMoveTasksResultEntry {
	q.t.Helper()
	out, err := q.client.ListMessageMoveTasks(q.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &q.arn, MaxResults: &most})
	if err != nil {
		q.t.Fatal(err)
	}
	return out.Results
}

type task = types.ListMessageMoveTasksResultEntry

func (q *queue) wantTask(want task) {
	q.t.Helper()
	want.SourceArn = &q.arn
	got := q.tasks(1)
	if len(got) != 1 {
		q.t.Fatalf("%d tasks, want 1", len(got))
	}
	if diff := cmp.Diff(want, got[0], cmpopts.IgnoreUnexported(task{}), cmpopts.IgnoreFields(task{}, "StartedTimestamp")); diff != "" {
		q.t.Errorf("task (-want +got):\n%s", diff)
	}
}

// Here a consumer fails each message again that comes back to it, before the task ends.
func TestAMoveTaskDoesNotMoveAMessageTwice(t *testing.T) {
	withFailed(t, 2, func(t *testing.T, q, deadLetters *queue) {
		deadLetters.move(to(q), perSecond(1))
		for range 5 {
			for _, m := range q.receive() {
				deadLetters.send(*m.Body)
				q.delete(m)
			}
			wait(time.Second)
		}
		deadLetters.wantTask(task{
			Status: aws.String("COMPLETED"), DestinationArn: &q.arn, MaxNumberOfMessagesPerSecond: aws.Int32(1),
			ApproximateNumberOfMessagesMoved: 2, ApproximateNumberOfMessagesToMove: aws.Int64(2),
		})
		deadLetters.wantCounts("2", "0", "0")
	})
}

// A moved message gets a new id, and its age counts from the move.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func TestAMoveTaskSendsTheMessagesBackAsNewOnes(t *testing.T) {
	withFailed(t, 10, func(t *testing.T, q, deadLetters *queue) {
		old := deadLetters.receive()
		for _, m := range old {
			deadLetters.changeVisibility(m, 0)
		}
		wait(time.Hour)
		deadLetters.move()
		deadLetters.wantTask(task{
			Status: aws.String("COMPLETED"), ApproximateNumberOfMessagesMoved: 10, ApproximateNumberOfMessagesToMove: aws.Int64(10),
		})
		deadLetters.wantCounts("0", "0", "0")
		q.wantCounts("10", "0", "0")

		m := q.receiveOne(func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 1 })
		if slices.ContainsFunc(old, func(o types.Message) bool { return *o.MessageId == *m.MessageId }) {
			t.Error("the message has its old id")
		}
		now := milliseconds(time.Now())
		want := map[string]string{
			"SenderId": "000000000000", "ApproximateReceiveCount": "1", "AWSTraceHeader": trace,
			"SentTimestamp": now, "ApproximateFirstReceiveTimestamp": now,
		}
		if diff := cmp.Diff(want, m.Attributes); diff != "" {
			t.Errorf("system attributes (-want +got):\n%s", diff)
		}
		if len(m.MessageAttributes) != 1 {
			t.Errorf("message attributes %v, want the one that was sent", m.MessageAttributes)
		}
	})
}

func TestAMoveTaskLosesNoMessage(t *testing.T) {
	withFailed(t, 250, func(t *testing.T, q, deadLetters *queue) {
		deadLetters.move()
		seen := map[string]bool{}
		for range 25 {
			for _, m := range q.receive() {
				seen[*m.Body] = true
				q.delete(m)
			}
		}
		if len(seen) != 250 {
			t.Errorf("%d messages are moved, want 250", len(seen))
		}
		q.wantCounts("0", "0", "0")
	})
}

func TestTheReceiveCountOfAMovedMessageBeginsAgain(t *testing.T) {
	withFailed(t, 1, func(t *testing.T, q, deadLetters *queue) {
		q.redrivesTo(deadLetters, "3")
		deadLetters.move()
		q.receiveTimes(3)
		q.wantNone()
		deadLetters.wantCounts("1", "0", "0")
	})
}

func TestAMoveTaskWithADestinationSendsEverythingThere(t *testing.T) {
	withFailed(t, 2, func(t *testing.T, q, deadLetters *queue) {
		deadLetters.send("sent here, and so from nowhere")
		other := newQueue(t, q.client, "Other", nil)
		deadLetters.move(to(other))
		q.wantCounts("0", "0", "0")
		other.wantCounts("3", "0", "0")
		deadLetters.wantTask(task{
			Status: aws.String("COMPLETED"), DestinationArn: &other.arn,
			ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: aws.Int64(3),
		})
	})
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasksResultEntry.html
func TestAMoveTaskFailsAtAMessageThatWasSentToTheDeadLetterQueue(t *testing.T) {
	withFailed(t, 2, func(t *testing.T, q, deadLetters *queue) {
		deadLetters.send("from nowhere")
		deadLetters.move()
		deadLetters.wantTask(task{
			Status: aws.String("FAILED"), FailureReason: aws.String("CouldNotDetermineMessageSource"),
			ApproximateNumberOfMessagesMoved: 2, ApproximateNumberOfMessagesToMove: aws.Int64(3),
		})
		q.wantCounts("2", "0", "0")
		deadLetters.wantCounts("1", "0", "0")
	})
}

func TestAMoveTaskFailsOnceItsDestinationIsDeleted(t *testing.T) {
	for name, change := range map[string]func(q *queue) func(*sqs.StartMessageMoveTaskInput){
		"the named destination":        to,
		"where the messages came from": func(*queue) func(*sqs.StartMessageMoveTaskInput) { return func(*sqs.StartMessageMoveTaskInput) {} },
	} {
		t.Run(name, func(t *testing.T) {
			withFailed(t, 3, func(t *testing.T, q, deadLetters *queue) {
				deadLetters.move(change(q), perSecond(1))
				if _, err := q.client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &q.url}); err != nil {
					t.Fatal(err)
				}
				wait(2 * time.Second)
				got := deadLetters.tasks(1)[0]
				if *got.Status != "FAILED" || aws.ToString(got.FailureReason) != "AWS.SimpleQueueService.NonExistentQueue" || got.ApproximateNumberOfMessagesMoved != 1 {
					t.Errorf("after %d messages: %s %q", got.ApproximateNumberOfMessagesMoved, *got.Status, aws.ToString(got.FailureReason))
				}
				deadLetters.wantCounts("2", "0", "0")
			})
		})
	}
}

// "When you delete a queue, any messages in the queue are no longer available."
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
func TestAMoveTaskMovesNoMessageOfADeletedQueue(t *testing.T) {
	withFailed(t, 3, func(t *testing.T, q, deadLetters *queue) {
		deadLetters.move(perSecond(1))
		if _, err := q.client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &deadLetters.url}); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute)
		q.wantCounts("1", "0", "0")
	})
}

func TestAMoveTaskKeepsToItsRate(t *testing.T) {
	withFailed(t, 5, func(t *testing.T, q, deadLetters *queue) {
		handle := deadLetters.move(perSecond(2))
		for _, want := range []string{"1", "2", "3", "4"} {
			q.wantCounts(want, "0", "0")
			wait(500 * time.Millisecond)
			synctest.Wait()
		}
		running := task{
			TaskHandle: &handle, Status: aws.String("RUNNING"), MaxNumberOfMessagesPerSecond: aws.Int32(2),
			ApproximateNumberOfMessagesMoved: 5, ApproximateNumberOfMessagesToMove: aws.Int64(5),
		}
		deadLetters.wantTask(running)
		wait(500 * time.Millisecond)
		synctest.Wait()
		running.TaskHandle, running.Status = nil, aws.String("COMPLETED")
		deadLetters.wantTask(running)
	})
}

func TestAQueueHasOnlyOneRunningMoveTask(t *testing.T) {
	withFailed(t, 5, func(t *testing.T, q, deadLetters *queue) {
		handle := deadLetters.move(perSecond(1))
		_, err := deadLetters.tryMove()
		wantError(t, err, "InvalidParameterValue", "already a task running")
		wait(1500 * time.Millisecond)
		out, err := q.client.CancelMessageMoveTask(t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
		if err != nil || out.ApproximateNumberOfMessagesMoved != 2 {
			t.Errorf("cancelled after %v (error %v), want 2 messages", out, err)
		}
		wait(time.Minute)
		q.wantCounts("2", "0", "0")
		deadLetters.wantCounts("3", "0", "0")

		deadLetters.move()
		var statuses []string
		for _, task := range deadLetters.tasks(10) {
			statuses = append(statuses, *task.Status)
		}
		if diff := cmp.Diff([]string{"COMPLETED", "CANCELLED"}, statuses); diff != "" {
			t.Errorf("statuses, newest first (-want +got):\n%s", diff)
		}
	})
}

func TestMessagesInFlightAreNotMoved(t *testing.T) {
	withFailed(t, 3, func(t *testing.T, q, deadLetters *queue) {
		m := deadLetters.receiveOne(func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 1 })
		deadLetters.move()
		deadLetters.wantCounts("0", "1", "0")
		deadLetters.delete(m)
		q.wantCounts("2", "0", "0")
	})
}
