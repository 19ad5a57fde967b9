#!/usr/bin/env bash
# aws-sdk-go-v2 (core v1.48.0, service/sqs v1.52.11, service/dynamodb v1.73.2) treats an answer with the
# status 200 and an empty body as a success. SendMessage returns no error, and no message id.
# BatchGetItem returns no error. It returns no item for the key in the request, and it does not list the
# key as unprocessed. So if a proxy or a wrong endpoint answers like this, the SDK reports no problem.
#
# Output seen on 2026-11-28:
#   SendMessage: error <nil>, message id <nil>
#   BatchGetItem: error <nil>, 0 responses, 0 unprocessed keys
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // answers 200 with an empty body
	defer server.Close()
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: aws.AnonymousCredentials{}}
	ctx := context.Background()
	sent, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(server.URL + "/1/q"), MessageBody: aws.String("hello")})
	fmt.Printf("SendMessage: error %v, message id %v\n", err, sent.MessageId)
	read, err := dynamodb.NewFromConfig(cfg).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"T": {Keys: []map[string]types.AttributeValue{{"id": &types.AttributeValueMemberS{Value: "a"}}}},
	}})
	fmt.Printf("BatchGetItem: error %v, %d responses, %d unprocessed keys\n", err, len(read.Responses), len(read.UnprocessedKeys))
}
GO
go mod init finding 2>/dev/null
go get github.com/aws/aws-sdk-go-v2@v1.48.0 github.com/aws/aws-sdk-go-v2/service/sqs@v1.52.11 github.com/aws/aws-sdk-go-v2/service/dynamodb@v1.73.2 2>/dev/null
go mod tidy 2>/dev/null
go run . | tee seen
diff seen - <<'SEEN'
SendMessage: error <nil>, message id <nil>
BatchGetItem: error <nil>, 0 responses, 0 unprocessed keys
SEEN
