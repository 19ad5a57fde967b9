package dynamodb_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

var abc = item{"id": text("1"), "a": text("A"), "b": text("B"), "c": text("C")}

// removals are updates of the item abc.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html#Expressions.UpdateExpressions.REMOVE
var removals = map[string]struct {
	expression string
	want       item
}{
	"one":                         {"REMOVE a", item{"id": text("1"), "b": text("B"), "c": text("C")}},
	"several":                     {"REMOVE a, c", item{"id": text("1"), "b": text("B")}},
	"in small letters":            {"remove a", item{"id": text("1"), "b": text("B"), "c": text("C")}},
	"by an alias":                 {"REMOVE #a", item{"id": text("1"), "b": text("B"), "c": text("C")}},
	"that the item does not have": {"REMOVE d", abc},
	"and sets others":             {"SET b = :v REMOVE a", item{"id": text("1"), "b": text("V"), "c": text("C")}},
	"before it sets others":       {"REMOVE a,c SET b = :v", item{"id": text("1"), "b": text("V")}},
	"on several lines":            {"REMOVE\n\ta,\n\tc", item{"id": text("1"), "b": text("B")}},
	"none without REMOVE":         {"SET b = :v", item{"id": text("1"), "a": text("A"), "b": text("V"), "c": text("C")}},
	"of an item with others":      {"REMOVE a SET d = :v", item{"id": text("1"), "b": text("B"), "c": text("C"), "d": text("V")}},
}

func TestAnUpdateRemovesAttributes(t *testing.T) {
	for name, test := range removals {
		t.Run(name, func(t *testing.T) {
			client := newClient()
			createTable(t, client, "Records", "id")
			put(t, client, "Records", abc)
			put(t, client, "Records", item{"id": text("2"), "a": text("A")})
			in := &dynamodb.UpdateItemInput{TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: &test.expression}
			if strings.Contains(test.expression, "#a") {
				in.ExpressionAttributeNames = map[string]string{"#a": "a"}
			}
			if strings.Contains(test.expression, ":v") {
				in.ExpressionAttributeValues = item{":v": text("V")}
			}
			if _, err := client.UpdateItem(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, get(t.Context(), t, client, "Records", item{"id": text("1")}), equalItems); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
			if other := get(t.Context(), t, client, "Records", item{"id": text("2")}); len(other) != 2 {
				t.Errorf("another item is now %v", other)
			}
		})
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html#DDB-UpdateItem-request-ReturnValues
func TestAnUpdateThatRemovesReturnsWhatItIsAskedFor(t *testing.T) {
	before := item{"id": text("1"), "a": text("A"), "b": text("B")}
	for ask, want := range map[types.ReturnValue]item{
		"NONE":    nil,
		"ALL_OLD": before,
		"ALL_NEW": {"id": text("1"), "b": text("B")},
	} {
		t.Run(string(ask), func(t *testing.T) {
			client := newClient()
			createTable(t, client, "Records", "id")
			put(t, client, "Records", before)
			out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: aws.String("REMOVE a"), ReturnValues: ask,
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, out.Attributes, equalItems); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}

// An update reads the item and writes it again. Nothing may come between.
func TestAnUpdateWithRemoveDoesNotUndoOtherUpdates(t *testing.T) {
	const rounds = 30
	client := newClient()
	createTable(t, client, "Records", "id")
	put(t, client, "Records", item{"id": text("1"), "n": number("0")})
	update := func(expression string, values item) {
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("Records"), Key: item{"id": text("1")}, UpdateExpression: &expression, ExpressionAttributeValues: values,
		})
		if err != nil {
			t.Error(err)
		}
	}
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() {
			for range rounds {
				update("SET n = n + :one", item{":one": number("1")})
			}
		})
		running.Go(func() {
			for range rounds {
				update("SET a = :a", item{":a": text("A")})
				update("REMOVE a", nil)
			}
		})
	}
	running.Wait()
	got := get(t.Context(), t, client, "Records", item{"id": text("1")})
	if diff := cmp.Diff(item{"id": text("1"), "n": number("60")}, got, equalItems); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func TestAnUpdateWithoutAnExpressionCreatesAnItemThatHasOnlyTheKey(t *testing.T) {
	nothing := item{"id": text("3"), "nothing": text("is lost")}
	for id, want := range map[string]item{"1": abc, "2": {"id": text("2")}, "3": nothing} {
		client := newTable(t, abc, nothing)
		out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("Records"), Key: item{"id": text(id)}, ReturnValues: types.ReturnValueAllNew,
		})
		if err != nil {
			t.Fatal(err)
		}
		got := []item{out.Attributes, get(t.Context(), t, client, "Records", item{"id": text(id)})}
		if diff := cmp.Diff([]item{want, want}, got, equalItems); diff != "" {
			t.Errorf("returned and stored (-want +got):\n%s", diff)
		}
	}
}
