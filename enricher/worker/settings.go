package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/smithy-go/logging"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/environment"
	"simple-sam-demo/shared/poller"
)

// With these, a task with a quarter of a processor can give up all messages that it has, in the time that is kept for
// this, if SQS takes some 30 ms for a call.
const (
	maxBatchSize = 100 // messages
	maxBatches   = 20  // at once
)

// The longest times, so that a worker that is told to stop ends within the 120 s that Fargate gives it at
// most: a receive that is under way, the window, and a batch.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#container_definition_timeout
const (
	maxWindow       = 20 // seconds
	minBatchTimeout = 20 // seconds, of which 8.2 are kept to give messages up
	maxBatchTimeout = 90 // seconds
)

// readSettings reads BATCH_SIZE (messages), BATCH_WINDOW_SECONDS, BATCHES_AT_ONCE and BATCH_TIMEOUT_SECONDS,
// and QUEUE_URL.
func readSettings(getenv func(string) string) (poller.Settings, error) {
	env := environment.New(getenv)
	s := poller.Settings{
		QueueURL:       env.String("QUEUE_URL"),
		BatchSize:      env.IntBetween("BATCH_SIZE", 1, maxBatchSize),
		Window:         time.Duration(env.IntBetween("BATCH_WINDOW_SECONDS", 0, maxWindow)) * time.Second,
		BatchesAtOnce:  env.IntBetween("BATCHES_AT_ONCE", 1, maxBatches),
		BatchTimeout:   time.Duration(env.IntBetween("BATCH_TIMEOUT_SECONDS", minBatchTimeout, maxBatchTimeout)) * time.Second,
		Invisible:      poller.Invisible,
		FinishReceives: true,
		ReceiveClient:  awshttp.NewBuildableClient(), // without a timeout: each receive has one

		HeartbeatClient: awsclient.NewHTTPClient(),
	}
	if err := env.Err(); err != nil {
		return s, err
	}
	if s.BatchSize > 10 && s.Window == 0 {
		return s, fmt.Errorf("BATCH_SIZE is %d and BATCH_WINDOW_SECONDS is 0: a batch over 10 needs a window of at least 1 second", s.BatchSize)
	}
	return s, nil
}

// loadConfig returns the SDK's configuration, with the functions' timeouts and retries. On ECS the
// credentials come from the container's endpoint.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func loadConfig(ctx context.Context) (aws.Config, error) {
	// The SDK's own client would wait for credentials without an end, and all calls with it. Its own lines would not be JSON;
	// it returns as errors what matters.
	client := awshttp.NewBuildableClient().WithTimeout(awsclient.AttemptTimeout)
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}), config.WithHTTPClient(client),
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.HTTPClient = client }))
	if err == nil && cfg.Region == "" {
		err = errors.New("environment variable AWS_REGION is not set")
	}
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	cfg.Retryer, cfg.RetryMaxAttempts = awsclient.NewRetryer, 0 // AWS_MAX_ATTEMPTS would change that
	return withOwnConnections(cfg), nil
}

// withOwnConnections returns the configuration with connections that nothing else uses. A delete must not
// wait until the handler, which may send thousands of messages, leaves it one.
func withOwnConnections(cfg aws.Config) aws.Config {
	cfg.HTTPClient = awsclient.NewHTTPClient()
	return cfg
}
