package dynamodb

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/core"
	"github.com/truora/minidyn/types"
)

// description is what DynamoDB shows of a table.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
type description struct {
	TableName, TableStatus, TableArn, TableId     string
	CreationDateTime                              float64 // seconds since 1970
	AttributeDefinitions                          []ddbtypes.AttributeDefinition
	KeySchema                                     []ddbtypes.KeySchemaElement
	BillingModeSummary                            *billingMode `json:",omitempty"`
	ProvisionedThroughput                         throughput
	ItemCount, TableSizeBytes                     int
	GlobalSecondaryIndexes, LocalSecondaryIndexes []indexDescription `json:",omitempty"`
}

type billingMode struct{ BillingMode string }

// throughput is zero for a table on demand.
type throughput struct{ ReadCapacityUnits, WriteCapacityUnits, NumberOfDecreasesToday int64 }

type indexDescription struct {
	IndexName, IndexArn       string
	IndexStatus               string `json:",omitempty"` // of a global one
	KeySchema                 []ddbtypes.KeySchemaElement
	Projection                projection
	ItemCount, IndexSizeBytes int
}

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

func (s *Server) describe(table *core.Table) description {
	created := s.created[table.Name]
	out := description{
		TableName: table.Name, TableStatus: "ACTIVE", TableArn: s.arn(table.Name), TableId: created.id,
		CreationDateTime: float64(created.at.UnixMilli()) / 1000,
		ItemCount:        len(table.Data),
	}
	for _, name := range slices.Sorted(maps.Keys(table.AttributesDef)) {
		out.AttributeDefinitions = append(out.AttributeDefinitions, ddbtypes.AttributeDefinition{
			AttributeName: &name, AttributeType: ddbtypes.ScalarAttributeType(table.AttributesDef[name]),
		})
	}
	out.KeySchema = keySchema(keyNames(table))
	if aws.ToString(table.BillingMode) == string(ddbtypes.BillingModePayPerRequest) {
		out.BillingModeSummary = &billingMode{*table.BillingMode}
	} else if p := created.throughput; p != nil {
		out.ProvisionedThroughput = throughput{aws.ToInt64(p.ReadCapacityUnits), aws.ToInt64(p.WriteCapacityUnits), 0}
	}
	for _, i := range table.Data {
		out.TableSizeBytes += itemSize(i)
	}
	global, local := table.IndexesDescription()
	for _, index := range global {
		out.GlobalSecondaryIndexes = append(out.GlobalSecondaryIndexes, s.describeIndex(table, index, "ACTIVE"))
	}
	for _, index := range local {
		out.LocalSecondaryIndexes = append(out.LocalSecondaryIndexes, s.describeIndex(table, asGlobal(index), ""))
	}
	byName := func(a, b indexDescription) int { return cmp.Compare(a.IndexName, b.IndexName) }
	slices.SortFunc(out.GlobalSecondaryIndexes, byName)
	slices.SortFunc(out.LocalSecondaryIndexes, byName)
	return out
}

func (s *Server) describeIndex(table *core.Table, index types.GlobalSecondaryIndexDescription, status string) indexDescription {
	v := indexView(table, index)
	out := indexDescription{
		IndexName: *index.IndexName, IndexArn: s.arn(table.Name) + "/index/" + *index.IndexName, IndexStatus: status,
		KeySchema:  keySchema(v.keys),
		Projection: projection{aws.ToString(index.Projection.ProjectionType), aws.ToStringSlice(index.Projection.NonKeyAttributes)},
	}
	for _, i := range table.Data {
		if v.has(i) {
			out.ItemCount++
			out.IndexSizeBytes += itemSize(i)
		}
	}
	return out
}

// asGlobal makes the two kinds of indexes one.
func asGlobal(index types.LocalSecondaryIndexDescription) types.GlobalSecondaryIndexDescription {
	return types.GlobalSecondaryIndexDescription{IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection}
}

// keySchema returns the schema of a partition key and, if there is one, a sort key.
func keySchema(names []string) []ddbtypes.KeySchemaElement {
	schema := []ddbtypes.KeySchemaElement{{AttributeName: &names[0], KeyType: ddbtypes.KeyTypeHash}}
	if len(names) > 1 {
		schema = append(schema, ddbtypes.KeySchemaElement{AttributeName: &names[1], KeyType: ddbtypes.KeyTypeRange})
	}
	return schema
}
