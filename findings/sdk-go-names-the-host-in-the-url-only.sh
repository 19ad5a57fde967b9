#!/usr/bin/env bash
# aws-sdk-go-v2 (core v1.48.0, service/sqs v1.53.0, service/dynamodb v1.74.0) leaves the field Host of a request
# empty: the host is in the field URL only. http.NewRequest of Go sets both. So an HTTP client or a RoundTripper
# that goes by Request.Host, to limit the calls to each host, say, takes all AWS services for one host. A test of it
# whose requests come from http.NewRequest passes all the same.
#
# Output seen on 2026-11-28:
#   http.NewRequest: Host "queue.example", URL.Host "queue.example"
#   SQS: Host "", URL.Host "queue.example"
#   DynamoDB: Host "", URL.Host "table.example"
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// show is an HTTP client that sends nothing.
type show string

func (s show) Do(r *http.Request) (*http.Response, error) {
	fmt.Printf("%s: Host %q, URL.Host %q\n", s, r.Host, r.URL.Host)
	return nil, errors.New("nothing is sent")
}

func config(service, url string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &url, Credentials: aws.AnonymousCredentials{}, HTTPClient: show(service), RetryMaxAttempts: 1}
}

func main() {
	r, _ := http.NewRequest(http.MethodPost, "https://queue.example/", nil)
	_, _ = show("http.NewRequest").Do(r)
	ctx := context.Background()
	_, _ = sqs.NewFromConfig(config("SQS", "https://queue.example")).ListQueues(ctx, nil)
	_, _ = dynamodb.NewFromConfig(config("DynamoDB", "https://table.example")).ListTables(ctx, nil)
}
GO
go mod init finding 2>/dev/null
go get github.com/aws/aws-sdk-go-v2@v1.48.0 github.com/aws/aws-sdk-go-v2/service/sqs@v1.53.0 github.com/aws/aws-sdk-go-v2/service/dynamodb@v1.74.0 2>/dev/null
go mod tidy 2>/dev/null
go run . | tee seen
diff seen - <<'SEEN'
http.NewRequest: Host "queue.example", URL.Host "queue.example"
SQS: Host "", URL.Host "queue.example"
DynamoDB: Host "", URL.Host "table.example"
SEEN
