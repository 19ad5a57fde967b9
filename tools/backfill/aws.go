package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"simple-sam-demo/shared/awsclient"
)

const attemptTimeout = 10 * time.Second

// loadConfig returns the SDK's configuration from the environment, or for an endpoint, where
// the environment does not count. It is more patient than in the functions: here nothing waits.
func loadConfig(ctx context.Context, endpoint string) (aws.Config, error) {
	if endpoint != "" {
		cfg := awsclient.AtEndpoint(endpoint)
		cfg.Retryer = patientRetryer
		cfg.HTTPClient = &http.Client{Transport: awsclient.DirectTransport(), Timeout: attemptTimeout}
		return cfg, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(attemptTimeout)),
		config.WithRetryer(patientRetryer))
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
}

// patientRetryer goes on for about a minute, throttled or not.
func patientRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 10
		o.RateLimiter = ratelimit.None
	})
}

// stackOutputs returns the table's name and the queue's URL, outputs of template.yaml.
func stackOutputs(ctx context.Context, cfg aws.Config, stack string) (table, queue string, err error) {
	client := cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} })
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		return "", "", fmt.Errorf("look up stack %s: %w", stack, err)
	}
	for _, found := range out.Stacks {
		for _, output := range found.Outputs {
			switch aws.ToString(output.OutputKey) {
			case "TableName":
				table = aws.ToString(output.OutputValue)
			case "QueueUrl":
				queue = aws.ToString(output.OutputValue)
			}
		}
	}
	if table == "" || queue == "" {
		return "", "", fmt.Errorf("stack %s has no outputs TableName and QueueUrl", stack)
	}
	return table, queue, nil
}
