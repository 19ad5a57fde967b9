package stack

import (
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/sqs"
	"simple-sam-demo/shared/awsclient"
)

const (
	region  = template.Region
	account = template.Account
)

// AWS is an endpoint with SQS and DynamoDB.
type AWS struct {
	URL     string       // of the endpoint; the queue URLs that the functions get begin with it
	Handler http.Handler // answers in this process; nil: the URL is called over the network
}

// InMemory returns an empty AWS in this process, to be served at its URL or not at all.
func InMemory() AWS { return Remembering(0) }

// Remembering is [InMemory] with tables that remember their past. See [dynamodb.WithLag].
func Remembering(past time.Duration) AWS {
	tables := dynamodb.New(region, account)
	tables.Past = past
	return AWS{URL: "http://embedded", Handler: &endpoint{sqs.New(region, account), tables}}
}

// Config is the SDK's configuration for clients of the endpoint.
func (a AWS) Config() aws.Config {
	cfg := awsclient.AtEndpoint(a.URL)
	cfg.HTTPClient = &http.Client{Transport: a.transport()}
	return cfg
}

func (a AWS) transport() http.RoundTripper {
	if a.Handler == nil {
		return awsclient.EndpointClient(0).Transport
	}
	return inmemory.Transport{Handler: a.Handler}
}

// endpoint has two services behind one address.
type endpoint struct{ sqs, dynamodb http.Handler }

// ServeHTTP lets the service answer that the request is for. SQS also answers what
// is for neither, with the error that says so.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if service, _ := awsjson.Target(r.Header); strings.HasPrefix(service, "DynamoDB") {
		e.dynamodb.ServeHTTP(w, r)
		return
	}
	e.sqs.ServeHTTP(w, r)
}
