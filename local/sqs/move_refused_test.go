package sqs_test

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func TestStartMessageMoveTaskRefuses(t *testing.T) {
	none := &queue{arn: "arn:aws:sqs:us-east-1:000000000000:None"}
	for name, test := range map[string]struct {
		change     func(q, deadLetters *queue) func(*sqs.StartMessageMoveTaskInput)
		code, text string
	}{
		"a source that no queue redrives to": {
			func(q, _ *queue) func(*sqs.StartMessageMoveTaskInput) {
				return func(in *sqs.StartMessageMoveTaskInput) { in.SourceArn = &q.arn }
			}, "InvalidParameterValue", "must be configured as a Dead Letter Queue",
		},
		"a source that does not exist": {
			func(_, _ *queue) func(*sqs.StartMessageMoveTaskInput) {
				return func(in *sqs.StartMessageMoveTaskInput) { in.SourceArn = &none.arn }
			}, "ResourceNotFoundException", "SourceArn",
		},
		"no source": {
			func(_, _ *queue) func(*sqs.StartMessageMoveTaskInput) {
				return func(in *sqs.StartMessageMoveTaskInput) { in.SourceArn = aws.String("") }
			}, "MissingParameter", "SourceArn",
		},
		"a destination that does not exist": {
			func(_, _ *queue) func(*sqs.StartMessageMoveTaskInput) { return to(none) }, "ResourceNotFoundException", "DestinationArn",
		},
		"the source as destination": { // the task would never end
			func(_, deadLetters *queue) func(*sqs.StartMessageMoveTaskInput) { return to(deadLetters) }, "InvalidParameterValue", "DestinationArn",
		},
		"more than 500 a second": {
			func(_, _ *queue) func(*sqs.StartMessageMoveTaskInput) { return perSecond(501) }, "InvalidParameterValue", "MaxNumberOfMessagesPerSecond",
		},
	} {
		t.Run(name, func(t *testing.T) {
			withFailed(t, 1, func(t *testing.T, q, deadLetters *queue) {
				_, err := deadLetters.tryMove(test.change(q, deadLetters))
				wantError(t, err, test.code, test.text)
				deadLetters.wantCounts("1", "0", "0")
			})
		})
	}
}

func TestAMoveTaskThatDoesNotExistIsATypedError(t *testing.T) {
	withQueue(t, nil, func(t *testing.T, q *queue) {
		for name, source := range map[string]string{"a task": q.arn, "a queue": "arn:aws:sqs:us-east-1:000000000000:None"} {
			handle := base64.StdEncoding.EncodeToString([]byte(`{"taskId":"x","sourceArn":"` + source + `"}`))
			_, err := q.client.CancelMessageMoveTask(t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
			if !is[*types.ResourceNotFoundException](err) {
				t.Errorf("cancel %s that is not there: got %v, want ResourceNotFoundException", name, err)
			}
		}
		_, err := q.client.CancelMessageMoveTask(t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: aws.String("none")})
		wantError(t, err, "InvalidParameterValue", "TaskHandle is invalid")
		_, err = q.client.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String("none")})
		if !is[*types.ResourceNotFoundException](err) {
			t.Errorf("list: got %v, want ResourceNotFoundException", err)
		}
	})
}
