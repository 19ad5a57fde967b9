// Command sdk is a function that makes the SDK's configuration and clients as the SDK's guide shows
// it, and calls nothing. The start-up times of the functions are compared with its own.
// https://docs.aws.amazon.com/sdk-for-go/v2/developer-guide/configure-gosdk.html
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	table, queue := dynamodb.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	lambda.Start(func() (string, error) { return table.Options().Region + queue.Options().Region, nil })
}
