// Package awsjson speaks the AWS JSON 1.0 protocol, in which SQS and DynamoDB are called: a
// POST whose X-Amz-Target header names the operation and whose body is its input. It knows
// nothing of what the operations do.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
package awsjson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	kjson "sigs.k8s.io/json"
)

// Target returns the service and the operation in a request's X-Amz-Target header, such as
// AmazonSQS and SendMessage, or "" for what is not there.
func Target(h http.Header) (service, operation string) {
	service, operation, _ = strings.Cut(h.Get("X-Amz-Target"), ".")
	return service, operation
}

// Error is an error that a service answers with.
type Error struct {
	Status  int            // of HTTP; 0 is 400
	Type    string         // such as com.amazonaws.sqs#QueueDoesNotExist
	Message string         // for people
	Query   string         // the code of the Query protocol, if the service had one
	More    map[string]any // members beside the type and the message
}

func (e *Error) Error() string {
	return e.Type[strings.IndexByte(e.Type, '#')+1:] + ": " + e.Message
}

// Service answers the requests for one service.
type Service struct {
	Target     string // that its requests name
	MaxRequest int64  // bytes of a body
	Checksum   bool   // says X-Amz-Crc32, as DynamoDB does

	Operations map[string]Operation // by name

	// The errors of a service are its own.
	Malformed  func(error) *Error                     // a body that is not the operation's input
	Unknown    func(service, operation string) *Error // an operation that is not in the table
	Unexpected func(error) *Error                     // an error that is no [Error]
}

// Operation answers a request's body with an output, which becomes JSON, or an error.
type Operation func(ctx context.Context, body []byte) (any, error)

// Decoding returns the operation that decodes its input for a function.
// What malformed returns answers a body that is no input.
func Decoding[In, Out any](malformed func(error) *Error, do func(ctx context.Context, in *In) (Out, error)) Operation {
	return func(ctx context.Context, body []byte) (any, error) {
		var in In
		if err := decode(body, &in); err != nil {
			return nil, malformed(err)
		}
		return do(ctx, &in)
	}
}

// decode decodes an input. It ignores members that the operation does not have. It lets an input that decodes
// itself do so without what encoding/json does before.
func decode(body []byte, in any) error {
	if err := checkUnicode(body); err != nil {
		return err
	}
	if own, ok := in.(json.Unmarshaler); ok && json.Valid(body) {
		return own.UnmarshalJSON(body)
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(body, in)
}

// ServeHTTP answers one request. As on AWS, every answer has an id, which SDKs show with an error.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	if r.Method != http.MethodPost {
		s.fail(w, s.otherMethod(r))
		return
	}
	body, err := s.read(w, r)
	if err != nil {
		s.fail(w, s.Malformed(err))
		return
	}
	service, name := Target(r.Header)
	do, ok := s.Operations[name]
	if !ok || service != s.Target {
		s.fail(w, s.Unknown(service, name))
		return
	}
	out, err := do(r.Context(), body)
	if r.Context().Err() != nil {
		return // the client has gone
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	s.write(w, http.StatusOK, out)
}

// otherMethod refuses a request that is not a POST. DynamoDB answers 404 to a PUT or a DELETE, as dynalite's tests tell.
// On AWS, a GET is a request in another protocol, or a health check.
func (s *Service) otherMethod(r *http.Request) *Error {
	service, name := Target(r.Header)
	e := *s.Unknown(service, name)
	e.Status = http.StatusNotFound
	if service == s.Target { // otherwise the error is about the service
		e.Message = "the method must be POST, and not " + r.Method
	}
	return &e
}

// read reads a body, without growing a buffer if its length is known.
func (s *Service) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), s.MaxRequest)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, s.MaxRequest))
	return body.Bytes(), err
}

// write answers with an output; nil has no body.
func (s *Service) write(w http.ResponseWriter, status int, out any) {
	var body []byte
	if out != nil {
		var err error
		if body, err = json.Marshal(out); err != nil { // a programming error: all outputs can be encoded
			panic(err)
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if s.Checksum { // SDKs check it, and the one for Go complains when it is missing
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

func (s *Service) fail(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = s.Unexpected(err)
	}
	if e.Query != "" {
		w.Header().Set("x-amzn-query-error", e.Query+";Sender")
	}
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	message := "message"
	if e.More != nil { // LocalStack's test_return_values_on_conditions_check_failure recorded that on AWS
		message = "Message"
	}
	out := map[string]any{"__type": e.Type, message: e.Message}
	maps.Copy(out, e.More)
	s.write(w, status, out)
}
