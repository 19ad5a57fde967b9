package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

func (s *Server) describeTable(in *tableRequest) (object, error) {
	t, err := s.named(in.TableName)
	if err != nil {
		return nil, err
	}
	return object{"Table": s.describe(t)}, nil
}

// listTables shows tables by name, in pages.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
func (s *Server) listTables(in *struct {
	ExclusiveStartTableName *string
	Limit                   *int
}) (object, error) {
	var v violations
	limit, start := 100, ""
	if in.ExclusiveStartTableName != nil {
		start = *in.ExclusiveStartTableName
		v.name(in.ExclusiveStartTableName, "exclusiveStartTableName", 3)
	}
	if in.Limit != nil {
		limit = *in.Limit
		if v.atLeast(in.Limit, "limit", 1); limit > 100 {
			v.add(limit, "limit", "Member must have value less than or equal to 100")
		}
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(s.tables)), func(name string) bool { return name <= start })
	if len(names) > limit {
		return object{"TableNames": names[:limit], "LastEvaluatedTableName": names[limit-1]}, nil
	}
	return object{"TableNames": append([]string{}, names...)}, nil
}

func (s *Server) arn(table string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + s.account + ":table/" + table
}

// nameIn returns the name of a table that is given by its ARN, or the name itself.
func (s *Server) nameIn(name string) string { return strings.TrimPrefix(name, s.arn("")) }

func byName(a, b *table) int { return strings.Compare(a.name, b.name) }

// describe shows a table.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (s *Server) describe(t *table) object {
	definitions := slices.SortedFunc(slices.Values(t.definitions), func(a, b definition) int {
		return strings.Compare(a.AttributeName, b.AttributeName)
	})
	out := t.index.describe("TableSizeBytes", t.billing)
	maps.Copy(out, object{
		"TableName": t.name, "TableStatus": "ACTIVE", "TableArn": s.arn(t.name), "TableId": t.id,
		"CreationDateTime": float64(t.created.UnixMilli()) / 1000, "AttributeDefinitions": definitions,
	})
	maps.Copy(out, t.more)
	if t.billing == "PAY_PER_REQUEST" {
		out["BillingModeSummary"] = object{"BillingMode": t.billing, "LastUpdateToPayPerRequestDateTime": float64(t.onDemand.UnixMilli()) / 1000}
	}
	for _, x := range t.secondary {
		shown, list := x.describe("IndexSizeBytes", t.billing), "LocalSecondaryIndexes"
		shown["IndexName"], shown["IndexArn"], shown["Projection"] = x.name, s.arn(t.name)+"/index/"+x.name, x.projection
		if x.global {
			list, shown["IndexStatus"] = "GlobalSecondaryIndexes", "ACTIVE"
		} else {
			delete(shown, "ProvisionedThroughput")
			delete(shown, "WarmThroughput")
		}
		others, _ := out[list].([]object)
		out[list] = append(others, shown)
	}
	return out
}

// created shows a table as CreateTable does: without what DynamoDB sets up after its answer,
// unless it was asked for. LocalStack's test_table_crud, test_table_warm_throughput and
// test_gsi_with_billing_mode recorded that on AWS.
func (s *Server) created(t *table) object {
	out := s.describe(t)
	if t.warm == nil {
		delete(out, "WarmThroughput")
	}
	if mode, ok := out["BillingModeSummary"].(object); ok {
		delete(mode, "LastUpdateToPayPerRequestDateTime")
	}
	indexes, _ := out["GlobalSecondaryIndexes"].([]object)
	for _, shown := range indexes {
		if x, _ := t.find(new(shown["IndexName"].(string))); x.warm == nil {
			delete(shown, "WarmThroughput")
		}
	}
	return out
}

// describe shows what a table and an index have in common.
func (x *index) describe(size, billing string) object {
	schema := []object{}
	for i, name := range x.keys {
		schema = append(schema, object{"AttributeName": name, "KeyType": []string{"HASH", "RANGE"}[i]})
	}
	out := object{"KeySchema": schema, "ItemCount": x.items.Len(), size: x.bytes}
	shown := throughput{new(int64), new(int64)}
	if x.throughput != nil && billing != "PAY_PER_REQUEST" {
		shown = *x.throughput
	}
	out["ProvisionedThroughput"] = object{"ReadCapacityUnits": shown.ReadCapacityUnits, "WriteCapacityUnits": shown.WriteCapacityUnits, "NumberOfDecreasesToday": 0}
	warm := x.warm
	switch {
	case warm != nil:
	case billing == "PAY_PER_REQUEST":
		warm = &onDemandWarm
	default:
		warm = &warmThroughput{shown.ReadCapacityUnits, shown.WriteCapacityUnits}
	}
	out["WarmThroughput"] = object{"ReadUnitsPerSecond": warm.ReadUnitsPerSecond, "WriteUnitsPerSecond": warm.WriteUnitsPerSecond, "Status": "ACTIVE"}
	return out
}

// onDemandWarm is what a new table or index on demand can take at once.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
var onDemandWarm = warmThroughput{new(int64(12000)), new(int64(4000))}
