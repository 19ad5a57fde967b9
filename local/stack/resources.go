package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/template"
)

// roleID is the id of every role. The local stack checks no permissions, so roles do not differ.
const roleID = "AROALOCAL"

// resources are the table and the queues on the endpoint, by logical id, which is
// also their name.
type resources struct {
	sqs      *sqs.Client
	dynamodb *dynamodb.Client
	urls     map[string]string            // of queues
	existed  map[string]map[string]string // the attributes of queues that were there before
	arns     map[string]string
	tables   map[string]bool
	roles    []string
	account  string
}

// createResources creates the queues, still without attributes, as these may hold
// the ARN of another queue.
func createResources(ctx context.Context, cfg Config) (*resources, error) {
	awsConfig := cfg.AWS.Config()
	r := &resources{
		sqs: sqs.NewFromConfig(awsConfig), dynamodb: dynamodb.NewFromConfig(awsConfig),
		urls: map[string]string{}, existed: map[string]map[string]string{}, arns: map[string]string{}, tables: map[string]bool{}, account: account,
		roles: cfg.Template.LogicalIDs("AWS::IAM::Role"),
	}
	for _, id := range cfg.Template.LogicalIDs("AWS::DynamoDB::Table") {
		r.tables[id] = true
	}
	for _, id := range cfg.Template.LogicalIDs("AWS::SQS::Queue") {
		existed, err := r.exists(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("look for queue %s: %w", id, err)
		}
		created, err := r.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &id})
		if err != nil {
			return nil, fmt.Errorf("create queue %s: %w", id, err)
		}
		if aws.ToString(created.QueueUrl) == "" {
			return nil, fmt.Errorf("create queue %s: the endpoint's answer has no QueueUrl: is it an SQS?", id)
		}
		got, err := r.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: created.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		if err != nil {
			return nil, fmt.Errorf("look up queue %s: %w", id, err)
		}
		if existed {
			r.existed[id] = got.Attributes
		}
		arn := got.Attributes["QueueArn"]
		r.urls[id], r.arns[id] = *created.QueueUrl, arn
		if parts := strings.Split(arn, ":"); len(parts) == 6 {
			r.account = parts[4]
		}
	}
	return r, nil
}

// configure sets the queues' attributes and creates the tables.
func (r *resources) configure(ctx context.Context, system *template.System) error {
	for _, q := range system.Queues {
		if err := r.checkQueue(q); err != nil {
			return fmt.Errorf("queue %s: %w", q.LogicalID, err)
		}
	}
	for _, q := range system.Queues {
		_, err := r.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
			QueueUrl: aws.String(r.urls[q.LogicalID]), Attributes: q.Attributes,
		})
		if err != nil {
			return fmt.Errorf("set attributes of queue %s: %w", q.LogicalID, err)
		}
	}
	for _, table := range system.Tables {
		if err := r.createTable(ctx, table); err != nil {
			return fmt.Errorf("create table %s: %w", table.LogicalID, err)
		}
	}
	return nil
}

func (r *resources) createTable(ctx context.Context, table template.Table) error {
	// CloudFormation names the properties that are honoured as the API does.
	properties, err := json.Marshal(table.Properties)
	if err != nil {
		return err
	}
	input := &dynamodb.CreateTableInput{}
	decoder := json.NewDecoder(bytes.NewReader(properties))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(input); err != nil {
		return err
	}
	input.TableName = &table.LogicalID
	_, err = r.dynamodb.CreateTable(ctx, input)
	if _, exists := errors.AsType[*dynamodbtypes.ResourceInUseException](err); exists {
		err = r.checkTable(ctx, input)
	}
	if err != nil {
		return err
	}
	return dynamodb.NewTableExistsWaiter(r.dynamodb).Wait(ctx, &dynamodb.DescribeTableInput{TableName: input.TableName}, time.Minute)
}

// attribute answers the template's references.
func (r *resources) attribute(id, attribute string) (string, error) {
	switch {
	case (attribute == "Ref" || attribute == "QueueUrl") && r.urls[id] != "":
		return r.urls[id], nil
	case attribute == "Ref" && r.tables[id], attribute == "QueueName" && r.urls[id] != "":
		return id, nil
	case attribute == "Arn" && r.arns[id] != "":
		return r.arns[id], nil
	case attribute == "Arn" && r.tables[id]:
		return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, r.account, id), nil
	}
	if slices.Contains(r.roles, id) {
		return map[string]string{"Ref": id, "Arn": fmt.Sprintf("arn:aws:iam::%s:role/%s", r.account, id), "RoleId": roleID}[attribute], nil
	}
	if id == "AWS::AccountId" {
		return r.account, nil
	}
	if value, ok := template.PseudoParameter(id); ok {
		return value, nil
	}
	return "", fmt.Errorf("%s of %s is not known here", attribute, id)
}

func (r *resources) queueURL(arn string) (string, error) {
	for id, known := range r.arns {
		if known == arn {
			return r.urls[id], nil
		}
	}
	return "", fmt.Errorf("no queue has the ARN %s", arn)
}
