package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/target"
)

// stackOutputs returns the table's name and the queue's URL. They are outputs of template.yaml.
func stackOutputs(ctx context.Context, cfg aws.Config, stack string) (table, queue string, err error) {
	outputs, err := target.Outputs(ctx, cfg, stack)
	if err != nil {
		return "", "", err
	}
	table, queue = outputs["TableName"], outputs["QueueUrl"]
	if table == "" || queue == "" {
		return "", "", fmt.Errorf("stack %s has no outputs TableName and QueueUrl: is it a stack of template.yaml?", stack)
	}
	return table, queue, nil
}

// checkQueue returns an error if the queue is missing. Without this, the first key would find it out, perhaps
// after a long search.
func checkQueue(ctx context.Context, cfg aws.Config, url string) error {
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} }) // somebody waits
	_, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return fmt.Errorf("look up queue %s: %w", url, err)
	}
	return nil
}
