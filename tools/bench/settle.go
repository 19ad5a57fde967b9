package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/stack"
)

// settle waits until no message is left in EnrichQueue. The error tells if items were not
// classified then.
func settle(ctx context.Context, cfg aws.Config, items int) error {
	client := sqs.NewFromConfig(cfg)
	url, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("EnrichQueue")})
	if err != nil {
		return err
	}
	for {
		backlog, err := stack.BacklogOf(ctx, client, *url.QueueUrl)
		if err != nil {
			return err
		}
		if backlog.Total() == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n, err := classified(ctx, cfg); err != nil || n != items {
		return fmt.Errorf("%d of %d items are classified (error: %w)", n, items, err)
	}
	return nil
}

// classified counts the items that are.
func classified(ctx context.Context, cfg aws.Config) (int, error) {
	all, err := latencies(ctx, cfg)
	return len(all), err
}

// latencies returns how long it took from the POST of each item until its classification was
// written.
func latencies(ctx context.Context, cfg aws.Config) (all []time.Duration, err error) {
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(cfg), &dynamodb.ScanInput{
		TableName: aws.String("IrisTable"), FilterExpression: aws.String("attribute_exists(pred_target)"), ProjectionExpression: aws.String("created_at, classified_at"),
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
			all = append(all, classified.Sub(created)+callTime) // the time in it is before the call
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

// percentile sorts the values.
func percentile(values []time.Duration, percent int) time.Duration {
	slices.Sort(values)
	return values[(len(values)-1)*percent/100]
}
