// Command expression uses DynamoDB through the AWS SDK for Go with its packages
// expression and attributevalue.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	expr "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/local/clients/go/check"
)

func main() { check.Main(program) }

func program() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	check.OK("load the configuration", err)
	db := films{dynamodb.NewFromConfig(cfg), aws.String("expression-" + rand.Text())}
	db.create(ctx)
	defer db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: db.table})
	db.conditionsAndUpdates(ctx)
	db.queries(ctx)
	db.transactions(ctx)
	db.timeToLive(ctx)
}

func (db films) conditionsAndUpdates(ctx context.Context) {
	first := film{Studio: "A", Year: 1999, Name: "One", Gross: "99999999999999999999999999999999999998"}
	check.OK("put", db.put(ctx, first))
	err := db.put(ctx, film{Studio: "A", Year: 1999, Name: "Two"})
	var failed *types.ConditionalCheckFailedException
	check.Equal("create what exists: the condition failed", errors.As(err, &failed), true)
	check.Equal("the old item in the error", decode(failed.Item), first)

	xy := expr.Value(&types.AttributeValueMemberSS{Value: []string{"x", "y"}})
	awards := expr.ListAppend(expr.IfNotExists(expr.Name("Awards"), expr.Value([]string{})), expr.Value([]string{"best"}))
	noStatus := expr.Name("Status").AttributeNotExists()
	got := db.update(ctx, noStatus, expr.Add(expr.Name("Gross"), expr.Value(1)).
		Add(expr.Name("Cast"), xy).
		Set(expr.Name("Status"), expr.Name("Name")).
		Set(expr.Name("Name"), expr.Value("First")).
		Set(expr.Name("Rating"), expr.IfNotExists(expr.Name("Rating"), expr.Value(map[string]int{"stars": 4}))).
		Set(expr.Name("Awards"), awards))
	first.Name, first.Status, first.Gross = "First", "One", "99999999999999999999999999999999999999"
	first.Cast, first.Awards, first.Rating = []string{"x", "y"}, []string{"best"}, map[string]int{"stars": 4}
	check.Equal("the updated item", got, first)

	condition := expr.And(expr.Size(expr.Name("Awards")).Equal(expr.Value(1)), expr.Name("Gross").GreaterThan(expr.Value(1e37)))
	got = db.update(ctx, condition, expr.Set(expr.Name("Rating.stars"), expr.Name("Rating.stars").Plus(expr.Value(1))).
		Delete(expr.Name("Cast"), xy).
		Remove(expr.Name("Awards[0]")))
	first.Cast, first.Awards, first.Rating = nil, []string{}, map[string]int{"stars": 5}
	check.Equal("the item after an update of its parts", got, first)
}

func (db films) queries(ctx context.Context) {
	var sequels []film
	for year := 2000; year < 2025; year++ {
		sequels = append(sequels, film{Studio: "B", Year: year, Name: "Sequel", Status: []string{"planned", "shown"}[year%2]})
	}
	db.write(ctx, sequels)
	years := expr.KeyAnd(expr.Key("Studio").Equal(expr.Value("B")), expr.Key("Year").Between(expr.Value(2009), expr.Value(2013)))
	status := expr.In(expr.Name("Status"), expr.Value("shown"), expr.Value("lost"))
	query := expr.NewBuilder().WithKeyCondition(years).WithFilter(status)
	check.Equal("a query", db.query(ctx, nil, query), []int{2009, 2011, 2013})
	years = expr.KeyAnd(expr.Key("Status").Equal(expr.Value("planned")), expr.Key("Year").LessThan(expr.Value(2006)))
	query = expr.NewBuilder().WithKeyCondition(years).WithFilter(expr.BeginsWith(expr.Name("Name"), "Se"))
	check.Equal("a query of an index", db.query(ctx, aws.String("ByStatus"), query), []int{2000, 2002, 2004})
}

func (db films) transactions(ctx context.Context) {
	built, err := expr.NewBuilder().WithUpdate(expr.Add(expr.Name("Views"), expr.Value(1))).Build()
	check.OK("build an update", err)
	views := types.TransactWriteItem{Update: &types.Update{
		TableName:                 db.table,
		Key:                       key("A", 1999),
		UpdateExpression:          built.Update(),
		ExpressionAttributeNames:  built.Names(),
		ExpressionAttributeValues: built.Values(),
	}}
	remove := types.TransactWriteItem{Delete: &types.Delete{TableName: db.table, Key: key("B", 2000)}}
	input := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(rand.Text())}
	input.TransactItems = []types.TransactWriteItem{views, remove}
	for range 2 {
		_, err = db.TransactWriteItems(ctx, input)
		check.OK("transaction", err)
	}
	want := []film{{Studio: "A", Year: 1999, Views: 1}}
	check.Equal("two calls with one token", db.get(ctx, key("A", 1999), key("B", 2000)), want)

	input.TransactItems = input.TransactItems[:1]
	_, err = db.TransactWriteItems(ctx, input)
	var mismatch *types.IdempotentParameterMismatchException
	check.Equal("the token with another transaction is refused", errors.As(err, &mismatch), true)
}

func (db films) timeToLive(ctx context.Context) {
	specification := &types.TimeToLiveSpecification{AttributeName: aws.String("Expires"), Enabled: aws.Bool(true)}
	_, err := db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: db.table, TimeToLiveSpecification: specification})
	check.OK("set the time to live", err)
	out, err := db.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: db.table})
	check.OK("describe the time to live", err)
	got := out.TimeToLiveDescription
	enabled := got.TimeToLiveStatus == types.TimeToLiveStatusEnabled || got.TimeToLiveStatus == types.TimeToLiveStatusEnabling
	check.Equal("time to live", []any{aws.ToString(got.AttributeName), enabled}, []any{"Expires", true})
}
