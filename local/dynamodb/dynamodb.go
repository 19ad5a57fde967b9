// Package dynamodb is the local stack's DynamoDB: minidyn, with what it lacks and
// this project or its users need put in front.
package dynamodb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/truora/minidyn/core"
	minidyn "github.com/truora/minidyn/server"

	"simple-sam-demo/local/inmemory"
)

const targetPrefix = "DynamoDB_20120810."

// served lists what minidyn serves.
var served = []string{
	"CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "PutItem", "DeleteItem", "UpdateItem", "GetItem",
	"Query", "Scan", "BatchWriteItem", "BatchGetItem", "TransactWriteItems", "TransactGetItems",
}

// Server answers DynamoDB's JSON protocol.
type Server struct {
	minidyn         http.Handler
	order           order
	region, account string

	mu   sync.RWMutex        // see alone
	keys map[string][]string // names of the key attributes of each table
}

// New returns a server without tables.
func New(region, account string) *Server {
	server := minidyn.NewServer()
	return &Server{
		minidyn: server,
		order:   order{minidyn: server, kept: map[*core.Table][]string{}},
		region:  region, account: account,
		keys: map[string][]string{},
	}
}

type answer struct {
	status int
	body   []byte
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 17<<20)) // DynamoDB's limit is 16 MB
	if err != nil {
		write(w, failure("SerializationException", err.Error()))
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

// alone tells whether nothing else may happen during an operation: minidyn does not
// guard its list of tables, an update may be several operations here, and see scan and order.
func alone(operation string) bool {
	switch operation {
	case "GetItem", "BatchGetItem", "TransactGetItems", "Query":
		return false
	}
	return true
}

func (s *Server) do(operation string, body []byte) answer {
	if !slices.Contains(served, operation) {
		return failure("UnknownOperationException", "operation "+operation+" is not supported here")
	}
	if refusal, ok := check(body); !ok {
		return refusal
	}
	switch operation {
	case "PutItem", "UpdateItem":
		s.order.forget(false)
	case "DeleteItem", "BatchWriteItem", "TransactWriteItems":
		s.order.forget(true)
	case "Query", "Scan", "DescribeTable", "UpdateTable", "DeleteTable":
		s.order.restore()
	}
	switch operation {
	case "CreateTable":
		return s.createTable(body)
	case "DescribeTable":
		return s.describe(s.forward(operation, body), "Table")
	case "PutItem", "DeleteItem":
		return s.writeItem(operation, body)
	case "BatchGetItem":
		return s.batchGetItem(body)
	case "UpdateItem":
		return s.updateItem(body)
	case "Scan":
		return s.scan(body)
	default:
		return s.forward(operation, body)
	}
}

// createTable also remembers the key.
func (s *Server) createTable(body []byte) answer {
	a := s.forward("CreateTable", body)
	var in struct {
		TableName string
		KeySchema []struct{ AttributeName string }
	}
	if a.status == http.StatusOK && json.Unmarshal(body, &in) == nil {
		s.keys[in.TableName] = nil
		for _, k := range in.KeySchema {
			s.keys[in.TableName] = append(s.keys[in.TableName], k.AttributeName)
		}
	}
	return s.describe(a, "TableDescription")
}

// describe adds to a table's description what minidyn leaves out and clients wait
// for.
func (s *Server) describe(a answer, member string) answer {
	var out map[string]map[string]any
	if a.status != http.StatusOK || json.Unmarshal(a.body, &out) != nil {
		return a
	}
	table := out[member]
	maps.DeleteFunc(table, func(_ string, value any) bool { return value == nil })
	table["TableStatus"] = "ACTIVE"
	table["TableArn"] = fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", s.region, s.account, table["TableName"])
	return answer{a.status, mustJSON(map[string]any{member: table})}
}

// writeItem adds the old item to a failed condition when the request asks for it, as
// DynamoDB does; minidyn does so for UpdateItem only.
func (s *Server) writeItem(operation string, body []byte) answer {
	a := s.forward(operation, body)
	var in struct {
		TableName                           string
		Item, Key                           map[string]any
		ReturnValuesOnConditionCheckFailure string
	}
	if a.status == http.StatusOK || json.Unmarshal(body, &in) != nil || in.ReturnValuesOnConditionCheckFailure != "ALL_OLD" {
		return a
	}
	var failed map[string]any
	if json.Unmarshal(a.body, &failed) != nil || failed["__type"] != "ConditionalCheckFailedException" {
		return a
	}
	key := in.Key
	if operation == "PutItem" {
		key = in.Item
		maps.DeleteFunc(key, func(name string, _ any) bool { return !slices.Contains(s.keys[in.TableName], name) })
	}
	var old struct{ Item map[string]any }
	get := s.forward("GetItem", mustJSON(map[string]any{"TableName": in.TableName, "Key": key}))
	if json.Unmarshal(get.body, &old) == nil && old.Item != nil {
		failed["Item"] = old.Item
	}
	return answer{a.status, mustJSON(failed)}
}

// batchGetItem refuses a key that is asked for twice, as DynamoDB does.
func (s *Server) batchGetItem(body []byte) answer {
	var in struct {
		RequestItems map[string]struct{ Keys []map[string]any }
	}
	if json.Unmarshal(body, &in) == nil {
		for _, table := range in.RequestItems {
			seen := make(map[string]bool, len(table.Keys))
			for _, key := range table.Keys {
				text := string(mustJSON(key))
				if seen[text] {
					return failure("ValidationException", "Provided list of item keys contains duplicates")
				}
				seen[text] = true
			}
		}
	}
	return s.forward("BatchGetItem", body)
}

// forward lets minidyn answer. Where it panics, or names no error code, the request is
// one that it does not understand.
func (s *Server) forward(operation string, body []byte) answer {
	r, err := http.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	if err != nil {
		return failure("InternalServerError", err.Error())
	}
	r.Header.Set("X-Amz-Target", targetPrefix+operation)
	response, err := inmemory.Serve(s.minidyn, r)
	if err != nil {
		cause, _, _ := strings.Cut(err.Error(), "\n") // before the stack
		return failure("ValidationException", "minidyn, the local stack's DynamoDB, fails on this request: "+cause)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return failure("InternalServerError", err.Error())
	}
	var out struct {
		Type    string `json:"__type"`
		Message string
	}
	if response.StatusCode != http.StatusOK && json.Unmarshal(text, &out) == nil && out.Type == "InternalFailure" {
		return failure("ValidationException", out.Message)
	}
	return answer{response.StatusCode, text}
}

func failure(code, message string) answer {
	status := http.StatusBadRequest
	if code == "InternalServerError" {
		status = http.StatusInternalServerError
	}
	return answer{status, mustJSON(map[string]string{
		"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message,
	})}
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
