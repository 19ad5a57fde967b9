// Command guregu uses DynamoDB through guregu/dynamo. This library sends KeyConditions with every
// Query, a parameter that DynamoDB had before expressions.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"

	"simple-sam-demo/local/clients/go/check"
)

type track struct {
	Artist  string `dynamo:",hash"`
	Number  int    `dynamo:",range"`
	Genre   string `index:"ByGenre,hash"`
	Plays   int    `index:"ByGenre,range"`
	Length  decimal
	Labels  map[string]struct{} `dynamo:",set,omitempty"`
	Notes   []string
	Expires time.Time `dynamo:",unixtime,omitempty"`
}

// decimal keeps the digits of a number as DynamoDB writes them.
type decimal string

func (d decimal) MarshalDynamo() (types.AttributeValue, error) {
	return &types.AttributeValueMemberN{Value: string(d)}, nil
}

func (d *decimal) UnmarshalDynamo(value types.AttributeValue) error {
	*d = decimal(value.(*types.AttributeValueMemberN).Value)
	return nil
}

func main() { check.Main(program) }

func program() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	check.OK("load the configuration", err)
	db := dynamo.New(cfg)
	table := db.Table("guregu-" + rand.Text())
	check.OK("create the table", db.CreateTable(table.Name(), track{}).OnDemand(true).Wait(ctx))
	defer table.DeleteTable().Run(ctx)

	first := track{Artist: "Ada", Number: 1, Genre: "jazz", Plays: 5, Notes: []string{"live"},
		Length: "12345678901234567890.123456789012345678", Expires: time.Unix(4102444800, 0).UTC()}
	check.OK("put", table.Put(first).If("attribute_not_exists(Artist)").Run(ctx))
	err = table.Put(first).If("attribute_not_exists(Artist)").Run(ctx)
	check.Equal("create what exists: the condition failed", dynamo.IsCondCheckFailed(err), true)
	check.Equal("the item", get(ctx, table, 1), first)
	missing := table.Get("Artist", "Ada").Range("Number", dynamo.Equal, 9).One(ctx, new(track))
	check.Equal("get what is missing", errors.Is(missing, dynamo.ErrNotFound), true)

	var updated track
	check.OK("update", table.Update("Artist", "Ada").Range("Number", 1).
		Add("Plays", 2).AddStringsToSet("Labels", "b", "a").Append("Notes", []string{"loud"}).
		SetIfNotExists("Genre", "rock").SetExpr("'Length' = 'Length' + ?", 1).
		If("Plays = ? AND contains(Notes, ?)", 5, "live").Value(ctx, &updated))
	first.Plays, first.Labels, first.Notes = 7, map[string]struct{}{"a": {}, "b": {}}, []string{"live", "loud"}
	first.Length = "12345678901234567891.123456789012345678"
	check.Equal("the updated item", updated, first)
	err = table.Update("Artist", "Ada").Range("Number", 1).Set("Genre", "pop").If("Plays = ?", 5).Run(ctx)
	check.Equal("a stale update: the condition failed", dynamo.IsCondCheckFailed(err), true)

	batch(ctx, table)
	transaction(ctx, db, table)

	check.OK("set the time to live", table.UpdateTTL("Expires", true).Run(ctx))
	ttl, err := table.DescribeTTL().Run(ctx)
	check.OK("describe the time to live", err)
	enabled := ttl.Enabled() || ttl.Status == dynamo.TTLEnabling
	check.Equal("time to live", []any{ttl.Attribute, enabled}, []any{"Expires", true})
}

func get(ctx context.Context, table dynamo.Table, number int) (item track) {
	err := table.Get("Artist", "Ada").Range("Number", dynamo.Equal, number).Consistent(true).One(ctx, &item)
	check.OK("get", err)
	return item
}

// batch writes tracks 2 to 30 and reads them in several ways.
func batch(ctx context.Context, table dynamo.Table) {
	var items []any
	for number := 2; number <= 30; number++ {
		items = append(items, track{Artist: "Ada", Number: number, Genre: "pop", Plays: 100 - number, Length: "0"})
	}
	wrote, err := table.Batch("Artist", "Number").Write().Put(items...).Run(ctx)
	check.OK("write a batch", err)
	check.Equal("items written", wrote, 29)
	var found []track
	keys := []dynamo.Keyed{dynamo.Keys{"Ada", 2}, dynamo.Keys{"Ada", 30}, dynamo.Keys{"Ada", 31}}
	check.OK("get a batch", table.Batch("Artist", "Number").Get(keys...).All(ctx, &found))
	check.Equal("items of the batch", len(found), 2)

	numbers := func(query *dynamo.Query) (numbers []int) {
		var found []track
		check.OK("query", query.All(ctx, &found))
		for _, item := range found {
			numbers = append(numbers, item.Number)
		}
		return numbers
	}
	check.Equal("key condition", numbers(table.Get("Artist", "Ada").Range("Number", dynamo.Between, 9, 11)), []int{9, 10, 11})
	check.Equal("backwards, limited", numbers(table.Get("Artist", "Ada").Order(dynamo.Descending).Limit(2)), []int{30, 29})
	check.Equal("a filter", numbers(table.Get("Artist", "Ada").Filter("Plays < ? OR attribute_exists(Labels)", 71)), []int{1, 30})
	check.Equal("an index", numbers(table.Get("Genre", "pop").Index("ByGenre").Range("Plays", dynamo.Greater, 96)), []int{3, 2})
	var page []track
	last, err := table.Get("Genre", "pop").Index("ByGenre").SearchLimit(27).AllWithLastEvaluatedKey(ctx, &page)
	check.OK("query a page", err)
	check.Equal("a page of an index", []int{len(page), len(last)}, []int{27, 4})
	check.Equal("its rest", numbers(table.Get("Genre", "pop").Index("ByGenre").StartFrom(last)), []int{3, 2})
	count, err := table.Scan().Filter("Genre = ?", "pop").Count(ctx)
	check.OK("scan", err)
	check.Equal("items scanned", count, 29)
}

func transaction(ctx context.Context, db *dynamo.DB, table dynamo.Table) {
	play := table.Update("Artist", "Ada").Range("Number", 1).Add("Plays", 1)
	remove := table.Delete("Artist", "Ada").Range("Number", 30)
	second := table.Check("Artist", "Ada").Range("Number", 2).IfExists()
	tx := db.WriteTx().Update(play).Delete(remove).Check(second).Idempotent(true)
	check.OK("transaction", tx.Run(ctx))
	check.OK("the transaction again", tx.Run(ctx))
	check.Equal("plays after two calls with one token", get(ctx, table, 1).Plays, 8)

	refused := db.WriteTx().Update(play).Check(table.Check("Artist", "Ada").Range("Number", 30).IfExists()).Run(ctx)
	check.Equal("a refused transaction: a condition failed", dynamo.IsCondCheckFailed(refused), true)
	check.Equal("plays after a refused transaction", get(ctx, table, 1).Plays, 8)
}
