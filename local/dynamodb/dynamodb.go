// Package dynamodb is the DynamoDB of the local stack. It keeps tables in memory and serves them over
// DynamoDB's JSON protocol. We wrote it because we found no Go library that answers as DynamoDB does.
//
// It is not for production: it forgets everything at the end of the process, throttles
// nothing and checks no signature. It has no streams and no backups.
//
// Begin to read in this file: New lists all operations. Then read items.go, the writes and reads of one item.
// request.go decodes the requests for operations on items. table.go holds the state. The package value has
// attribute values, and the package expression has expressions; neither knows tables.
package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/dynamodb/expression"
	"simple-sam-demo/local/dynamodb/value"
)

// Server has the tables of one account in one region.
type Server struct {
	// Past is for how long the server remembers what tables held, for requests with a lag (see [WithLag]). It is to be set
	// before there are tables.
	Past time.Duration

	region, account string
	protocol        *awsjson.Service
	cache           expression.Cache

	mu     sync.Mutex // guards the fields below; only one operation runs at a time
	tables map[string]*table
	tokens tokens

	requested time.Duration // lag of the current operation
}

// New returns a server without tables.
func New(region, account string) *Server {
	s := &Server{region: region, account: account, tables: map[string]*table{}, tokens: tokens{}}
	s.protocol = &awsjson.Service{
		Target: "DynamoDB_20120810", MaxRequest: maxResponse + 1<<20, Checksum: true,
		Malformed: malformed,
		Unknown: func(_, operation string) *awsjson.Error {
			return refusal("UnknownOperationException", "operation %s is not supported here; docs/local-stack.md lists those that are", operation)
		},
		Unexpected: asError,
		Operations: map[string]awsjson.Operation{
			"CreateTable":        operation(s, (*Server).createTable),
			"DescribeTable":      operation(s, (*Server).describeTable),
			"ListTables":         operation(s, (*Server).listTables),
			"UpdateTable":        operation(s, (*Server).updateTable),
			"DeleteTable":        operation(s, (*Server).deleteTable),
			"UpdateTimeToLive":   operation(s, (*Server).updateTimeToLive),
			"DescribeTimeToLive": operation(s, (*Server).describeTimeToLive),
			"TagResource":        operation(s, (*Server).tagResource),
			"UntagResource":      operation(s, (*Server).untagResource),
			"ListTagsOfResource": operation(s, (*Server).listTagsOfResource),

			"PutItem":            operation(s, writeItem("PutItem")),
			"UpdateItem":         operation(s, writeItem("UpdateItem")),
			"DeleteItem":         operation(s, writeItem("DeleteItem")),
			"GetItem":            operation(s, (*Server).getItem),
			"Query":              operation(s, searchItems("Query")),
			"Scan":               operation(s, searchItems("Scan")),
			"BatchWriteItem":     operation(s, (*Server).batchWriteItem),
			"BatchGetItem":       operation(s, (*Server).batchGetItem),
			"TransactWriteItems": operation(s, (*Server).transactWriteItems),
			"TransactGetItems":   operation(s, (*Server).transactGetItems),

			"ExecuteStatement":      operation(s, (*Server).executeStatement),
			"BatchExecuteStatement": operation(s, (*Server).batchExecuteStatement),
			"ExecuteTransaction":    operation(s, (*Server).executeTransaction),
		},
	}
	return s
}

// operation makes an operation of a function: it decodes the input and holds the lock while the
// function runs.
func operation[In any](s *Server, do func(*Server, *In) any) awsjson.Operation {
	decoding := awsjson.Decoding(malformed, func(ctx context.Context, in *In) (out any, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requested, _ = ctx.Value(lagKey{}).(time.Duration)
		err = attempt(func() { out = do(s, in) })
		return out, err
	})
	return func(ctx context.Context, body []byte) (any, error) {
		if string(bytes.TrimSpace(body)) == "null" { // encoding/json would accept it as an empty input
			return nil, malformed(errors.New("null is not a structure"))
		}
		return decoding(ctx, body)
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.protocol.ServeHTTP(w, r) }

// table finds a table by its name or ARN, for an operation on items. It first deletes the items whose
// time to live has ended.
func (s *Server) table(name *string) *table {
	t, ok := s.tables[s.nameIn(*name)]
	if !ok {
		refuse(errNoTable)
	}
	if t.given = t.name; *name != t.name {
		t.given = strings.Clone(*name) // the string may be a part of the whole request
	}
	t.expire(time.Now())
	return t
}

// object is a JSON object.
type object = map[string]any

// answer is the answer of every operation on items. An operation sets the members that it has.
type answer struct {
	Attributes            value.Item   `json:",omitempty"`
	Item                  *value.Item  `json:",omitempty"`
	Items                 []value.Item `json:",omitzero"`
	Count, ScannedCount   *int         `json:",omitempty"`
	LastEvaluatedKey      value.Item   `json:",omitempty"`
	NextToken             string       `json:",omitempty"`
	Responses             any          `json:",omitempty"`
	UnprocessedKeys       object       `json:",omitzero"`
	UnprocessedItems      object       `json:",omitzero"`
	ConsumedCapacity      any          `json:",omitempty"`
	ItemCollectionMetrics any          `json:",omitempty"`
}

// shownItem returns an item for an answer. The answer shows an empty item as {} and leaves a nil item out.
func shownItem(item value.Item) *value.Item {
	if item == nil {
		return nil
	}
	return &item
}
