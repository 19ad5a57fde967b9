package main

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	expr "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/local/clients/go/check"
)

// Year, Status and Name are reserved words in expressions.
type film struct {
	Studio string
	Year   int
	Name   string
	Status string                `dynamodbav:",omitempty"`
	Gross  attributevalue.Number `dynamodbav:",omitempty"`
	Cast   []string              `dynamodbav:",stringset,omitempty"`
	Awards []string              `dynamodbav:",omitempty"`
	Rating map[string]int        `dynamodbav:",omitempty"`
	Views  int                   `dynamodbav:",omitempty"`
}

type films struct {
	*dynamodb.Client
	table *string
}

func (db films) create(ctx context.Context) {
	keys := func(hash string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: &hash, KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("Year"), KeyType: types.KeyTypeRange},
		}
	}
	_, err := db.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   db.table,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("Studio"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("Year"), AttributeType: types.ScalarAttributeTypeN},
			{AttributeName: aws.String("Status"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: keys("Studio"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("ByStatus"),
			KeySchema:  keys("Status"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"Name"}},
		}},
	})
	check.OK("create the table", err)
	exists := dynamodb.NewTableExistsWaiter(db)
	check.OK("wait for the table", exists.Wait(ctx, &dynamodb.DescribeTableInput{TableName: db.table}, time.Minute))
}

// decode decodes an item and sorts its set, as sets have no order.
func decode(item map[string]types.AttributeValue) (decoded film) {
	check.OK("decode an item", attributevalue.UnmarshalMap(item, &decoded))
	slices.Sort(decoded.Cast)
	return decoded
}

// put creates an item. It fails if the item exists.
func (db films) put(ctx context.Context, item film) error {
	encoded, err := attributevalue.MarshalMap(item)
	check.OK("encode an item", err)
	built, err := expr.NewBuilder().WithCondition(expr.Name("Studio").AttributeNotExists()).Build()
	check.OK("build a condition", err)
	_, err = db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           db.table,
		Item:                                encoded,
		ConditionExpression:                 built.Condition(),
		ExpressionAttributeNames:            built.Names(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	return err
}

func key(studio string, year int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"Studio": &types.AttributeValueMemberS{Value: studio},
		"Year":   &types.AttributeValueMemberN{Value: strconv.Itoa(year)},
	}
}

func (db films) update(ctx context.Context, condition expr.ConditionBuilder, update expr.UpdateBuilder) film {
	built, err := expr.NewBuilder().WithCondition(condition).WithUpdate(update).Build()
	check.OK("build an update", err)
	out, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 db.table,
		Key:                       key("A", 1999),
		UpdateExpression:          built.Update(),
		ConditionExpression:       built.Condition(),
		ExpressionAttributeNames:  built.Names(),
		ExpressionAttributeValues: built.Values(),
		ReturnValues:              types.ReturnValueAllNew,
	})
	check.OK("update", err)
	return decode(out.Attributes)
}

// query makes a query in pages of two items and returns the years of the items.
func (db films) query(ctx context.Context, index *string, query expr.Builder) (years []int) {
	built, err := query.WithProjection(expr.NamesList(expr.Name("Year"))).Build()
	check.OK("build a query", err)
	pages := dynamodb.NewQueryPaginator(db, &dynamodb.QueryInput{
		TableName:                 db.table,
		IndexName:                 index,
		Limit:                     aws.Int32(2),
		KeyConditionExpression:    built.KeyCondition(),
		FilterExpression:          built.Filter(),
		ProjectionExpression:      built.Projection(),
		ExpressionAttributeNames:  built.Names(),
		ExpressionAttributeValues: built.Values(),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check.OK("query", err)
		for _, item := range page.Items {
			years = append(years, decode(item).Year)
		}
	}
	return years
}

// write puts up to 25 items in one batch.
func (db films) write(ctx context.Context, items []film) {
	var writes []types.WriteRequest
	for _, item := range items {
		encoded, err := attributevalue.MarshalMap(item)
		check.OK("encode an item", err)
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: encoded}})
	}
	out, err := db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*db.table: writes}})
	check.OK("write a batch", err)
	check.Equal("items not processed", len(out.UnprocessedItems), 0)
}

// get reads items in one batch: the keys and the views of those that exist.
func (db films) get(ctx context.Context, keys ...map[string]types.AttributeValue) (found []film) {
	names := expr.NamesList(expr.Name("Studio"), expr.Name("Year"), expr.Name("Views"))
	built, err := expr.NewBuilder().WithProjection(names).Build()
	check.OK("build a projection", err)
	items := types.KeysAndAttributes{
		Keys: keys, ProjectionExpression: built.Projection(), ExpressionAttributeNames: built.Names(),
	}
	out, err := db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*db.table: items}})
	check.OK("get a batch", err)
	check.Equal("keys not processed", len(out.UnprocessedKeys), 0)
	for _, item := range out.Responses[*db.table] {
		found = append(found, decode(item))
	}
	return found
}
