package dynamodb_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// operation is one call, or several calls that belong together. A test draws it once and makes it on
// both servers.
type operation struct {
	name  string
	input any
	on    func(c *comparison, client *dynamodb.Client) told
}

func (o operation) String() string { return o.name + " " + inWords(o.input) }

// call returns an operation of one SDK call. ordered says whether the order of lists in its answer
// matters.
func call[In, Out any](name string, in *In, ordered bool, do func(*dynamodb.Client, context.Context, *In, ...func(*dynamodb.Options)) (*Out, error)) operation {
	return operation{name, in, func(c *comparison, client *dynamodb.Client) told {
		f := told{}
		if out, err := do(client, c.t.Context(), in); err != nil {
			tellError(f, err)
		} else {
			tell(f, ordered, out)
		}
		return f
	}}
}

// actions returns the actions of a sequence by name. An action draws an operation and does it. A
// kind of operation that has several names is drawn more often.
func (c *comparison) actions() map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){}
	for name, draw := range map[string]func(drawn, *rapid.T) operation{
		"put": drawn.put, "put again": drawn.put, "put a third time": drawn.put,
		"update": drawn.update, "update again": drawn.update, "update a third time": drawn.update,
		"delete": drawn.delete, "get": drawn.get,
		"query": drawn.query, "query again": drawn.query, "scan": drawn.scan,
		"batch write": drawn.batchWrite, "batch get": drawn.batchGet,
		"transact write": drawn.transactWrite, "transact get": drawn.transactGet,
		"create table": drawn.createTable,
	} {
		all[name] = func(t *rapid.T) { c.do(draw(c.drawn, t)) }
	}
	return all
}

func (d drawn) put(t *rapid.T) operation {
	s := d.placeholders()
	in := &dynamodb.PutItemInput{
		TableName: d.name(t), Item: d.item(t), ConditionExpression: s.perhaps(t, s.condition),
		ReturnValues:                        drawReturn(t, "", "ALL_OLD"),
		ReturnValuesOnConditionCheckFailure: drawOnFailure(t),
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = s.used(t)
	return call("PutItem", in, true, (*dynamodb.Client).PutItem)
}

func (d drawn) update(t *rapid.T) operation {
	s := d.placeholders()
	in := &dynamodb.UpdateItemInput{
		TableName: d.name(t), Key: d.key(t), UpdateExpression: s.draw(t, s.update), ConditionExpression: s.perhaps(t, s.condition),
		ReturnValues:                        drawReturn(t, "", "ALL_OLD", "ALL_NEW", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"),
		ReturnValuesOnConditionCheckFailure: drawOnFailure(t),
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = s.used(t)
	return call("UpdateItem", in, true, (*dynamodb.Client).UpdateItem)
}

func (d drawn) delete(t *rapid.T) operation {
	s := d.placeholders()
	in := &dynamodb.DeleteItemInput{
		TableName: d.name(t), Key: d.key(t), ConditionExpression: s.perhaps(t, s.condition),
		ReturnValues:                        drawReturn(t, "", "ALL_OLD"),
		ReturnValuesOnConditionCheckFailure: drawOnFailure(t),
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = s.used(t)
	return call("DeleteItem", in, true, (*dynamodb.Client).DeleteItem)
}

func (d drawn) get(t *rapid.T) operation {
	s := d.placeholders()
	in := &dynamodb.GetItemInput{TableName: d.name(t), Key: d.key(t), ProjectionExpression: s.perhaps(t, s.projection), ConsistentRead: aws.Bool(true)}
	in.ExpressionAttributeNames, _ = s.used(t)
	return call("GetItem", in, true, (*dynamodb.Client).GetItem)
}

// drawReturn draws ReturnValues. Seldom it is a value that the operation does not accept.
func drawReturn(t *rapid.T, of ...types.ReturnValue) types.ReturnValue {
	if seldom(t, 30) {
		return rapid.SampledFrom([]types.ReturnValue{"NONE", "UPDATED_NEW", "ALL_NEW", "none"}).Draw(t, "any return values")
	}
	return rapid.SampledFrom(of).Draw(t, "return values")
}

func drawOnFailure(t *rapid.T) types.ReturnValuesOnConditionCheckFailure {
	return rapid.SampledFrom([]types.ReturnValuesOnConditionCheckFailure{"", "", "NONE", "ALL_OLD"}).Draw(t, "on failure")
}

// seldom is true once in once times. It shrinks to false.
func seldom(t *rapid.T, once int) bool {
	return rapid.IntRange(0, once-1).Draw(t, "seldom") == once-1
}

func (d drawn) batchWrite(t *rapid.T) operation {
	requests := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) types.WriteRequest {
		if rapid.Bool().Draw(t, "delete") {
			return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: d.key(t)}}
		}
		return types.WriteRequest{PutRequest: &types.PutRequest{Item: d.item(t)}}
	}), 0, 4).Draw(t, "requests")
	in := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*d.name(t): requests}}
	return call("BatchWriteItem", in, false, (*dynamodb.Client).BatchWriteItem)
}

func (d drawn) batchGet(t *rapid.T) operation {
	s := d.placeholders()
	keys := types.KeysAndAttributes{Keys: rapid.SliceOfN(rapid.Custom(d.key), 0, 4).Draw(t, "keys"), ProjectionExpression: s.perhaps(t, s.projection)}
	keys.ExpressionAttributeNames, _ = s.used(t)
	in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*d.name(t): keys}}
	return call("BatchGetItem", in, false, (*dynamodb.Client).BatchGetItem)
}

func (d drawn) transactWrite(t *rapid.T) operation {
	in := &dynamodb.TransactWriteItemsInput{TransactItems: rapid.SliceOfN(rapid.Custom(d.transactItem), 1, 4).Draw(t, "items")}
	return operation{"TransactWriteItems", in, func(c *comparison, client *dynamodb.Client) told {
		once := *in // a copy, as the SDK adds a token to the input
		return call("", &once, true, (*dynamodb.Client).TransactWriteItems).on(c, client)
	}}
}

func (d drawn) transactItem(t *rapid.T) (item types.TransactWriteItem) {
	s := d.placeholders()
	name, onFailure := d.name(t), drawOnFailure(t)
	switch rapid.IntRange(0, 3).Draw(t, "action") {
	case 0:
		put := &types.Put{TableName: name, Item: d.item(t), ConditionExpression: s.perhaps(t, s.condition), ReturnValuesOnConditionCheckFailure: onFailure}
		put.ExpressionAttributeNames, put.ExpressionAttributeValues = s.used(t)
		item.Put = put
	case 1:
		remove := &types.Delete{TableName: name, Key: d.key(t), ConditionExpression: s.perhaps(t, s.condition), ReturnValuesOnConditionCheckFailure: onFailure}
		remove.ExpressionAttributeNames, remove.ExpressionAttributeValues = s.used(t)
		item.Delete = remove
	case 2:
		check := &types.ConditionCheck{TableName: name, Key: d.key(t), ConditionExpression: s.draw(t, s.condition), ReturnValuesOnConditionCheckFailure: onFailure}
		check.ExpressionAttributeNames, check.ExpressionAttributeValues = s.used(t)
		item.ConditionCheck = check
	default:
		update := &types.Update{TableName: name, Key: d.key(t), UpdateExpression: s.draw(t, s.update), ConditionExpression: s.perhaps(t, s.condition), ReturnValuesOnConditionCheckFailure: onFailure}
		update.ExpressionAttributeNames, update.ExpressionAttributeValues = s.used(t)
		item.Update = update
	}
	return item
}

func (d drawn) transactGet(t *rapid.T) operation {
	in := &dynamodb.TransactGetItemsInput{TransactItems: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) types.TransactGetItem {
		s := d.placeholders()
		get := &types.Get{TableName: d.name(t), Key: d.key(t), ProjectionExpression: s.perhaps(t, s.projection)}
		get.ExpressionAttributeNames, _ = s.used(t)
		return types.TransactGetItem{Get: get}
	}), 1, 3).Draw(t, "items")}
	return call("TransactGetItems", in, true, (*dynamodb.Client).TransactGetItems)
}

// createTable creates another table. It deletes the table if the call succeeded.
func (d drawn) createTable(t *rapid.T) operation {
	in := drawTable(t, *d.table.TableName+"-Other")
	what := "right"
	if !seldom(t, 4) {
		what = spoilTable(t, in)
	}
	return operation{fmt.Sprintf("CreateTable, %s,", what), in, func(c *comparison, client *dynamodb.Client) told {
		f := call("", in, false, (*dynamodb.Client).CreateTable).on(c, client)
		if f["error"] == "" {
			c.waitFor(client, in.TableName)
			if _, err := client.DeleteTable(c.t.Context(), &dynamodb.DeleteTableInput{TableName: in.TableName}); err != nil {
				c.t.Fatal(err)
			}
		}
		return f
	}}
}
