package dynamodb_test

import (
	"cmp"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	gocmp "github.com/google/go-cmp/cmp"

	dynamodbserver "simple-sam-demo/local/dynamodb"
	"simple-sam-demo/local/stack"
)

// lag gives requests a lag.
type lag struct {
	lag  time.Duration
	next aws.HTTPClient
}

func (l lag) Do(r *http.Request) (*http.Response, error) {
	return l.next.Do(r.WithContext(dynamodbserver.WithLag(r.Context(), l.lag)))
}

// lagging returns a client whose reads have a lag.
func lagging(d time.Duration) *dynamodb.Client {
	cfg := stack.Remembering(d).Config()
	cfg.HTTPClient = lag{d, cfg.HTTPClient}
	return dynamodb.NewFromConfig(cfg)
}

// reads are all ways to read the attribute n of the items of a table Records with the items a and b. The values are in order.
var reads = map[string]func(t *testing.T, client *dynamodb.Client, consistent bool) ([]item, error){
	"GetItem": func(t *testing.T, client *dynamodb.Client, consistent bool) (found []item, err error) {
		for _, id := range []string{"a", "b"} {
			out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("Records"), Key: item{"id": text(id)}, ConsistentRead: &consistent})
			if err != nil {
				return nil, err
			}
			found = append(found, out.Item)
		}
		return found, nil
	},
	"BatchGetItem": func(t *testing.T, client *dynamodb.Client, consistent bool) ([]item, error) {
		out, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			"Records": {Keys: []item{{"id": text("a")}, {"id": text("b")}}, ConsistentRead: &consistent},
		}})
		return out.Responses["Records"], err
	},
	"Scan": func(t *testing.T, client *dynamodb.Client, consistent bool) ([]item, error) {
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Records"), ConsistentRead: &consistent})
		return out.Items, err
	},
	"Query": func(t *testing.T, client *dynamodb.Client, consistent bool) (found []item, err error) {
		for _, id := range []string{"a", "b"} {
			out, err := client.Query(t.Context(), &dynamodb.QueryInput{
				TableName: aws.String("Records"), ConsistentRead: &consistent,
				KeyConditionExpression: aws.String("id = :id"), ExpressionAttributeValues: item{":id": text(id)},
			})
			if err != nil {
				return nil, err
			}
			found = append(found, out.Items...)
		}
		return found, nil
	},
	"ExecuteStatement": func(t *testing.T, client *dynamodb.Client, consistent bool) ([]item, error) {
		out, err := client.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM Records`), ConsistentRead: &consistent})
		return out.Items, err
	},
	"BatchExecuteStatement": func(t *testing.T, client *dynamodb.Client, consistent bool) (found []item, err error) {
		in := &dynamodb.BatchExecuteStatementInput{}
		for _, id := range []string{"a", "b"} {
			in.Statements = append(in.Statements, types.BatchStatementRequest{Statement: aws.String(`SELECT * FROM Records WHERE id='` + id + `'`), ConsistentRead: &consistent})
		}
		out, err := client.BatchExecuteStatement(t.Context(), in)
		for _, r := range out.Responses {
			found = append(found, r.Item)
		}
		return found, err
	},
}

func numbers(items []item) (values []string) {
	items = slices.DeleteFunc(items, func(i item) bool { return i == nil })
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Compare(a["id"].(*types.AttributeValueMemberS).Value, b["id"].(*types.AttributeValueMemberS).Value)
	})
	for _, i := range items {
		values = append(values, i["n"].(*types.AttributeValueMemberN).Value)
	}
	return values
}

func TestAReadThatIsNotConsistentSeesTheTableAsItWas(t *testing.T) {
	const behind = 3 * time.Second
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := lagging(behind)
				createTable(t, client, "Records", "id")
				want := func(consistent bool, n ...string) {
					t.Helper()
					found, err := read(t, client, consistent)
					if diff := gocmp.Diff(n, numbers(found)); diff != "" || err != nil {
						t.Errorf("consistent %v (-want +got):\n%s%v", consistent, diff, err)
					}
				}
				put(t, client, "Records", item{"id": text("a"), "n": number("1")})
				put(t, client, "Records", item{"id": text("b"), "n": number("1")})
				want(false)
				time.Sleep(2 * time.Second)
				put(t, client, "Records", item{"id": text("a"), "n": number("2")})
				if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("Records"), Key: item{"id": text("b")}}); err != nil {
					t.Fatal(err)
				}
				want(false)
				want(true, "2")
				time.Sleep(2 * time.Second)
				want(false, "1", "1")
				want(true, "2")
				time.Sleep(2 * time.Second)
				want(false, "2")
			})
		})
	}
}

func TestAnIndexLagsAsItsTableDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := lagging(time.Second)
		createTable(t, client, "Records", "id")
		_, err := client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{
			TableName: aws.String("Records"), AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("class"), AttributeType: types.ScalarAttributeTypeS}},
			GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
				IndexName: aws.String("byClass"), KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("class"), KeyType: types.KeyTypeHash}},
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		count := func() int32 {
			out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Records"), IndexName: aws.String("byClass")})
			if err != nil {
				t.Fatal(err)
			}
			return out.Count
		}
		put(t, client, "Records", item{"id": text("a"), "class": text("x")})
		before := count()
		time.Sleep(time.Second)
		if after := count(); before != 0 || after != 1 {
			t.Errorf("the index has %d items at once and %d later, want 0 and 1", before, after)
		}
	})
}

func TestATransactionReadsConsistently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := lagging(time.Hour)
		createTable(t, client, "Records", "id")
		put(t, client, "Records", item{"id": text("a"), "n": number("1")})
		got, err := client.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: aws.String("Records"), Key: item{"id": text("a")}}}}})
		if err != nil || got.Responses[0].Item == nil {
			t.Errorf("TransactGetItems: %v, %v", got, err)
		}
		selected, err := client.ExecuteTransaction(t.Context(), &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{{Statement: aws.String(`SELECT * FROM Records WHERE id='a'`)}}})
		if err != nil || selected.Responses[0].Item == nil {
			t.Errorf("ExecuteTransaction: %v, %v", selected, err)
		}
	})
}
