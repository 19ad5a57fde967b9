package dynamodb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	dynamodbserver "simple-sam-demo/local/dynamodb"
)

var equalItems = cmpopts.IgnoreUnexported(
	types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberBOOL{}, types.AttributeValueMemberL{},
	types.AttributeValueMemberM{}, types.AttributeValueMemberB{}, types.AttributeValueMemberNULL{}, types.AttributeValueMemberSS{},
	types.AttributeValueMemberNS{}, types.AttributeValueMemberBS{},
)

// old is an item with values of different types.
var old = item{
	"id":      text("1"),
	"kind":    text("letter"),
	"width":   number("0.2"),
	"seen":    &types.AttributeValueMemberBOOL{Value: true},
	"none":    &types.AttributeValueMemberNULL{Value: true},
	"image":   &types.AttributeValueMemberB{Value: []byte{0, 255}},
	"tags":    &types.AttributeValueMemberSS{Value: []string{"a"}},
	"entries": &types.AttributeValueMemberL{Value: []types.AttributeValue{number("1"), text("x")}},
	"map":     &types.AttributeValueMemberM{Value: item{"a": number("1")}},
}

// conditional writes the item with the key if the condition holds.
type conditional func(ctx context.Context, c *dynamodb.Client, table string, key item, condition *string, show types.ReturnValuesOnConditionCheckFailure) error

var writes = map[string]conditional{
	"PutItem": func(ctx context.Context, c *dynamodb.Client, table string, key item, condition *string, show types.ReturnValuesOnConditionCheckFailure) error {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: key, ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: show})
		return err
	},
	"UpdateItem": func(ctx context.Context, c *dynamodb.Client, table string, key item, condition *string, show types.ReturnValuesOnConditionCheckFailure) error {
		_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &table, Key: key, ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: show,
			UpdateExpression: aws.String("SET width = :w"), ExpressionAttributeValues: item{":w": number("9")},
		})
		return err
	},
	"DeleteItem": func(ctx context.Context, c *dynamodb.Client, table string, key item, condition *string, show types.ReturnValuesOnConditionCheckFailure) error {
		_, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: key, ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: show})
		return err
	},
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html#DDB-PutItem-request-ReturnValuesOnConditionCheckFailure
func TestAWriteWhoseConditionFailsShowsTheOldItemWhenAsked(t *testing.T) {
	for operation, write := range writes {
		for name, test := range map[string]struct {
			keys      []string
			key       item
			condition string
			show      types.ReturnValuesOnConditionCheckFailure
			want      item
		}{
			"all of it":                 {[]string{"id"}, item{"id": text("1")}, "attribute_not_exists(id)", "ALL_OLD", old},
			"with a sort key":           {[]string{"id", "kind"}, item{"id": text("1"), "kind": text("letter")}, "attribute_not_exists(id)", "ALL_OLD", old},
			"not with NONE":             {[]string{"id"}, item{"id": text("1")}, "attribute_not_exists(id)", "NONE", nil},
			"not without the parameter": {[]string{"id"}, item{"id": text("1")}, "attribute_not_exists(id)", "", nil},
			"no item if there was none": {[]string{"id"}, item{"id": text("2")}, "attribute_exists(id)", "ALL_OLD", nil},
		} {
			t.Run(operation+", "+name, func(t *testing.T) {
				client := newClient()
				createTable(t, client, "Records", test.keys...)
				put(t, client, "Records", old)
				err := write(t.Context(), client, "Records", test.key, &test.condition, test.show)
				var failed *types.ConditionalCheckFailedException
				if !errors.As(err, &failed) {
					t.Fatalf("got %v, want ConditionalCheckFailedException", err)
				}
				if diff := cmp.Diff(test.want, failed.Item, equalItems); diff != "" {
					t.Errorf("old item (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(old, get(t.Context(), t, client, "Records", keyOf(old, test.keys)), equalItems); diff != "" {
					t.Errorf("the write changed the item (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func keyOf(i item, names []string) item {
	key := item{}
	for _, name := range names {
		key[name] = i[name]
	}
	return key
}

func TestAWriteWhoseConditionHoldsIsDone(t *testing.T) {
	for operation, write := range writes {
		t.Run(operation, func(t *testing.T) {
			client := newClient()
			createTable(t, client, "Records", "id")
			put(t, client, "Records", old)
			key := item{"id": text("1")}
			if err := write(t.Context(), client, "Records", key, aws.String("attribute_exists(id)"), "ALL_OLD"); err != nil {
				t.Fatal(err)
			}
			if cmp.Equal(old, get(t.Context(), t, client, "Records", key), equalItems) {
				t.Error("the item is as it was")
			}
		})
	}
}

func TestATableThatIsCreatedAgainHasItsNewKey(t *testing.T) {
	client := newClient()
	createTable(t, client, "Records", "kind")
	if _, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("Records")}); err != nil {
		t.Fatal(err)
	}
	createTable(t, client, "Records", "id")
	put(t, client, "Records", old)
	err := writes["PutItem"](t.Context(), client, "Records", item{"id": text("1"), "kind": text("bird")}, aws.String("attribute_not_exists(id)"), "ALL_OLD")
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) || len(failed.Item) != len(old) {
		t.Errorf("got %v, want ConditionalCheckFailedException with the old item", err)
	}
}

// On AWS, size("é𝄞") is 3: it counts UTF-16 code units, so a character beyond U+FFFF counts twice.
// https://github.com/ExtendDB/extenddb/issues/60 and pull/67 ("Verified against real DynamoDB: size("é𝄞") = 3 succeeds")
func TestTheSizeOfATextCountsUTF16(t *testing.T) {
	server := dynamodbserver.New("us-east-1", "000000000000")
	post(t, server, "CreateTable", tableT)
	post(t, server, "PutItem", `{"TableName":"Ttt","Item":{"pk":{"S":"a"},"x":{"S":"é𝄞"}}}`)
	got := post(t, server, "UpdateItem", `{"TableName":"Ttt","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET touched = :n",`+
		`"ConditionExpression":"size(x) = :n","ExpressionAttributeValues":{":n":{"N":"3"}}}`).Body.String()
	if got != "{}" {
		t.Errorf("size(x) = 3: answered %s, want {}", got)
	}
}
