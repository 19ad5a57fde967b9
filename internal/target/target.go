// Package target finds out which stack a tool is to look at, and how to reach it: a deployed one by
// the name of its CloudFormation stack, or a local one by its endpoint. It only looks things up. It
// knows nothing of the inside of the local stack, and makes no calls but those for names.
package target

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"simple-sam-demo/internal/names"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// Target is a stack that a tool looks at.
type Target struct {
	AWS             aws.Config
	Stack           string // name of the CloudFormation stack, or "" for a local one
	Account, Region string // as the queues' ARNs have them
	API             string // URL without a slash at its end
	APIKey          string // for the header x-api-key, or "" where there is none
	Table           string
	Queue           Queue
	DeadLetterQueue Queue
}

// Queue is an SQS queue.
type Queue struct {
	URL, ARN string
}

// IsDeployed tells whether CloudFormation has made the stack, so that it has roles, alarms and logs.
func (t *Target) IsDeployed() bool { return t.Stack != "" }

// String names the target for people: an account and a region, or an endpoint.
func (t *Target) String() string {
	if !t.IsDeployed() {
		return "local stack at " + aws.ToString(t.AWS.BaseEndpoint)
	}
	return fmt.Sprintf("stack %s in account %s, region %s%s", t.Stack, t.Account, t.Region, t.Elsewhere())
}

// Elsewhere says that it is not AWS that answers for a stack, or nothing. AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS and the
// like, or the profile, may name another endpoint.
func (t *Target) Elsewhere() string {
	for _, endpoint := range []*string{sqs.NewFromConfig(t.AWS).Options().BaseEndpoint, dynamodb.NewFromConfig(t.AWS).Options().BaseEndpoint} {
		if endpoint != nil {
			return " at the endpoint " + *endpoint
		}
	}
	return ""
}

// Find looks up what the flags name. Its error is one line that says what is not there, and what to do.
func Find(ctx context.Context, f Flags) (*Target, error) {
	cfg, err := LoadConfig(ctx, f.Endpoint)
	if err != nil {
		return nil, err
	}
	t := &Target{AWS: cfg, Stack: f.Stack, API: f.API, APIKey: f.APIKey}
	if f.Stack == "" {
		err = t.findLocal(ctx)
	} else {
		err = t.findDeployed(ctx)
	}
	if err != nil {
		return nil, err
	}
	t.API = strings.TrimRight(t.API, "/")
	if parts := strings.Split(t.Queue.ARN, ":"); len(parts) == 6 {
		t.Region, t.Account = parts[3], parts[4]
	}
	return t, nil
}

// findLocal asks a local stack's SQS for its queues, whose names are their logical ids.
func (t *Target) findLocal(ctx context.Context) (err error) {
	t.Table = names.Table()
	if t.Queue, err = t.lookUpQueue(ctx, "EnrichQueue"); err != nil {
		return err
	}
	t.DeadLetterQueue, err = t.lookUpQueue(ctx, "EnrichDeadLetterQueue")
	return err
}

func (t *Target) lookUpQueue(ctx context.Context, name string) (Queue, error) {
	client := sqs.NewFromConfig(t.AWS, func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} })
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return Queue{}, fmt.Errorf("look up queue %s at %s (is `go run ./local` running?): %w", name, aws.ToString(t.AWS.BaseEndpoint), err)
	}
	if aws.ToString(out.QueueUrl) == "" {
		return Queue{}, fmt.Errorf("look up queue %s at %s: the answer has no QueueUrl: is it an SQS?", name, aws.ToString(t.AWS.BaseEndpoint))
	}
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: out.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return Queue{}, fmt.Errorf("look up queue %s: %w", name, err)
	}
	return Queue{URL: *out.QueueUrl, ARN: attributes.Attributes["QueueArn"]}, nil
}

// findDeployed reads the stack's outputs, and the API's key unless there is one already.
func (t *Target) findDeployed(ctx context.Context) error {
	outputs, err := Outputs(ctx, t.AWS, t.Stack)
	if err != nil {
		return err
	}
	var missing []string
	take := func(output string) string {
		if outputs[output] == "" {
			missing = append(missing, output)
		}
		return outputs[output]
	}
	if t.API == "" {
		t.API = take("ApiUrl")
	}
	keyID := take("ApiKeyId")
	t.Table = take("TableName")
	t.Queue = Queue{take("QueueUrl"), take("QueueArn")}
	t.DeadLetterQueue = Queue{take("DeadLetterQueueUrl"), take("DeadLetterQueueArn")}
	if len(missing) > 0 {
		return fmt.Errorf("stack %s has no output %s: is it made from template.yaml?", t.Stack, strings.Join(missing, ", "))
	}
	if t.APIKey == "" {
		t.APIKey, err = t.lookUpKey(ctx, keyID)
	}
	return err
}

// lookUpKey needs apigateway:GET on the key.
// https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKey.html
func (t *Target) lookUpKey(ctx context.Context, id string) (string, error) {
	out, err := apigateway.NewFromConfig(t.AWS).GetApiKey(ctx, &apigateway.GetApiKeyInput{ApiKey: &id, IncludeValue: aws.Bool(true)})
	if err != nil {
		return "", fmt.Errorf("look up API key %s (-api-key gives it without): %w", id, err)
	}
	return aws.ToString(out.Value), nil
}

// Outputs returns the outputs of a CloudFormation stack by their keys.
func Outputs(ctx context.Context, cfg aws.Config, stack string) (map[string]string, error) {
	client := cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} }) // somebody waits
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist") {
		return nil, fmt.Errorf("look up stack %s: no such stack in region %s: %s", stack, cfg.Region, api.ErrorMessage())
	}
	if unread := (*smithy.DeserializationError)(nil); errors.As(err, &unread) && cfg.BaseEndpoint != nil {
		return nil, fmt.Errorf("look up stack %s: %s is no CloudFormation, and a local stack has none: leave -stack out", stack, *cfg.BaseEndpoint)
	}
	if err != nil {
		return nil, fmt.Errorf("look up stack %s: %w", stack, err)
	}
	if len(out.Stacks) == 0 {
		return nil, fmt.Errorf("look up stack %s: the answer has no stack: is it a CloudFormation?", stack)
	}
	outputs := map[string]string{}
	for _, output := range out.Stacks[0].Outputs {
		outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	return outputs, nil
}
