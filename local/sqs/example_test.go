package sqs_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	localsqs "simple-sam-demo/local/sqs"
)

// A test of your own serves SQS at a free port, and calls it with the SDK.
func ExampleNew() {
	server := httptest.NewServer(localsqs.New("us-east-1", "000000000000"))
	defer server.Close()
	ctx, client := context.Background(), sqs.New(sqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: &server.URL,
		Credentials:  aws.AnonymousCredentials{},
	})

	queue, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("Orders")})
	if err != nil {
		panic(err)
	}
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("one coffee")})
	if err != nil {
		panic(err)
	}
	received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil {
		panic(err)
	}
	for _, message := range received.Messages {
		fmt.Println(*message.Body)
	}

	// Output: one coffee
}
