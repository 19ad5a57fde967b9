package awsclient_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/shared/awsclient"
)

// The whole list is tested where programs run: tools/backfill and local.
func TestAtAnEndpointTheClientsReadNoVariables(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		fmt.Fprint(w, `{"TableNames":[],"QueueUrl":"found"}`)
	}))
	defer server.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_DYNAMODB"} {
		t.Setenv(name, gone.URL)
	}
	for _, name := range []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_NEW_RETRIES_2026"} {
		t.Setenv(name, "true")
	}
	cfg := awsclient.AtEndpoint(server.URL)
	_, errSQS := sqs.NewFromConfig(cfg).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	_, errDynamoDB := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), nil)
	if errSQS != nil || errDynamoDB != nil || calls != 2 {
		t.Errorf("%d calls, %v, %v", calls, errSQS, errDynamoDB)
	}
	if awsclient.DirectTransport().Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

// The default is two for a host. Programs make many calls at once, and most of these would open a connection each time.
func TestAProgramKeepsItsConnectionsToAnEndpoint(t *testing.T) {
	transport := awsclient.DirectTransport()
	if all, host := transport.MaxIdleConns, transport.MaxIdleConnsPerHost; all != 0 || host != 128 {
		t.Errorf("up to %d connections are kept, and %d to a host; want no limit, and 128", all, host)
	}
}

// A program may use the default transport for calls that do go through the proxy.
func TestATransportWithoutAProxyLeavesTheDefaultOneAsItIs(t *testing.T) {
	if awsclient.DirectTransport(); http.DefaultTransport.(*http.Transport).Proxy == nil {
		t.Error("the default transport has no proxy any more")
	}
}
