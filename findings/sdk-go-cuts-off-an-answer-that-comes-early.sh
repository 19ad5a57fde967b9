#!/usr/bin/env bash
# aws-sdk-go-v2 (core v1.48.0, service/s3 v1.114.10, smithy-go v1.28.9) closes the request's body as soon
# as the answer's headers are there. A server may answer before it has read the whole request, as HTTP/1.1
# allows. Then net/http cannot send the rest of the body, and closes the connection in the middle of the
# answer. Here the server refuses an upload with 403 and a reason. The SDK loses the reason. It takes the
# refusal for a failed connection, and sends the object again and again. net/http alone gets the whole
# answer to the same bytes.
#
# Output seen on 2026-11-28:
#   net/http alone: error <nil>, 1 request, code AccountFull
#   the SDK: status 403, closed connection true, 3 requests, no code
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func main() {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		control := http.NewResponseController(w)
		control.EnableFullDuplex()
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<Error><Code>AccountFull</Code>")
		control.Flush() // the first half of the answer is on its way, and no byte of the object is read
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "<Message>Delete something first</Message></Error>")
	}))
	defer server.Close()
	object := make([]byte, 64<<20) // more than the buffers of a connection hold

	request, _ := http.NewRequest(http.MethodPut, server.URL+"/bucket/key", bytes.NewReader(object))
	answer, _ := http.DefaultClient.Do(request)
	var refusal struct{ Code string }
	err := xml.NewDecoder(answer.Body).Decode(&refusal)
	fmt.Printf("net/http alone: error %v, %d request, code %s\n", err, requests.Swap(0), refusal.Code)

	client := s3.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: aws.AnonymousCredentials{}},
		func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: bytes.NewReader(object)})
	status, code := 0, "no code"
	if failed := (*smithyhttp.ResponseError)(nil); errors.As(err, &failed) {
		status = failed.HTTPStatusCode()
	}
	if refused := smithy.APIError(nil); errors.As(err, &refused) {
		code = "code " + refused.ErrorCode()
	}
	fmt.Printf("the SDK: status %d, closed connection %v, %d requests, %s\n", status, errors.Is(err, net.ErrClosed), requests.Load(), code)
}
GO
go mod init finding 2>/dev/null
go get github.com/aws/aws-sdk-go-v2@v1.48.0 github.com/aws/aws-sdk-go-v2/service/s3@v1.114.10 github.com/aws/smithy-go@v1.28.9 2>/dev/null
go mod tidy 2>/dev/null
go run . | tee seen
diff seen - <<'SEEN'
net/http alone: error <nil>, 1 request, code AccountFull
the SDK: status 403, closed connection true, 3 requests, no code
SEEN
