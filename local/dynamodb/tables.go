package dynamodb

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	minidyn "github.com/truora/minidyn/server"
)

// creation is what minidyn does not keep of a table.
type creation struct {
	id         string
	at         time.Time
	throughput *ddbtypes.ProvisionedThroughput // if the table is not on demand
	tags       []ddbtypes.Tag
}

type tableChanged struct{ TableDescription description }

func (s *Server) createTable(in *minidyn.CreateTableInput) (tableChanged, error) {
	name := aws.ToString(in.TableName)
	if s.tables[name] != nil {
		return tableChanged{}, &refusal{code: "ResourceInUseException", message: "Table already exists: " + name}
	}
	if in.StreamSpecification != nil {
		return tableChanged{}, invalid("StreamSpecification is not supported here")
	}
	if _, err := s.minidyn.CreateTable(context.Background(), in); err != nil {
		return tableChanged{}, err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // which never fails
	s.created[name] = &creation{
		id: fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), at: time.Now(),
		throughput: in.ProvisionedThroughput, tags: in.Tags,
	}
	return tableChanged{s.describe(s.tables[name])}, nil
}

type tableDescribed struct{ Table description }

func (s *Server) describeTable(in *minidyn.DescribeTableInput) (tableDescribed, error) {
	table := s.tables[aws.ToString(in.TableName)]
	if table == nil {
		return tableDescribed{}, noTable(in.TableName)
	}
	return tableDescribed{s.describe(table)}, nil
}

func (s *Server) updateTable(in *minidyn.UpdateTableInput) (tableChanged, error) {
	table := s.tables[aws.ToString(in.TableName)]
	switch {
	case table == nil:
		return tableChanged{}, noTable(in.TableName)
	case in.StreamSpecification != nil:
		return tableChanged{}, invalid("StreamSpecification is not supported here")
	case in.ReplicaUpdates != nil:
		return tableChanged{}, invalid("ReplicaUpdates is not supported here")
	}
	if _, err := s.minidyn.UpdateTable(context.Background(), in); err != nil {
		return tableChanged{}, err
	}
	if in.BillingMode != "" {
		table.BillingMode = (*string)(&in.BillingMode)
	}
	if in.ProvisionedThroughput != nil {
		s.created[table.Name].throughput = in.ProvisionedThroughput
	}
	return tableChanged{s.describe(table)}, nil
}

func (s *Server) deleteTable(in *minidyn.DeleteTableInput) (tableChanged, error) {
	table := s.tables[aws.ToString(in.TableName)]
	if table == nil {
		return tableChanged{}, noTable(in.TableName)
	}
	last := s.describe(table)
	last.TableStatus = "DELETING"
	if _, err := s.minidyn.DeleteTable(context.Background(), in); err != nil {
		return tableChanged{}, err
	}
	delete(s.created, table.Name)
	delete(s.order.kept, table)
	return tableChanged{last}, nil
}

// tableList is a page of ListTables.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
type tableList struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (s *Server) listTables(in *struct {
	ExclusiveStartTableName string
	Limit                   *int
}) (tableList, error) {
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 {
		return tableList{}, belowOne(limit)
	}
	limit = min(limit, 100)
	names := slices.Sorted(maps.Keys(s.tables))
	i, found := slices.BinarySearch(names, in.ExclusiveStartTableName)
	if found {
		i++
	}
	rest := names[i:]
	if len(rest) <= limit {
		return tableList{TableNames: append([]string{}, rest...)}, nil
	}
	return tableList{rest[:limit], rest[limit-1]}, nil
}

type timeToLive struct {
	TimeToLiveDescription struct{ TimeToLiveStatus string }
}

// describeTimeToLive tells what is so: nothing is deleted because of its age.
func (s *Server) describeTimeToLive(in *struct{ TableName *string }) (out timeToLive, err error) {
	if s.tables[aws.ToString(in.TableName)] == nil {
		return out, noTable(in.TableName)
	}
	out.TimeToLiveDescription.TimeToLiveStatus = "DISABLED"
	return out, nil
}

type tagList struct{ Tags []ddbtypes.Tag }

func (s *Server) listTagsOfResource(in *struct{ ResourceArn string }) (tagList, error) {
	table, ok := s.created[strings.TrimPrefix(in.ResourceArn, s.arn(""))]
	if !ok {
		return tagList{}, &refusal{code: errNoTable.code, message: "Requested resource not found: ResourcArn: " + in.ResourceArn + " not found"}
	}
	return tagList{append([]ddbtypes.Tag{}, table.tags...)}, nil
}

func (s *Server) arn(table string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + s.account + ":table/" + table
}
