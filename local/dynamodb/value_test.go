package dynamodb_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// empties is an item that has an empty value of every type that can be empty.
var empties = item{
	"id":     text("1"),
	"text":   text(""),
	"bytes":  &types.AttributeValueMemberB{Value: []byte{}},
	"list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{}},
	"map":    &types.AttributeValueMemberM{Value: item{}},
	"nested": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: item{}}}},
}

// shows lists the operations that can show the item with the id 1.
var shows = map[string]func(t *testing.T, client *dynamodb.Client) (item, error){
	"GetItem": func(t *testing.T, client *dynamodb.Client) (item, error) {
		return get(t.Context(), t, client, "Records", item{"id": text("1")}), nil
	},
	"BatchGetItem": func(t *testing.T, client *dynamodb.Client) (item, error) {
		out, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{"Records": {Keys: []item{{"id": text("1")}}}},
		})
		if err != nil {
			return nil, err
		}
		return out.Responses["Records"][0], nil
	},
	"TransactGetItems": func(t *testing.T, client *dynamodb.Client) (item, error) {
		out, err := client.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: aws.String("Records"), Key: item{"id": text("1")}}},
		}})
		if err != nil {
			return nil, err
		}
		return out.Responses[0].Item, nil
	},
	"Scan": func(t *testing.T, client *dynamodb.Client) (item, error) {
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Records")})
		if err != nil {
			return nil, err
		}
		return out.Items[0], nil
	},
	"DeleteItem": func(t *testing.T, client *dynamodb.Client) (item, error) {
		out, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: aws.String("Records"), Key: item{"id": text("1")}, ReturnValues: types.ReturnValueAllOld,
		})
		if err != nil {
			return nil, err
		}
		return out.Attributes, nil
	},
}

func TestAnEmptyValueKeepsItsType(t *testing.T) {
	for operation, show := range shows {
		t.Run(operation, func(t *testing.T) {
			got, err := show(t, newTable(t, empties))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(empties, got, equalItems); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnEmptyValueOutlivesUpdatesAndTransactions(t *testing.T) {
	client := newTable(t, empties)
	update := types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: aws.String("SET n = :n"), ExpressionAttributeValues: item{":n": number("1")},
	}}
	never := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: aws.String("Records"), Key: item{"id": text("2")}, ConditionExpression: aws.String("attribute_exists(id)"),
	}}
	_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String("Records"), Item: item{"id": text("3")}}}, update, never,
	}})
	if !is[*types.TransactionCanceledException](err) {
		t.Fatalf("got %v, want TransactionCanceledException", err)
	}
	scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("Records")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]item{empties}, scan.Items, equalItems); diff != "" {
		t.Errorf("items after a transaction that is cancelled (-want +got):\n%s", diff)
	}
	out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String("Records"), Key: item{"id": text("1")}, ReturnValues: types.ReturnValueAllNew,
		UpdateExpression: aws.String("REMOVE nothing"), ConditionExpression: aws.String("attribute_exists(id)"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(empties, out.Attributes, equalItems); diff != "" {
		t.Errorf("item after an update (-want +got):\n%s", diff)
	}
}

// Texts and binary values are in the order of their bytes, numbers in that of their values. The order in which they
// were written does not matter. paritysuite/dynamodb-conformance recorded this on AWS (updateItem/basic).
func TestTheElementsOfASetAreSorted(t *testing.T) {
	client := newTable(t, item{
		"id":     text("1"),
		"texts":  &types.AttributeValueMemberSS{Value: []string{"b", "", "é", "a", "B", "aa"}},
		"counts": &types.AttributeValueMemberNS{Value: []string{"10", "2", "-1", "-20", "1e-3"}},
		"blobs":  &types.AttributeValueMemberBS{Value: [][]byte{{200}, {1, 0}, {1}}},
		"fewer":  &types.AttributeValueMemberNS{Value: []string{"3", "20", "1"}},
		"list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberSS{Value: []string{"b", "a"}}}},
	})
	_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: aws.String("SET more = :b ADD counts :n DELETE fewer :one"),
		ConditionExpression: aws.String("texts = :t"),
		ExpressionAttributeValues: item{
			":t": &types.AttributeValueMemberSS{Value: []string{"a", "b", "aa", "é", "B", ""}}, ":b": &types.AttributeValueMemberSS{Value: []string{"y", "x"}},
			":n": &types.AttributeValueMemberNS{Value: []string{"5", "-3"}}, ":one": &types.AttributeValueMemberNS{Value: []string{"1"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := item{
		"id":     text("1"),
		"texts":  &types.AttributeValueMemberSS{Value: []string{"", "B", "a", "aa", "b", "é"}},
		"counts": &types.AttributeValueMemberNS{Value: []string{"-20", "-3", "-1", "0.001", "2", "5", "10"}},
		"blobs":  &types.AttributeValueMemberBS{Value: [][]byte{{1}, {1, 0}, {200}}},
		"fewer":  &types.AttributeValueMemberNS{Value: []string{"3", "20"}},
		"list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberSS{Value: []string{"a", "b"}}}},
		"more":   &types.AttributeValueMemberSS{Value: []string{"x", "y"}},
	}
	for operation, show := range shows {
		got, err := show(t, client)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, equalItems); diff != "" {
			t.Errorf("%s: item (-want +got):\n%s", operation, diff)
		}
		put(t, client, "Records", want)
	}
}
