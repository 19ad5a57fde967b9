package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/table"
)

// itemsPerUnit is how many items one read capacity unit pays for. With eventually consistent reads a unit
// is 8 KB. A classified item has about 230 bytes.
const itemsPerUnit = 35

// pageItems returns how many items one Scan reads. It is as many as the rate allows in a second, but at
// most 1000. A page of 1 MB, the most that Scan allows, would cost 128 units at once.
func pageItems(rate float64) int {
	return max(1, int(min(rate*itemsPerUnit, 1000)))
}

// scanner reads the table, and finds the items that a search looks for.
type scanner struct {
	client *dynamodb.Client
	pacer  *pacer
	search search
	before string // pending items were created before this time
}

// page is the result of one Scan.
type page struct {
	ids     []string // of the items that match
	scanned int      // how many items DynamoDB read
	last    string   // id of the last item that it read, or "" at the end of the segment
}

// lookUp returns roughly how many items the table has, which DynamoDB counts about every six hours, and what
// tells the table from one that had its name before. It returns an error if the table is missing or has another
// key than ours. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (s *scanner) lookUp(ctx context.Context) (items int, identity string, err error) {
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.search.Table},
		func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }) // no retries: a wrong address or name should be reported at once
	if err != nil {
		return 0, "", fmt.Errorf("look up table %s: %w", s.search.Table, err)
	}
	if out.Table == nil {
		return 0, "", fmt.Errorf("look up table %s: the answer has no table: is it a DynamoDB?", s.search.Table)
	}
	if keys := out.Table.KeySchema; len(keys) != 1 || aws.ToString(keys[0].AttributeName) != "id" {
		return 0, "", fmt.Errorf("table %s has another key than id: is it the table of template.yaml?", s.search.Table)
	}
	identity = aws.ToString(out.Table.TableId)
	if identity == "" { // an emulator may not have it
		identity = aws.ToTime(out.Table.CreationDateTime).UTC().Format(time.RFC3339Nano)
	}
	return int(aws.ToInt64(out.Table.ItemCount)), identity, nil
}

// scan reads one page of a segment. after is the id of the last item of the page before, or "" for the
// first page. The read is eventually consistent, because that costs half. It can show an item as it was a
// moment ago. That does no harm: to enqueue a key once too often changes nothing, and items that young are
// not looked for.
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
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata) // else a proxy's empty answer is the end of the segment
	}
	if err != nil {
		return page{}, fmt.Errorf("scan table %s: %w", s.search.Table, err)
	}
	if out.ConsumedCapacity != nil { // AWS returns it, because the call asks for it; an emulator may not
		s.pacer.settle(reserved, aws.ToFloat64(out.ConsumedCapacity.CapacityUnits))
	}
	p := page{scanned: int(out.ScannedCount), last: id(out.LastEvaluatedKey)}
	for _, item := range out.Items {
		p.ids = append(p.ids, id(item))
	}
	return p, nil
}

// filter returns the search as a filter expression of DynamoDB. Normally it leaves out failed items. Their
// messages are in the dead-letter queue, and are meant to be redriven. If the keys were enqueued
// instead, these messages would stay there.
func (s *scanner) filter() (expression *string, values map[string]types.AttributeValue) {
	values = map[string]types.AttributeValue{":before": text(s.before), ":text": text("S"), ":first": text("0"), ":last": text(table.LastVersion)}
	look := "NOT model_version BETWEEN :first AND :last OR NOT attribute_type(pred_target, :text)"
	if s.search.Failed { // an item can fail that an older model has classified
		look += " OR attribute_exists(failure_code)"
	}
	filter := "((" + look + ") AND created_at < :before"
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

// id returns the id of an item or a key, or "" if it has none.
func id(item map[string]types.AttributeValue) string {
	if value, ok := item["id"].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}
