package questions

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// creationTimeout bounds a call that creates something. An interrupted run ends such a call in its own
// time: if it were cut off, nobody would know whether there is something to delete.
const creationTimeout = 20 * time.Second

// Place is an account or an endpoint to which questions are put. Queues and a table are made there when
// a question needs them, with random names.
type Place struct {
	sqs      *sqs.Client
	dynamodb *dynamodb.Client
	api      *API // or nil
	patience time.Duration
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	roots    *x509.CertPool // nil for those of this machine

	prefix     string
	queues     []queue
	table      string // or "" before there is one
	notCreated error  // why DynamoDB did not say that it creates the table
	isReady    bool   // the table can be used
}

// queue is a queue that the run has made.
type queue struct{ name, url, arn string }

// NewPlace returns a place. api is nil where there is none. patience is how long a question waits for
// something that may never happen.
func NewPlace(config aws.Config, api *API, patience time.Duration) *Place {
	const attempts = 3 // an endpoint that can't answer a question answers 500 each time
	patient := config.Retryer
	config.Retryer = func() aws.Retryer { return retry.AddWithMaxAttempts(patient(), attempts) }
	return &Place{
		sqs: sqs.NewFromConfig(config), dynamodb: dynamodb.NewFromConfig(config), api: api, patience: patience,
		dial: (&net.Dialer{}).DialContext, prefix: "simple-sam-demo-ask-" + strings.ToLower(rand.Text()[:10]),
	}
}

// queue makes a queue.
func (p *Place) queue(ctx context.Context, attributes map[string]string) (queue, error) {
	if err := ctx.Err(); err != nil {
		return queue{}, err
	}
	q := queue{name: fmt.Sprintf("%s-%d", p.prefix, len(p.queues)+1)}
	p.queues = append(p.queues, q)
	creating, cancel := context.WithTimeout(context.WithoutCancel(ctx), creationTimeout)
	defer cancel()
	out, err := p.sqs.CreateQueue(creating, &sqs.CreateQueueInput{QueueName: &q.name, Attributes: attributes})
	if err != nil {
		return q, fmt.Errorf("create queue %s: %w", q.name, err)
	}
	q.url = aws.ToString(out.QueueUrl)
	p.queues[len(p.queues)-1] = q
	if err := wait(ctx, p.patience/10); err != nil { // AWS says that a queue can be used after a second
		return q, err
	}
	got, err := p.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return q, fmt.Errorf("look at queue %s: %w", q.name, err)
	}
	q.arn = got.Attributes["QueueArn"]
	return q, nil
}

// The table has the key id, and a global index of the attribute kind. Both are texts.
const indexKey = "kind"

// tableName makes the table if there is none yet, and waits until it can be used.
func (p *Place) tableName(ctx context.Context) (string, error) {
	if p.isReady {
		return p.table, nil
	}
	if p.table == "" {
		p.notCreated = p.createTable(ctx)
	}
	if p.notCreated != nil {
		return "", p.notCreated
	}
	const unknown = 20 // seconds for which DynamoDB may not know of its own table yet, as it says in DescribeTable
	for second := 0; ; second++ {
		status := dynamodbtypes.TableStatusCreating
		out, err := p.dynamodb.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &p.table})
		if _, isUnknown := errors.AsType[*dynamodbtypes.ResourceNotFoundException](err); err != nil && (!isUnknown || second == unknown) {
			return "", fmt.Errorf("wait for table %s: %w", p.table, err)
		}
		if err == nil {
			status = out.Table.TableStatus
		}
		if p.isReady = status == dynamodbtypes.TableStatusActive; p.isReady {
			return p.table, nil
		}
		if err := wait(ctx, time.Second); err != nil {
			return "", fmt.Errorf("wait for table %s: it is %s: %w", p.table, status, err)
		}
	}
}

func (p *Place) createTable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.table = p.prefix
	key := func(name string) []dynamodbtypes.KeySchemaElement {
		return []dynamodbtypes.KeySchemaElement{{AttributeName: &name, KeyType: dynamodbtypes.KeyTypeHash}}
	}
	text := func(name string) dynamodbtypes.AttributeDefinition {
		return dynamodbtypes.AttributeDefinition{AttributeName: &name, AttributeType: dynamodbtypes.ScalarAttributeTypeS}
	}
	creating, cancel := context.WithTimeout(context.WithoutCancel(ctx), creationTimeout)
	defer cancel()
	_, err := p.dynamodb.CreateTable(creating, &dynamodb.CreateTableInput{
		TableName: &p.table, KeySchema: key("id"), BillingMode: dynamodbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{text("id"), text(indexKey)},
		GlobalSecondaryIndexes: []dynamodbtypes.GlobalSecondaryIndex{{
			IndexName: aws.String("kinds"), KeySchema: key(indexKey),
			Projection: &dynamodbtypes.Projection{ProjectionType: dynamodbtypes.ProjectionTypeKeysOnly},
		}},
	})
	if err != nil {
		return fmt.Errorf("create table %s: %w", p.table, err)
	}
	return nil
}

// Clear deletes the queues and the table, and returns what it could not delete.
func (p *Place) Clear(ctx context.Context) (leftBehind []string) {
	for _, q := range p.queues {
		if err := p.deleteQueue(ctx, q); err != nil {
			leftBehind = append(leftBehind, fmt.Sprintf("queue %s: %v", q.name, err))
		}
	}
	if p.table != "" {
		if err := p.deleteTable(ctx); err != nil {
			leftBehind = append(leftBehind, fmt.Sprintf("table %s: %v", p.table, err))
		}
	}
	return leftBehind
}

func (p *Place) deleteQueue(ctx context.Context, q queue) error {
	var gone *sqstypes.QueueDoesNotExist
	if q.url == "" { // it could not be created, or the answer was lost
		out, err := p.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.name})
		if errors.As(err, &gone) {
			return nil
		}
		if err != nil {
			return err
		}
		q.url = aws.ToString(out.QueueUrl)
	}
	_, err := p.sqs.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &q.url})
	if errors.As(err, &gone) {
		return nil
	}
	return err
}

// deleteTable waits until DynamoDB lets it: a table that is being created can't be deleted.
func (p *Place) deleteTable(ctx context.Context) error {
	for {
		_, err := p.dynamodb.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &p.table})
		var gone *dynamodbtypes.ResourceNotFoundException
		var busy *dynamodbtypes.ResourceInUseException
		switch {
		case err == nil, errors.As(err, &gone):
			return nil
		case !errors.As(err, &busy) || wait(ctx, time.Second) != nil:
			return err
		}
	}
}

// wait pauses. Its error is that of ctx.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
