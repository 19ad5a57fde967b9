package awsclient

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AtEndpoint returns the SDK's configuration for an endpoint that is not AWS, such as the local
// stack's, at a URL. It is for programs that people run. It reads nothing of their environment: no
// variable, no file of ~/.aws and no proxy. [config.LoadDefaultConfig] would read all of these, and
// with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS the calls would go to AWS itself. The credentials are made
// up, because such an endpoint takes any.
func AtEndpoint(url string) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		HTTPClient:   EndpointClient(0),
		Retryer:      NewRetryer,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	}
}

// DirectTransport returns a transport like [http.DefaultTransport], but without the proxy
// of HTTP_PROXY and HTTPS_PROXY.
func DirectTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 128 // programs that people run make many calls at once
	return t
}
