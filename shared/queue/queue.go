// Package queue is what the functions say to each other through SQS: the key of an item that is to be
// classified, and the dead letter of a message that was given up. It does not receive messages; Lambda
// does, and hands them to the enricher.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/jsonobject"
)

// Queue is an SQS queue.
type Queue struct {
	client *sqs.Client
	url    string
}

// New returns the queue with the URL.
func New(cfg aws.Config, url string) *Queue {
	return &Queue{client: sqs.NewFromConfig(cfg), url: url}
}

type body struct {
	ID string `json:"id"`
}

func (b body) text() string {
	text, _ := json.Marshal(b) // never fails on a string
	return string(text)
}

// Enqueue sends an item's key to be classified. The trace that ctx belongs to
// goes with it.
func (q *Queue) Enqueue(ctx context.Context, id string) error {
	err := q.send(ctx, &sqs.SendMessageInput{
		MessageBody:             aws.String(body{id}.text()),
		MessageSystemAttributes: trace(traceHeader(ctx)),
	})
	if err != nil {
		return fmt.Errorf("enqueue item %s: %w", id, err)
	}
	return nil
}

func (q *Queue) send(ctx context.Context, in *sqs.SendMessageInput) error {
	in.QueueUrl = &q.url
	out, err := q.client.SendMessage(ctx, in)
	if err == nil && aws.ToString(out.MessageId) == "" {
		return awsclient.ErrNoAnswer
	}
	return err
}

// ParseBody reads the id in a message that [Queue.Enqueue] sent. Its error is for people who look into
// the dead-letter queue.
func ParseBody(text string) (id string, err error) {
	if id, ok := strings.CutPrefix(text, `{"id":"`); ok { // the form that Enqueue writes needs no parser
		if id, ok := strings.CutSuffix(id, `"}`); ok && item.ValidID(id) {
			return id, nil
		}
	}
	fields, err := jsonobject.Fields([]byte(text))
	if err != nil {
		return "", errors.New("body is not a JSON object with an id")
	}
	found := 0
	for _, f := range fields {
		if f.Name == "id" {
			found++
			_ = json.Unmarshal(f.Value, &id) // it stays empty unless the value is text
		}
	}
	switch {
	case found > 1:
		return "", errors.New("body has the key id twice")
	case !item.ValidID(id):
		return "", errors.New("body has no usable id: expected 32 lower-case hexadecimal digits")
	}
	return id, nil
}

// ChangeVisibility lets a received message come back after a delay. SQS counts it in whole seconds.
func (q *Queue) ChangeVisibility(ctx context.Context, receiptHandle string, delay time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl:          &q.url,
		ReceiptHandle:     &receiptHandle,
		VisibilityTimeout: int32(delay.Round(time.Second) / time.Second),
	})
	if err != nil {
		return fmt.Errorf("change visibility: %w", err)
	}
	return nil
}

// traceHeader returns the trace of an invocation. aws-lambda-go puts it into the context under this
// plain string.
func traceHeader(ctx context.Context) string {
	header, _ := ctx.Value("x-amzn-trace-id").(string)
	return header
}

func trace(header string) map[string]types.MessageSystemAttributeValue {
	if header == "" {
		return nil
	}
	return map[string]types.MessageSystemAttributeValue{
		string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &header},
	}
}
