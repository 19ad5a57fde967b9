// Package dynamodb is the local stack's DynamoDB: minidyn, with what it lacks and
// this project or its users need put in front.
package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/truora/minidyn/core"
	minidyn "github.com/truora/minidyn/server"
)

const targetPrefix = "DynamoDB_20120810."

// Server answers DynamoDB's JSON protocol.
type Server struct {
	minidyn         *minidyn.Client
	tables          map[string]*core.Table // minidyn's own
	order           order
	region, account string
	operations      map[string]operation

	mu      sync.RWMutex         // see alone
	created map[string]*creation // of each table
}

// New returns a server without tables.
func New(region, account string) *Server {
	client := minidyn.NewClient()
	field := reflect.ValueOf(client).Elem().FieldByName("tables") // which it does not export
	tables := *reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Interface().(*map[string]*core.Table)
	s := &Server{
		minidyn: client, tables: tables,
		order:  order{tables: tables, kept: map[*core.Table][]string{}},
		region: region, account: account,
		created: map[string]*creation{},
	}
	s.operations = map[string]operation{
		"CreateTable":        answering(s.createTable),
		"DescribeTable":      answering(s.describeTable),
		"ListTables":         answering(s.listTables),
		"DescribeTimeToLive": answering(s.describeTimeToLive),
		"ListTagsOfResource": answering(s.listTagsOfResource),
		"UpdateTable":        answering(s.updateTable),
		"DeleteTable":        answering(s.deleteTable),
		"PutItem":            answering(s.putItem),
		"UpdateItem":         answering(s.updateItem),
		"DeleteItem":         answering(s.deleteItem),
		"GetItem":            answering(s.getItem),
		"Query":              answering(s.query),
		"Scan":               answering(s.scan),
		"BatchWriteItem":     answering(s.batchWriteItem),
		"BatchGetItem":       answering(s.batchGetItem),
		"TransactWriteItems": answering(s.transactWriteItems),
		"TransactGetItems":   answering(s.transactGetItems),
	}
	return s
}

// alone tells whether nothing else may happen during an operation: minidyn does not
// guard its list of tables, an update may be several operations here, and see search
// and order.
func alone(operation string) bool {
	switch operation {
	case "GetItem", "BatchGetItem", "TransactGetItems",
		"DescribeTable", "ListTables", "DescribeTimeToLive", "ListTagsOfResource":
		return false
	}
	return true
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 17<<20)) // DynamoDB's limit is 16 MB
	if err != nil {
		write(w, failure(&refusal{code: "SerializationException", message: err.Error()}))
		return
	}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	if alone(operation) {
		s.mu.Lock()
		defer s.mu.Unlock()
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	write(w, s.do(operation, body))
}

func (s *Server) do(name string, body []byte) answer {
	operation, ok := s.operations[name]
	if !ok {
		return failure(&refusal{code: "UnknownOperationException", message: "operation " + name + " is not supported here"})
	}
	if err := check(body); err != nil {
		return failure(err)
	}
	switch name {
	case "PutItem", "UpdateItem":
		s.order.forget(false)
	case "DeleteItem", "BatchWriteItem", "TransactWriteItems":
		s.order.forget(true)
	}
	return operation(body)
}

// object is JSON's.
type object = map[string]any

type answer struct {
	status int
	body   []byte
}

type operation func(body []byte) answer

// answering makes an operation of a function from minidyn's input to an answer. Where
// minidyn panics, the request is one that it does not understand.
func answering[In, Out any](do func(*In) (Out, error)) operation {
	return func(body []byte) (a answer) {
		defer func() {
			if recover() != nil {
				a = failure(invalid("minidyn, the local stack's DynamoDB, fails on this request"))
			}
		}()
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return failure(unreadable(err))
		}
		out, err := do(&in)
		if err != nil {
			return failure(err)
		}
		return answer{http.StatusOK, mustJSON(out)}
	}
}

// unreadable is the refusal of a body that is not JSON, or not of the operation.
func unreadable(err error) error {
	message := err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // which would name a type of Go
		member := strings.TrimPrefix(wrong.Field, "QueryInput.") // a part of searchRequest
		message = fmt.Sprintf("%s cannot be a JSON %s", member, wrong.Value)
	}
	return &refusal{code: "SerializationException", message: message}
}

func write(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	// SDKs check it, and the one for Go complains when it is missing.
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(a.body)), 10))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may have gone
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil { // a programming error: it came from JSON
		panic(err)
	}
	return text
}
