// Command go uses Go's clients of DynamoDB on the endpoint in AWS_ENDPOINT_URL.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"
)

// visit is of a bee to a flower.
type visit struct {
	Flower string   `dynamo:"flower,hash"`
	Minute int      `dynamo:"minute,range"`
	Bee    string   `dynamo:"bee" index:"Bees,hash"`
	Notes  []string `dynamo:"notes,set"`
}

const table = "ClientVisits"

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	must(err)
	useDynamo(ctx, dynamo.New(cfg))
	useExpressions(ctx, dynamodb.NewFromConfig(cfg))
	must(dynamo.New(cfg).Table(table).DeleteTable().Run(ctx))
}

func must(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func want[V comparable](what string, got, want V) {
	if got != want {
		log.Panicf("%s: %v, want %v", what, got, want)
	}
}

// useDynamo makes queries with KeyConditions, as guregu/dynamo does.
func useDynamo(ctx context.Context, db *dynamo.DB) {
	must(db.CreateTable(table, visit{}).OnDemand(true).Wait(ctx))
	visits := db.Table(table)
	for minute := range 20 {
		must(visits.Put(visit{"rose", minute, fmt.Sprint("bee", minute%2), []string{"sunny"}}).Run(ctx))
	}
	var all, some, byBee []visit
	must(visits.Get("flower", "rose").All(ctx, &all))
	want("visits of a flower", len(all), 20)
	must(visits.Get("flower", "rose").Range("minute", dynamo.Between, 3, 5).Order(dynamo.Descending).All(ctx, &some))
	want("the last visit of three", some[0].Minute, 5)
	must(visits.Get("bee", "bee1").Index("Bees").Filter("'minute' > ?", 10).All(ctx, &byBee))
	want("late visits of a bee", len(byBee), 5)
	var updated visit
	must(visits.Update("flower", "rose").Range("minute", 3).Set("bee", "maja").AddStringsToSet("notes", "late").If("bee = ?", "bee1").Value(ctx, &updated))
	want("notes", len(updated.Notes), 2)
	want("a conditional put of what is there fails", dynamo.IsCondCheckFailed(visits.Put(updated).If("attribute_not_exists(flower)").Run(ctx)), true)
	must(db.WriteTx().Put(visits.Put(visit{Flower: "lily", Minute: 1})).Delete(visits.Delete("flower", "rose").Range("minute", 0)).Idempotent(true).Run(ctx))
	left, err := visits.Scan().Count(ctx)
	must(err)
	want("visits after a transaction", left, 20)
}

// useExpressions makes a query with the SDK's own package for expressions.
func useExpressions(ctx context.Context, client *dynamodb.Client) {
	e, err := expression.NewBuilder().
		WithKeyCondition(expression.Key("flower").Equal(expression.Value("rose")).And(expression.Key("minute").LessThan(expression.Value(5)))).
		WithFilter(expression.Name("notes").Contains("sunny").And(expression.Name("bee").BeginsWith("bee"))).
		WithProjection(expression.NamesList(expression.Name("minute"), expression.Name("notes"))).Build()
	must(err)
	out, err := client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(table), KeyConditionExpression: e.KeyCondition(), FilterExpression: e.Filter(), ProjectionExpression: e.Projection(),
		ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
	})
	must(err)
	want("filtered visits", out.Count, 3)
}
