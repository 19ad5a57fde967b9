package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"simple-sam-demo/shared/awsclient"
)

const (
	// AttemptTimeout bounds one HTTP exchange. A receive that waits for messages may take 20 s.
	AttemptTimeout = 30 * time.Second

	attempts = 10
)

// LoadConfig returns the SDK's configuration from the environment, or for an endpoint, where the
// environment does not count (see [awsclient.AtEndpoint]). It is more patient than in the functions:
// a call is tried for about a minute, throttled or not, because here nothing but a person waits.
func LoadConfig(ctx context.Context, endpoint string) (aws.Config, error) {
	if endpoint != "" {
		cfg := awsclient.AtEndpoint(endpoint)
		cfg.Retryer = patientRetryer
		cfg.HTTPClient = awsclient.EndpointClient(AttemptTimeout)
		return cfg, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(AttemptTimeout)),
		config.WithRetryer(patientRetryer))
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("no region: set AWS_REGION, or a region in the profile that AWS_PROFILE names")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("no credentials: set AWS_PROFILE, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", err)
	}
	return cfg, nil
}

func patientRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.RateLimiter = ratelimit.None
	})
}
