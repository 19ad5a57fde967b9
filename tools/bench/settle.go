package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
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
		out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		if err != nil {
			return err
		}
		a := out.Attributes
		if a["ApproximateNumberOfMessages"] == "0" && a["ApproximateNumberOfMessagesNotVisible"] == "0" && a["ApproximateNumberOfMessagesDelayed"] == "0" {
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
	count := 0
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(cfg), &dynamodb.ScanInput{
		TableName: aws.String("IrisTable"), Select: types.SelectCount, FilterExpression: aws.String("attribute_exists(pred_target)"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return count, err
		}
		count += int(page.Count)
	}
	return count, nil
}
