package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/core"
	"github.com/truora/minidyn/types"
)

// describe shows a table.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (s *Server) describe(table *core.Table) object {
	created := s.created[table.Name]
	definitions := []object{}
	for _, name := range slices.Sorted(maps.Keys(table.AttributesDef)) {
		definitions = append(definitions, object{"AttributeName": name, "AttributeType": table.AttributesDef[name]})
	}
	out := object{
		"TableName": table.Name, "TableStatus": "ACTIVE", "TableArn": s.arn(table.Name), "TableId": created.id,
		"CreationDateTime":     float64(created.at.UnixMilli()) / 1000,
		"AttributeDefinitions": definitions,
	}
	view{table: table, keys: keyNames(table)}.describe(out, "TableSizeBytes")
	capacity := ddbtypes.ProvisionedThroughput{ReadCapacityUnits: new(int64), WriteCapacityUnits: new(int64)}
	if aws.ToString(table.BillingMode) == string(ddbtypes.BillingModePayPerRequest) {
		out["BillingModeSummary"] = object{"BillingMode": table.BillingMode}
	} else if created.throughput != nil {
		capacity = *created.throughput
	}
	out["ProvisionedThroughput"] = object{
		"ReadCapacityUnits": capacity.ReadCapacityUnits, "WriteCapacityUnits": capacity.WriteCapacityUnits, "NumberOfDecreasesToday": 0,
	}
	for _, index := range indexes(table) {
		member := "LocalSecondaryIndexes"
		shown := object{"IndexName": index.IndexName, "IndexArn": s.arn(table.Name) + "/index/" + *index.IndexName}
		if index.IndexStatus != nil {
			member, shown["IndexStatus"] = "GlobalSecondaryIndexes", index.IndexStatus
		}
		v := indexView(table, index)
		v.describe(shown, "IndexSizeBytes")
		projection := object{"ProjectionType": index.Projection.ProjectionType}
		if included := index.Projection.NonKeyAttributes; included != nil {
			projection["NonKeyAttributes"] = included
		}
		shown["Projection"] = projection
		others, _ := out[member].([]object)
		out[member] = append(others, shown)
	}
	return out
}

// describe adds what a table and an index have in common.
func (v view) describe(out object, sizeMember string) {
	count, bytes := 0, 0
	for _, i := range v.table.Data {
		if v.has(i) {
			count, bytes = count+1, bytes+itemSize(i)
		}
	}
	schema := []object{{"AttributeName": v.keys[0], "KeyType": "HASH"}}
	if len(v.keys) > 1 {
		schema = append(schema, object{"AttributeName": v.keys[1], "KeyType": "RANGE"})
	}
	out["KeySchema"], out["ItemCount"], out[sizeMember] = schema, count, bytes
}

// indexes returns a table's indexes by name; those without a status are local.
func indexes(table *core.Table) []types.GlobalSecondaryIndexDescription {
	all, local := table.IndexesDescription()
	for _, index := range local {
		all = append(all, types.GlobalSecondaryIndexDescription{IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection})
	}
	slices.SortFunc(all, func(a, b types.GlobalSecondaryIndexDescription) int {
		return strings.Compare(*a.IndexName, *b.IndexName)
	})
	return all
}
