package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stack"
)

// settle waits until no message is left in EnrichQueue. All of the items must be classified then, and it
// returns the time from the POST of each until its classification was written.
func settle(ctx context.Context, cfg aws.Config, items int) ([]time.Duration, error) {
	client := sqs.NewFromConfig(cfg)
	url, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("EnrichQueue")})
	if err != nil {
		return nil, err
	}
	for {
		backlog, err := stack.BacklogOf(ctx, client, *url.QueueUrl)
		if err != nil {
			return nil, err
		}
		if backlog.Total() == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	all, err := latencies(ctx, cfg)
	if err != nil || len(all) != items {
		return nil, fmt.Errorf("%d of %d items are classified (error: %w)", len(all), items, err)
	}
	return all, nil
}

// latencies reads the times of all items that are classified.
func latencies(ctx context.Context, cfg aws.Config) (all []time.Duration, err error) {
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(cfg), &dynamodb.ScanInput{
		TableName: aws.String(names.Table()), FilterExpression: aws.String("attribute_exists(pred_target)"), ProjectionExpression: aws.String("created_at, classified_at"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			created, errCreated := timeOf(item["created_at"])
			classified, errClassified := timeOf(item["classified_at"])
			if err := errors.Join(errCreated, errClassified); err != nil {
				return nil, err
			}
			all = append(all, classified.Sub(created)+callTime) // classified_at is the time before the write
		}
	}
	return all, nil
}

func timeOf(attribute types.AttributeValue) (time.Time, error) {
	text, ok := attribute.(*types.AttributeValueMemberS)
	if !ok {
		return time.Time{}, fmt.Errorf("%v is no text", attribute)
	}
	return time.Parse(time.RFC3339, text.Value)
}
