package questions

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

// put stores an item in the run's table.
func (p *Place) put(ctx context.Context, i item) error {
	table, err := p.tableName(ctx)
	if err != nil {
		return err
	}
	if _, err := p.dynamodb.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: i}); err != nil {
		return fmt.Errorf("store an item in table %s: %w", table, err)
	}
	return nil
}

// values returns those values of a question that its expressions name: DynamoDB refuses others.
func values(named ...any) item {
	v := item{}
	for i := 0; i < len(named); i += 2 {
		v[named[i].(string)] = named[i+1].(types.AttributeValue)
	}
	if len(v) == 0 {
		return nil
	}
	return v
}

func compareAnAttributeWithItself(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.put(ctx, item{"id": text("compared"), "a": number("1"), "b": number("1")}); err != nil {
		return nil, err
	}
	var lines transcript
	for _, c := range []struct {
		condition string
		values    item
	}{
		{"a IN (a)", nil},
		{"a IN (b, a)", nil},
		{"a BETWEEN a AND b", nil},
		{"a BETWEEN b AND a", nil},
		{"a BETWEEN b AND b", nil},
		{"a BETWEEN :one AND :text", values(":one", number("1"), ":text", text("1"))},
		{"a IN (:one, :text)", values(":one", number("1"), ":text", text("1"))},
	} {
		_, err := p.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &p.table, Key: item{"id": text("compared")}, UpdateExpression: aws.String("REMOVE c"),
			ConditionExpression: &c.condition, ExpressionAttributeValues: c.values,
		})
		if err := lines.outcome(c.condition, "true", err); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func updateWrongly(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.put(ctx, item{"id": text("a text"), "s": text("x")}); err != nil {
		return nil, err
	}
	var lines transcript
	for _, u := range []struct {
		asked, update string
		values        item
	}{
		{"ADD a number to a text", "ADD s :one", values(":one", number("1"))},
		{"SET a member of a text", "SET s.a = :one", values(":one", number("1"))},
		{"SET from an attribute that is not there", "SET c = absent", nil},
		{"SET an index's key to a number", "SET " + indexKey + " = :one", values(":one", number("1"))},
	} {
		for _, condition := range []struct{ text, is string }{{"attribute_exists(id)", "true"}, {"attribute_exists(absent)", "false"}} {
			_, err := p.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: &p.table, Key: item{"id": text("a text")}, UpdateExpression: &u.update,
				ConditionExpression: &condition.text, ExpressionAttributeValues: u.values,
			})
			if err := lines.outcome(u.asked+", if "+condition.is, "success", err); err != nil {
				return nil, err
			}
		}
	}
	return lines, nil
}

func deleteFromAnIndexKey(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.put(ctx, item{"id": text("not in the index")}); err != nil {
		return nil, err
	}
	if err := p.put(ctx, item{"id": text("in the index"), indexKey: text("x")}); err != nil {
		return nil, err
	}
	var lines transcript
	for _, id := range []string{"not in the index", "in the index"} {
		_, err := p.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &p.table, Key: item{"id": text(id)}, UpdateExpression: aws.String("DELETE " + indexKey + " :x"),
			ExpressionAttributeValues: values(":x", &types.AttributeValueMemberSS{Value: []string{"x"}}),
		})
		if err := lines.outcome("DELETE from an index's key, an item "+id, "success", err); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func useNoTableWrongly(ctx context.Context, p *Place) ([]Line, error) {
	absent := p.prefix + "-absent"
	key := item{"id": text("x")}
	update := func(expression string, v item) error {
		_, err := p.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &absent, Key: key, UpdateExpression: &expression, ExpressionAttributeValues: v})
		return err
	}
	get := func(key item, projection *string) error {
		_, err := p.dynamodb.GetItem(ctx, &dynamodb.GetItemInput{TableName: &absent, Key: key, ProjectionExpression: projection})
		return err
	}
	var lines transcript
	for _, wrong := range []struct {
		asked string
		err   error
	}{
		{"nothing wrong", get(key, nil)},
		{"an expression that does not parse", update("SET a =", nil)},
		{"a value that is not used", update("REMOVE a", values(":x", text("x")))},
		{"a value that is not given", update("SET a = :x", nil)},
		{"operands that do not fit", update("ADD a :x", values(":x", text("x")))},
		{"paths that overlap", get(key, aws.String("a, a.b"))},
		{"an empty key", get(item{"id": text("")}, nil)},
		{"a number that is not valid", get(item{"id": number("x")}, nil)},
	} {
		if err := lines.outcome("no such table and "+wrong.asked, "success", wrong.err); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func readTheKeyInAnUpdate(ctx context.Context, p *Place) ([]Line, error) {
	table, err := p.tableName(ctx)
	if err != nil {
		return nil, err
	}
	var lines transcript
	out, err := p.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &table, Key: item{"id": text("new")}, UpdateExpression: aws.String("SET a = id"), ReturnValues: types.ReturnValueAllNew,
	})
	success := ""
	if err == nil {
		a, _ := out.Attributes["a"].(*types.AttributeValueMemberS)
		success = fmt.Sprintf("success, a is the key: %v", a != nil && a.Value == "new")
	}
	if err := lines.outcome("SET a = id, of an item that does not exist", success, err); err != nil {
		return nil, err
	}
	return lines, nil
}

func filterByWhatAnIndexLacks(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.put(ctx, item{"id": text("filtered"), indexKey: text("filtered"), "a": text("x")}); err != nil {
		return nil, err
	}
	index, filter := aws.String("kinds"), aws.String("a = :x")
	query, queryErr := p.dynamodb.Query(ctx, &dynamodb.QueryInput{
		TableName: &p.table, IndexName: index, FilterExpression: filter, KeyConditionExpression: aws.String(indexKey + " = :kind"),
		ExpressionAttributeValues: values(":x", text("x"), ":kind", text("filtered")),
	})
	scan, scanErr := p.dynamodb.Scan(ctx, &dynamodb.ScanInput{
		TableName: &p.table, IndexName: index, FilterExpression: filter, ExpressionAttributeValues: values(":x", text("x")),
	})
	found, scanned := "", ""
	if queryErr == nil {
		found = fmt.Sprintf("success, %d items", query.Count)
	}
	if scanErr == nil {
		scanned = fmt.Sprintf("success, %d items", scan.Count)
	}
	var lines transcript
	if err := lines.outcome("Query", found, queryErr); err != nil {
		return nil, err
	}
	if err := lines.outcome("Scan", scanned, scanErr); err != nil {
		return nil, err
	}
	return lines, nil
}
