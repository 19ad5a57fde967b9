package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/table"
)

// itemsPerUnit is how many items an eventually consistent read unit, 8 KB, is good for. A classified
// item has about 230 bytes.
const itemsPerUnit = 35

// pageItems returns how many items to evaluate in one Scan: no more than a second pays for, and no
// more than 1000. A page of 1 MB would cost 128 units at once.
func pageItems(rate float64) int {
	return max(1, int(min(rate*itemsPerUnit, 1000)))
}

// scanner reads the items that a search is for.
type scanner struct {
	client *dynamodb.Client
	pacer  *pacer
	search search
	before string // pending items were created before this time
}

// page is what one Scan found.
type page struct {
	ids     []string // of the items that match
	scanned int      // items evaluated
	last    string   // id of the last of these, or "" at the segment's end
}

// items looks at the table and returns how many items it has, which DynamoDB counts every six hours
// or so. The error may say that this is no table of items.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (s *scanner) items(ctx context.Context) (int, error) {
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.search.Table},
		func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }) // somebody may wait to hear that nothing is there
	if err != nil {
		return 0, fmt.Errorf("look up table %s: %w", s.search.Table, err)
	}
	if out.Table == nil {
		return 0, fmt.Errorf("look up table %s: the answer has no table: is it a DynamoDB?", s.search.Table)
	}
	if keys := out.Table.KeySchema; len(keys) != 1 || aws.ToString(keys[0].AttributeName) != "id" {
		return 0, fmt.Errorf("table %s has not id as its key", s.search.Table)
	}
	return int(aws.ToInt64(out.Table.ItemCount)), nil
}

// scan reads the page of a segment after an item, or the first one. An eventually consistent read
// costs half, and what it misses is too young to matter, or harmless to enqueue.
func (s *scanner) scan(ctx context.Context, segment int, after string) (page, error) {
	reserved, err := s.pacer.wait(ctx)
	if err != nil {
		return page{}, err
	}
	in := &dynamodb.ScanInput{
		TableName: &s.search.Table, Limit: aws.Int32(int32(pageItems(s.pacer.rate))),
		Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(int32(s.search.Segments)),
		ProjectionExpression:   aws.String("id"),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	in.FilterExpression, in.ExpressionAttributeValues = s.filter()
	if after != "" {
		in.ExclusiveStartKey = map[string]types.AttributeValue{"id": text(after)}
	}
	out, err := s.client.Scan(ctx, in)
	if err != nil {
		return page{}, fmt.Errorf("scan table %s: %w", s.search.Table, err)
	}
	if out.ConsumedCapacity != nil { // as it was asked for; an emulator may not tell
		s.pacer.settle(reserved, aws.ToFloat64(out.ConsumedCapacity.CapacityUnits))
	}
	p := page{scanned: int(out.ScannedCount), last: id(out.LastEvaluatedKey)}
	for _, item := range out.Items {
		p.ids = append(p.ids, id(item))
	}
	return p, nil
}

// filter is the search as DynamoDB takes it. A failed item has a message in the dead-letter queue,
// which is to be redriven; with the key alone, it would stay there.
func (s *scanner) filter() (expression *string, values map[string]types.AttributeValue) {
	values = map[string]types.AttributeValue{":before": text(s.before), ":text": text("S"), ":first": text("0"), ":last": text(table.LastVersion)}
	filter := "((NOT model_version BETWEEN :first AND :last OR NOT attribute_type(pred_target, :text)) AND created_at < :before"
	if s.search.ModelVersion != "" {
		filter += " OR model_version < :version"
		values[":version"] = text(s.search.ModelVersion)
	}
	filter += ")"
	if !s.search.Failed {
		filter += " AND attribute_not_exists(failure_code)"
	}
	return &filter, values
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// id returns the id of an item or a key, or "" where there is none.
func id(item map[string]types.AttributeValue) string {
	if value, ok := item["id"].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}
