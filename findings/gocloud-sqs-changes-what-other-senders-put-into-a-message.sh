#!/usr/bin/env bash
# gocloud.dev 0.49.0, pubsub/awssnssqs: a subscription takes each message for one that the same package has sent, also with
# Raw: true ("passed through untouched", says its documentation). So a message of another sender comes out changed:
#   - a message attribute of the type Binary is an empty text in the metadata
#   - %XX in an attribute's value, and __0xXX__ in its name, are taken for escapes
#   - an attribute "base64encoded" has the body decoded whatever its value is, also "false"
# The attribute itself is then gone from the metadata. moto 5.2.5 is the SQS here; aws-sdk-go-v2/service/sqs v1.52.11
# sends the messages.
#
# Output seen on 2026-11-29:
#   photo, Binary "png": body "iris", metadata map["photo":""]
#   discount, String "50%20off": body "iris", metadata map["discount":"50 off"]
#   a__0x2f__b, String "x": body "iris", metadata map["a/b":"x"]
#   base64encoded, String "false": body "\x8a\xb8\xac", metadata map[]
set -euo pipefail
folder=$(mktemp -d)
trap '[[ -z ${server:-} ]] || kill "$server"; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[sqs,server]==5.2.5'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/moto_server -H 127.0.0.1 -p "$port" >server.log 2>&1 &
server=$!
until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"gocloud.dev/pubsub/awssnssqs"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	ctx := context.Background()
	client := sqs.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(os.Args[1]), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	queue := must(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})).QueueUrl
	subscription := awssnssqs.OpenSubscription(ctx, client, *queue, &awssnssqs.SubscriptionOptions{Raw: true})
	defer subscription.Shutdown(ctx)
	for _, a := range [][3]string{
		{"photo", "Binary", "png"},
		{"discount", "String", "50%20off"},
		{"a__0x2f__b", "String", "x"},
		{"base64encoded", "String", "false"},
	} {
		value := types.MessageAttributeValue{DataType: &a[1], StringValue: &a[2]}
		if a[1] == "Binary" {
			value = types.MessageAttributeValue{DataType: &a[1], BinaryValue: []byte(a[2])}
		}
		must(client.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: queue, MessageBody: aws.String("iris"), MessageAttributes: map[string]types.MessageAttributeValue{a[0]: value},
		}))
		m := must(subscription.Receive(ctx))
		fmt.Printf("%s, %s %q: body %q, metadata %q\n", a[0], a[1], a[2], m.Body, m.Metadata)
		m.Ack()
	}
}
GO
go mod init finding 2>/dev/null
go get gocloud.dev@v0.49.0 github.com/aws/aws-sdk-go-v2/service/sqs@v1.52.11 2>/dev/null
go mod tidy 2>/dev/null
go run . "http://127.0.0.1:$port" | tee seen
diff seen - <<'SEEN'
photo, Binary "png": body "iris", metadata map["photo":""]
discount, String "50%20off": body "iris", metadata map["discount":"50 off"]
a__0x2f__b, String "x": body "iris", metadata map["a/b":"x"]
base64encoded, String "false": body "\x8a\xb8\xac", metadata map[]
SEEN
