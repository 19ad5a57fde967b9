package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

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
