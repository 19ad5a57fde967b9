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

// loadConfig returns the SDK's configuration. Without an endpoint it comes from the environment, as
// for the aws cli. With an endpoint the environment does not count. Calls are retried for longer than in
// the functions, because here nobody waits for an answer.
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

// patientRetryer retries a call for about a minute, whether it is throttled or fails otherwise.
func patientRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 10
		o.RateLimiter = ratelimit.None
	})
}

// stackOutputs returns the table's name and the queue's URL. They are outputs of template.yaml.
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
		return "", "", fmt.Errorf("stack %s has no outputs TableName and QueueUrl: is it a stack of template.yaml?", stack)
	}
	return table, queue, nil
}
