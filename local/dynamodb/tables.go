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

func (s *Server) createTable(in *minidyn.CreateTableInput) (object, error) {
	name := aws.ToString(in.TableName)
	if s.tables[name] != nil {
		return nil, &refusal{code: "ResourceInUseException", message: "Table already exists: " + name}
	}
	if in.StreamSpecification != nil {
		return nil, errStream
	}
	if _, err := s.minidyn.CreateTable(context.Background(), in); err != nil {
		return nil, err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // which never fails
	s.created[name] = &creation{
		id: fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), at: time.Now(),
		throughput: in.ProvisionedThroughput, tags: in.Tags,
	}
	return object{"TableDescription": s.describe(s.tables[name])}, nil
}

// errStream is of a stream that would never have records.
var errStream = invalid("StreamSpecification is not supported here")

func (s *Server) describeTable(in *minidyn.DescribeTableInput) (object, error) {
	table := s.tables[aws.ToString(in.TableName)]
	if table == nil {
		return nil, noTable(in.TableName)
	}
	return object{"Table": s.describe(table)}, nil
}

func (s *Server) updateTable(in *minidyn.UpdateTableInput) (object, error) {
	table := s.tables[aws.ToString(in.TableName)]
	if table == nil {
		return nil, noTable(in.TableName)
	}
	if in.StreamSpecification != nil {
		return nil, errStream
	}
	if _, err := s.minidyn.UpdateTable(context.Background(), in); err != nil {
		return nil, err
	}
	if in.BillingMode != "" {
		table.BillingMode = (*string)(&in.BillingMode)
	}
	if in.ProvisionedThroughput != nil {
		s.created[table.Name].throughput = in.ProvisionedThroughput
	}
	return object{"TableDescription": s.describe(table)}, nil
}

func (s *Server) deleteTable(in *minidyn.DeleteTableInput) (object, error) {
	table := s.tables[aws.ToString(in.TableName)]
	if table == nil {
		return nil, noTable(in.TableName)
	}
	last := s.describe(table)
	last["TableStatus"] = "DELETING"
	delete(s.tables, table.Name)
	delete(s.created, table.Name)
	delete(s.order.kept, table)
	return object{"TableDescription": last}, nil
}

// listTables shows tables by name, in pages.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
func (s *Server) listTables(in *struct {
	ExclusiveStartTableName string
	Limit                   *int
}) (object, error) {
	limit := 100
	if in.Limit != nil {
		limit = min(*in.Limit, limit)
	}
	if limit < 1 {
		return nil, belowOne(limit)
	}
	names := slices.Collect(maps.Keys(s.tables))
	names = slices.DeleteFunc(names, func(name string) bool { return name <= in.ExclusiveStartTableName })
	slices.Sort(names)
	if len(names) > limit {
		return object{"TableNames": names[:limit], "LastEvaluatedTableName": names[limit-1]}, nil
	}
	return object{"TableNames": append([]string{}, names...)}, nil
}

// describeTimeToLive tells what is so: nothing is deleted because of its age.
func (s *Server) describeTimeToLive(in *struct{ TableName *string }) (object, error) {
	if s.tables[aws.ToString(in.TableName)] == nil {
		return nil, noTable(in.TableName)
	}
	return object{"TimeToLiveDescription": object{"TimeToLiveStatus": "DISABLED"}}, nil
}

func (s *Server) listTagsOfResource(in *struct{ ResourceArn string }) (object, error) {
	table, ok := s.created[strings.TrimPrefix(in.ResourceArn, s.arn(""))]
	if !ok {
		return nil, &refusal{code: errNoTable.code, message: errNoTable.message + ": ResourcArn: " + in.ResourceArn + " not found"}
	}
	return object{"Tags": append([]ddbtypes.Tag{}, table.tags...)}, nil
}

func (s *Server) arn(table string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + s.account + ":table/" + table
}
