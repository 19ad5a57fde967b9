// Command lambda runs the reader on AWS Lambda.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"simple-sam-demo/reader"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/telemetry"
)

func main() {
	log := telemetry.NewLogger()
	cfg, err := awsclient.Load()
	if err != nil {
		log.Error("reader can't start", "error", err)
		os.Exit(1)
	}
	handler, err := reader.New(os.Getenv, cfg, log)
	if err != nil {
		log.Error("reader can't start", "error", err)
		os.Exit(1)
	}
	handler.Connect(context.Background())
	lambda.Start(handler.Handle)
}
