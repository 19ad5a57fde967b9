package table

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// Part is a part of the table, as [Table.Scan] returns it.
type Part struct {
	Items []item.Item
	Next  string  // the id that the next part begins after, or "" when there is none
	Units float64 // read capacity units that it took
}

// Scan reads up to limit items that follow the one with the id after in DynamoDB's own order, or the
// first ones for "". This order has nothing to do with what is in the items, because ids are hashes. So
// the first items are a fair sample of all. The items are read eventually consistent.
//
// It is for people who look at the table. The functions read items by their ids.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
func (t *Table) Scan(ctx context.Context, after string, limit int) (Part, error) {
	in := &dynamodb.ScanInput{TableName: &t.name, Limit: aws.Int32(int32(limit)), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal}
	if after != "" {
		in.ExclusiveStartKey = key(after)
	}
	out, err := t.client.Scan(ctx, in)
	if err == nil {
		err = awsclient.Answered(out.ResultMetadata) // else a proxy's empty answer is an empty table
	}
	if err != nil {
		return Part{}, fmt.Errorf("scan table %s: %w", t.name, err)
	}
	part := Part{Next: text(out.LastEvaluatedKey, "id")}
	for _, attributes := range out.Items {
		part.Items = append(part.Items, decode(attributes))
	}
	if out.ConsumedCapacity != nil {
		part.Units = aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
	}
	return part, nil
}
