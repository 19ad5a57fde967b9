package watch

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/shared/parallel"
)

// Stack is where to look.
type Stack struct {
	SQS               *sqs.Client
	DynamoDB          *dynamodb.Client
	QueueURL, DeadURL string
	DeadARN           string
	Table             string
}

// Sight is one look at a stack.
type Sight struct {
	At    time.Time
	Queue Counts
	Dead  Counts
	Items int64 // as DescribeTable counts them, about every six hours on AWS
	Move  *Move // the last move task of the dead-letter queue, or nil

	MoveErr error // why nobody can say which move tasks there are; not every endpoint has them
}

// Counts are the messages of a queue. AWS calls them approximate: they can be a minute behind.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
type Counts struct {
	Waiting, InFlight, Delayed int
}

// Total is the number of all messages.
func (c Counts) Total() int { return c.Waiting + c.InFlight + c.Delayed }

// Move is a message move task.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasksResultEntry.html
type Move struct {
	Handle        string // while it is running
	Status        string // RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED
	Moved, ToMove int64
	Failure       string
	Started       time.Time
}

// IsRunning tells whether the task is still moving messages.
func (m *Move) IsRunning() bool {
	return m != nil && (m.Status == "RUNNING" || m.Status == "CANCELLING")
}

// look asks for everything at once.
func (s Stack) look(ctx context.Context) (Sight, error) {
	sight := Sight{}
	var errs [3]error
	parallel.Do(
		func() { sight.Queue, errs[0] = s.count(ctx, s.QueueURL) },
		func() { sight.Dead, errs[1] = s.count(ctx, s.DeadURL) },
		func() { sight.Items, errs[2] = s.countItems(ctx) },
		func() { sight.Move, sight.MoveErr = s.lastMove(ctx) },
	)
	sight.At = time.Now()
	for _, err := range errs {
		if err != nil {
			return sight, err
		}
	}
	return sight, nil
}

func (s Stack) count(ctx context.Context, url string) (c Counts, err error) {
	out, err := s.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}})
	if err != nil {
		return c, fmt.Errorf("count the messages of %s: %w", url, err)
	}
	for name, count := range map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages:           &c.Waiting,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &c.InFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &c.Delayed,
	} {
		if *count, err = strconv.Atoi(out.Attributes[string(name)]); err != nil {
			return c, fmt.Errorf("count the messages of %s: %s is %q: is it an SQS?", url, name, out.Attributes[string(name)])
		}
	}
	return c, nil
}

// countItems returns how many items the table has. AWS counts them about every six hours.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (s Stack) countItems(ctx context.Context) (int64, error) {
	out, err := s.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.Table})
	if err != nil {
		return 0, fmt.Errorf("describe table %s: %w", s.Table, err)
	}
	if out.Table == nil {
		return 0, fmt.Errorf("describe table %s: the answer has no table: is it a DynamoDB?", s.Table)
	}
	return aws.ToInt64(out.Table.ItemCount), nil
}

func (s Stack) lastMove(ctx context.Context) (*Move, error) {
	out, err := s.SQS.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &s.DeadARN, MaxResults: aws.Int32(1)})
	if err != nil {
		return nil, fmt.Errorf("list the move tasks of %s: %w", s.DeadARN, err)
	}
	if len(out.Results) == 0 {
		return nil, nil
	}
	m := out.Results[0]
	return &Move{
		Handle: aws.ToString(m.TaskHandle), Status: aws.ToString(m.Status),
		Moved: m.ApproximateNumberOfMessagesMoved, ToMove: aws.ToInt64(m.ApproximateNumberOfMessagesToMove),
		Failure: aws.ToString(m.FailureReason), Started: time.UnixMilli(m.StartedTimestamp),
	}, nil
}
