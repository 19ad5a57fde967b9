package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	minidyn "github.com/truora/minidyn/server"
)

func (s *Server) createTable(in *minidyn.CreateTableInput) (map[string]any, error) {
	out, err := s.minidyn.CreateTable(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return s.describe("TableDescription", out.TableDescription), nil
}

func (s *Server) describeTable(in *minidyn.DescribeTableInput) (map[string]any, error) {
	out, err := s.minidyn.DescribeTable(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return s.describe("Table", out.Table), nil
}

func (s *Server) updateTable(in *minidyn.UpdateTableInput) (map[string]any, error) {
	out, err := s.minidyn.UpdateTable(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return s.describe("TableDescription", out.TableDescription), nil
}

func (s *Server) deleteTable(in *minidyn.DeleteTableInput) (map[string]any, error) {
	out, err := s.minidyn.DeleteTable(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return s.describe("TableDescription", out.TableDescription), nil
}

// describe adds to a table's description what minidyn leaves out and clients wait
// for.
func (s *Server) describe(member string, description any) map[string]any {
	var table map[string]any
	if err := json.Unmarshal(mustJSON(description), &table); err != nil {
		panic(err)
	}
	maps.DeleteFunc(table, func(_ string, value any) bool { return value == nil })
	table["TableStatus"] = "ACTIVE"
	table["TableArn"] = fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", s.region, s.account, table["TableName"])
	return map[string]any{member: table}
}
