package stack

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/sqs"
	"simple-sam-demo/local/template"
	"simple-sam-demo/shared/awsclient"
)

const (
	region  = template.Region
	account = template.Account
)

// Endpoint is an AWS of two services behind one address.
type Endpoint struct {
	url      string // that programs of this process use
	sqs      http.Handler
	dynamodb http.Handler
}

// NewEndpoint returns an empty AWS. Queue URLs begin with the address that a client has
// used; programs of this process use url (see [EmbeddedAWS]).
func NewEndpoint(url string) *Endpoint {
	return &Endpoint{url: url, sqs: sqs.New(region, account), dynamodb: dynamodb.New(region, account)}
}

// ServeHTTP lets the service answer that the request is for. SQS also answers what
// is for neither, with the error that says so. As on AWS, every answer has an id, which
// SDKs show with an error.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	if service, _ := awsjson.Target(r.Header); strings.HasPrefix(service, "DynamoDB") {
		e.dynamodb.ServeHTTP(w, r)
		return
	}
	e.sqs.ServeHTTP(w, r)
}

// EmbeddedAWS is the SDK's configuration for an endpoint in this process, without a socket.
func EmbeddedAWS(endpoint *Endpoint) aws.Config {
	cfg := awsclient.AtEndpoint(endpoint.url)
	cfg.HTTPClient = &http.Client{Transport: inmemory.Transport{Handler: endpoint}}
	return cfg
}
