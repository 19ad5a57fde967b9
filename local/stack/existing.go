package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/template"
)

// exists tells whether the endpoint has a queue with the name.
func (r *resources) exists(ctx context.Context, name string) (bool, error) {
	_, err := r.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return false, nil
	}
	return err == nil, err
}

// checkQueue refuses a queue that was there before, if it has other attributes than the template says. Another stack may
// use it. With a lower maxReceiveCount, say, SQS would move messages of that stack without a reason. An
// attribute that the endpoint does not know counts as equal.
func (r *resources) checkQueue(q template.Queue) error {
	for _, name := range slices.Sorted(maps.Keys(q.Attributes)) {
		has, want := r.existed[q.LogicalID][name], q.Attributes[name]
		if has != "" && plain(has) != plain(want) {
			return fmt.Errorf("it exists at the endpoint, and its %s is %s, not %s: another stack may use it. Start this one with the parameters of that one, or delete the queue", name, has, want)
		}
	}
	return nil
}

// plain returns an attribute in a form that does not depend on the order of keys, and on whether a number is written as a text.
func plain(attribute string) string {
	var value map[string]any
	if json.Unmarshal([]byte(attribute), &value) != nil {
		return attribute
	}
	return fmt.Sprint(value)
}

// checkTable refuses a table that was there before, if it has another key.
func (r *resources) checkTable(ctx context.Context, in *dynamodb.CreateTableInput) error {
	out, err := r.dynamodb.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: in.TableName})
	if err != nil {
		return err
	}
	has, want := keyOf(out.Table.KeySchema, out.Table.AttributeDefinitions), keyOf(in.KeySchema, in.AttributeDefinitions)
	if has != want {
		return fmt.Errorf("it exists at the endpoint, and its key is %s, not %s: delete the table", has, want)
	}
	return nil
}

// keyOf returns a table's key as text: of each of its attributes the name, the type and what it is.
func keyOf(schema []dynamodbtypes.KeySchemaElement, definitions []dynamodbtypes.AttributeDefinition) string {
	text := ""
	for _, element := range schema {
		i := slices.IndexFunc(definitions, func(d dynamodbtypes.AttributeDefinition) bool {
			return aws.ToString(d.AttributeName) == aws.ToString(element.AttributeName)
		})
		if text != "" {
			text += ", "
		}
		text += aws.ToString(element.AttributeName)
		if i >= 0 {
			text += fmt.Sprintf(" (%s, %s)", definitions[i].AttributeType, element.KeyType)
		}
	}
	return text
}
