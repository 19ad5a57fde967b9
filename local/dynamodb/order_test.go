package dynamodb_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

const table = `{"TableName":"Records","BillingMode":"PAY_PER_REQUEST",
	"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}`

// fill puts n items into a new table and returns how long that takes.
func fill(t *testing.T, n int) time.Duration {
	t.Helper()
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", table)
	common := strings.Repeat("x", 2000) // makes keys slow to compare
	start := time.Now()
	for i := range n {
		id := common + strconv.Itoa(i*7919%1_000_003) // modulo a prime, so that the ids come in no order
		post(t, server, "PutItem", `{"TableName":"Records","Item":{"id":{"S":"`+id+`"}}}`)
	}
	return time.Since(start)
}

// If every put sorted all keys, it would take 10 times as long.
func TestFourTimesTheItemsTakeFourTimesAsLong(t *testing.T) {
	const n, most = 3000, 6.0
	ratio := math.Inf(1)
	for range 5 { // the fastest of 5, as other programs may slow the machine down
		ratio = min(ratio, float64(fill(t, 4*n))/float64(fill(t, n)))
		if ratio < most {
			return
		}
	}
	t.Errorf("%d items take %.1f times as long as %d, want less than %v times", 4*n, ratio, n, most)
}

// scanned scans a table in pages. It returns the ids, and the item count of DescribeTable.
func scanned(t *testing.T, client *dynamodb.Client) (ids []string, count int64) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: aws.String("Records"), Limit: aws.Int32(3)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			ids = append(ids, i["id"].(*types.AttributeValueMemberS).Value)
		}
	}
	out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("Records")})
	if err != nil {
		t.Fatal(err)
	}
	return ids, aws.ToInt64(out.Table.ItemCount)
}

// changes are writes to a table that holds the items 0 to 9, and the ids that are there afterwards.
var changes = map[string]struct {
	change func(t *testing.T, client *dynamodb.Client) error
	want   []string
}{
	"a new item": {func(t *testing.T, client *dynamodb.Client) error {
		put(t, client, "Records", item{"id": text("45")})
		return nil
	}, []string{"0", "1", "2", "3", "4", "45", "5", "6", "7", "8", "9"}},
	"an item replaced": {func(t *testing.T, client *dynamodb.Client) error {
		put(t, client, "Records", item{"id": text("4"), "width": number("1")})
		return nil
	}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
	"an update that makes an item": {func(t *testing.T, client *dynamodb.Client) error {
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("Records"), Key: item{"id": text("45")},
			UpdateExpression: aws.String("SET width = :w"), ExpressionAttributeValues: item{":w": number("1")},
		})
		return err
	}, []string{"0", "1", "2", "3", "4", "45", "5", "6", "7", "8", "9"}},
	"items deleted": {func(t *testing.T, client *dynamodb.Client) error {
		var err error
		for _, id := range []string{"0", "5", "9", "none"} {
			if _, failed := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("Records"), Key: item{"id": text(id)}}); failed != nil {
				err = failed
			}
		}
		return err
	}, []string{"1", "2", "3", "4", "6", "7", "8"}},
	"a batch": {func(t *testing.T, client *dynamodb.Client) error {
		_, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"Records": {
			{PutRequest: &types.PutRequest{Item: item{"id": text("75")}}}, {PutRequest: &types.PutRequest{Item: item{"id": text("25")}}},
			{DeleteRequest: &types.DeleteRequest{Key: item{"id": text("3")}}}, {DeleteRequest: &types.DeleteRequest{Key: item{"id": text("8")}}},
		}}})
		return err
	}, []string{"0", "1", "2", "25", "4", "5", "6", "7", "75", "9"}},
	"a transaction": {func(t *testing.T, client *dynamodb.Client) error {
		_, err := client.TransactWriteItems(t.Context(), transaction("attribute_exists(id)"))
		return err
	}, []string{"0", "1", "2", "25", "4", "5", "6", "7", "8", "9"}},
	"a transaction that fails": {func(t *testing.T, client *dynamodb.Client) error {
		_, err := client.TransactWriteItems(t.Context(), transaction("attribute_not_exists(id)"))
		if !is[*types.TransactionCanceledException](err) {
			return fmt.Errorf("got %v, want TransactionCanceledException", err)
		}
		return nil
	}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
}

// transaction puts the item 25 and deletes the item 3, if the condition on the item 9 is true.
func transaction(condition string) *dynamodb.TransactWriteItemsInput {
	table := aws.String("Records")
	return &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: item{"id": text("25")}}},
		{Delete: &types.Delete{TableName: table, Key: item{"id": text("3")}}},
		{ConditionCheck: &types.ConditionCheck{TableName: table, Key: item{"id": text("9")}, ConditionExpression: &condition}},
	}}
}

func TestAScanShowsAllItemsInOrderAfter(t *testing.T) {
	for name, test := range changes {
		t.Run(name, func(t *testing.T) {
			client := newClient()
			createTable(t, client, "Records", "id")
			for _, n := range []int{6, 0, 9, 2, 4, 8, 1, 3, 7, 5} {
				put(t, client, "Records", item{"id": text(strconv.Itoa(n))})
			}
			scanned(t, client) // a scan before the writes, as an index might keep the order
			if err := test.change(t, client); err != nil {
				t.Fatal(err)
			}
			ids, count := scanned(t, client)
			if diff := cmp.Diff(test.want, ids); diff != "" || int(count) != len(ids) {
				t.Errorf("%d items are counted; scanned (-want +got):\n%s", count, diff)
			}
		})
	}
}

func TestADeletedItemLeavesTheSecondaryIndexes(t *testing.T) {
	client := newClient()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("Records"), BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("kind"), AttributeType: types.ScalarAttributeTypeS},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("Kinds"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("kind"), KeyType: types.KeyTypeHash}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"2", "1", "3"} {
		put(t, client, "Records", pair(id, "rock"))
	}
	if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("Records"), Key: item{"id": text("1")}}); err != nil {
		t.Fatal(err)
	}
	out, err := client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: aws.String("Records"), IndexName: aws.String("Kinds"),
		KeyConditionExpression: aws.String("kind = :k"), ExpressionAttributeValues: item{":k": text("rock")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, i := range out.Items {
		ids = append(ids, i["id"].(*types.AttributeValueMemberS).Value)
	}
	slices.Sort(ids)
	if diff := cmp.Diff([]string{"2", "3"}, ids); diff != "" {
		t.Errorf("the index holds (-want +got):\n%s", diff)
	}
}
