package stacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/awsclient"
)

// Endpoint is a service of AWS in memory that keeps the requests that it gets, and gives always the same answer.
type Endpoint struct {
	Requests  []map[string]any // their bodies, each with the member operation
	Status    int
	RequestID string // in the answer
	Answer    string
}

// AlwaysAnswering returns an endpoint, and the configuration of clients that call it.
func AlwaysAnswering(status int, answer string) (*Endpoint, aws.Config) {
	e := &Endpoint{Status: status, RequestID: "1", Answer: answer}
	cfg := awsclient.AtEndpoint("http://localhost")
	cfg.HTTPClient = &http.Client{Transport: e}
	return e, cfg
}

// RoundTrip keeps a request and answers it.
func (e *Endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var request map[string]any
	if err := json.Unmarshal(text, &request); err != nil {
		return nil, err
	}
	request["operation"] = r.Header.Get("X-Amz-Target")
	e.Requests = append(e.Requests, request)
	header := http.Header{"X-Amzn-Requestid": {e.RequestID}, "Content-Type": {"application/x-amz-json-1.0"}}
	return &http.Response{StatusCode: e.Status, Header: header, Body: io.NopCloser(strings.NewReader(e.Answer)), Request: r}, nil
}
