package dynamodb_test

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// drawn draws operations on one table. The table has the partition key h. It may have the sort key r,
// a global index byA with the key a, and a local index byB with the sort key b.
type drawn struct{ table *dynamodb.CreateTableInput }

func hash(name string) types.KeySchemaElement {
	return types.KeySchemaElement{AttributeName: &name, KeyType: types.KeyTypeHash}
}

func sortBy(name string) types.KeySchemaElement {
	return types.KeySchemaElement{AttributeName: &name, KeyType: types.KeyTypeRange}
}

func drawTable(t *rapid.T, name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: []types.KeySchemaElement{hash("h")}}
	define := func(name string) {
		kind := rapid.SampledFrom([]types.ScalarAttributeType{"S", "N", "B"}).Draw(t, "type of "+name)
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name, AttributeType: kind})
	}
	define("h")
	sorted := rapid.Bool().Draw(t, "sorted")
	if sorted {
		define("r")
		in.KeySchema = append(in.KeySchema, sortBy("r"))
	}
	global, local := rapid.Bool().Draw(t, "global"), sorted && rapid.Bool().Draw(t, "local")
	byTwo := global && rapid.Bool().Draw(t, "sorted too")
	if local || byTwo {
		define("b")
	}
	if global {
		define("a")
		keys := []types.KeySchemaElement{hash("a")}
		if byTwo {
			keys = append(keys, sortBy("b"))
		}
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{IndexName: aws.String("byA"), KeySchema: keys, Projection: drawProjected(t)}}
	}
	if local {
		in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{IndexName: aws.String("byB"), KeySchema: []types.KeySchemaElement{hash("h"), sortBy("b")}, Projection: drawProjected(t)}}
	}
	return in
}

func drawProjected(t *rapid.T) *types.Projection {
	return rapid.SampledFrom([]*types.Projection{
		{ProjectionType: types.ProjectionTypeAll}, {ProjectionType: types.ProjectionTypeKeysOnly},
		{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"c", "m"}},
	}).Draw(t, "projected")
}

// spoiled are ways to make the definition of a table invalid.
var spoiled = []struct {
	what string
	do   func(*dynamodb.CreateTableInput)
}{
	{"an attribute not defined", func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions = in.AttributeDefinitions[1:] }},
	{"an attribute not used", func(in *dynamodb.CreateTableInput) { define(in, "z") }},
	{"an attribute defined twice", func(in *dynamodb.CreateTableInput) { define(in, "h") }},
	{"no billing mode", func(in *dynamodb.CreateTableInput) { in.BillingMode = "" }},
	{"throughput that is not for it", func(in *dynamodb.CreateTableInput) { in.ProvisionedThroughput = throughput(1, 1) }},
	{"throughput of none", func(in *dynamodb.CreateTableInput) { in.BillingMode, in.ProvisionedThroughput = "", throughput(0, 1) }},
	{"two partition keys", func(in *dynamodb.CreateTableInput) { in.KeySchema = []types.KeySchemaElement{hash("h"), hash("r")} }},
	{"the sort key first", func(in *dynamodb.CreateTableInput) { in.KeySchema = []types.KeySchemaElement{sortBy("h"), hash("r")} }},
	{"one key twice", func(in *dynamodb.CreateTableInput) { in.KeySchema = []types.KeySchemaElement{hash("h"), sortBy("h")} }},
	{"three keys", func(in *dynamodb.CreateTableInput) {
		in.KeySchema = []types.KeySchemaElement{hash("h"), sortBy("r"), sortBy("z")}
	}},
	{"a short name", func(in *dynamodb.CreateTableInput) { in.TableName = aws.String("ab") }},
	{"an odd name", func(in *dynamodb.CreateTableInput) { in.TableName = aws.String("Records!") }},
	{"an index name twice", func(in *dynamodb.CreateTableInput) {
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{indexBy("h"), indexBy("h")}
	}},
	{"an index of nothing", func(in *dynamodb.CreateTableInput) {
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{indexBy("z")}
	}},
	{"an index that includes nothing", func(in *dynamodb.CreateTableInput) {
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{indexBy("h")}
		in.GlobalSecondaryIndexes[0].Projection.ProjectionType = types.ProjectionTypeInclude
	}},
	{"an index without projection", func(in *dynamodb.CreateTableInput) {
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{indexBy("h")}
		in.GlobalSecondaryIndexes[0].Projection.ProjectionType = ""
	}},
	{"a local index by another key", func(in *dynamodb.CreateTableInput) {
		index := indexBy("z")
		in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{IndexName: index.IndexName, KeySchema: []types.KeySchemaElement{hash("z"), sortBy("h")}, Projection: index.Projection}}
		define(in, "z")
	}},
	{"no global indexes", func(in *dynamodb.CreateTableInput) { in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{} }},
	{"no local indexes", func(in *dynamodb.CreateTableInput) { in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{} }},
}

func define(in *dynamodb.CreateTableInput, name string) {
	in.AttributeDefinitions = append(slices.Clone(in.AttributeDefinitions), types.AttributeDefinition{AttributeName: &name, AttributeType: "S"})
}

func throughput(read, write int64) *types.ProvisionedThroughput {
	return &types.ProvisionedThroughput{ReadCapacityUnits: &read, WriteCapacityUnits: &write}
}

func indexBy(name string) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName: aws.String("another"), KeySchema: []types.KeySchemaElement{hash(name)},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}
}

func spoilTable(t *rapid.T, in *dynamodb.CreateTableInput) (what string) {
	by := spoiled[rapid.IntRange(0, len(spoiled)-1).Draw(t, "mistake")]
	by.do(in)
	return by.what
}

// name returns the table's name. Seldom it is the name of another table.
func (d drawn) name(t *rapid.T) *string {
	if seldom(t, 60) {
		return rapid.SampledFrom([]*string{aws.String("None"), aws.String("no"), aws.String("N!ne")}).Draw(t, "other table")
	}
	return d.table.TableName
}

// typeOf returns the type of an attribute that is part of a key, or "".
func (d drawn) typeOf(name string) types.ScalarAttributeType {
	for _, defined := range d.table.AttributeDefinitions {
		if *defined.AttributeName == name {
			return defined.AttributeType
		}
	}
	return ""
}

// key draws the key of an item. Seldom it is not valid for the table.
func (d drawn) key(t *rapid.T) item {
	key := item{}
	for _, element := range d.table.KeySchema {
		key[*element.AttributeName] = drawKey(t, d.typeOf(*element.AttributeName))
	}
	if seldom(t, 30) {
		name := rapid.SampledFrom([]string{"h", "r", "a"}).Draw(t, "key")
		if key[name] = drawAttribute(t); rapid.Bool().Draw(t, "none") {
			delete(key, name)
		}
	}
	return key
}

// item draws an item with a key and some attributes. Mostly their types suit the indexes.
func (d drawn) item(t *rapid.T) item {
	all := d.key(t)
	for _, name := range []string{"a", "b", "c", "d", "name"} {
		switch kind := d.typeOf(name); {
		case rapid.Bool().Draw(t, "no "+name):
		case kind != "" && !seldom(t, 20):
			all[name] = drawKey(t, kind)
		default:
			all[name] = drawAttribute(t)
		}
	}
	if rapid.Bool().Draw(t, "with a list") {
		all["l"] = &types.AttributeValueMemberL{Value: rapid.SliceOfN(rapid.Custom(drawAttribute), 0, 3).Draw(t, "list")}
	}
	if rapid.Bool().Draw(t, "with a map") {
		all["m"] = &types.AttributeValueMemberM{Value: item{"x": drawAttribute(t), "name": drawPlain(t)}}
	}
	return all
}
