// Package sqs is an SQS of its own for the local stack: standard queues in memory,
// spoken to over SQS's JSON protocol. It exists because no Go library gets receive
// counts and redrive right.
//
// The protocol is in server.go and errors.go, the operations in ops_*.go, the state
// in service.go, queue.go and message.go.
package sqs

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"simple-sam-demo/local/awsjson"
)

// target is the service in the X-Amz-Target header.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
const target = "AmazonSQS"

// maxRequest is more than any valid request: 1 MiB of messages, escaped.
const maxRequest = 8 << 20

// operations lists what is supported.
var operations = map[string]func(s *Service) awsjson.Operation{}

// register adds an operation whose request is decoded into In. Without a body it is empty.
func register[In, Out any](name string, do func(s *Service, ctx context.Context, in *In) (Out, error)) {
	operations[name] = func(s *Service) awsjson.Operation {
		decoding := awsjson.Decoding(errSerialization, func(ctx context.Context, in *In) (Out, error) { return do(s, ctx, in) })
		return func(ctx context.Context, body []byte) (any, error) {
			if len(body) == 0 {
				body = []byte("{}")
			}
			return decoding(ctx, body)
		}
	}
}

// request is what an operation needs of a request's headers.
type request struct {
	trace   string // that SDKs send of themselves, or ""
	baseURL string // that the client has used
	sender  string // a role with its session, or "" for the account
}

type requestKey struct{}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// newRequest trusts Host alone. Anyone can send X-Forwarded-Host and X-Forwarded-Proto, and
// a URL with another host would send a client's messages there.
func newRequest(r *http.Request) request {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	host := r.Host
	if address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && host == "" { // HTTP/1.0
		host = address.String()
	}
	return request{trace: r.Header.Get("X-Amzn-Trace-Id"), baseURL: scheme + "://" + host, sender: sender(r)}
}

// sender returns who has signed a request, if that is a role's session, ROLE:SESSION: in the
// local stack the functions take this for their access key. Signatures are not checked.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func sender(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	if strings.Contains(key, ":") {
		return key
	}
	return ""
}

// empty is the answer of an operation that has none.
type empty struct{}

// ServeHTTP answers one request of the JSON protocol.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.protocol.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, newRequest(r))))
}

// newProtocol returns the protocol of a service.
func newProtocol(s *Service) *awsjson.Service {
	p := &awsjson.Service{
		Target: target, MaxRequest: maxRequest, Operations: map[string]awsjson.Operation{},
		Malformed: errSerialization,
		Unknown: func(service, operation string) *awsjson.Error {
			if service != target {
				return errUnsupported("only SQS (JSON protocol, header X-Amz-Target: AmazonSQS.*) and DynamoDB are served here")
			}
			return errUnsupported(fmt.Sprintf("operation %s is not supported here", operation))
		},
		Unexpected: func(err error) *awsjson.Error {
			e := sqsError("InternalFailure", "InternalFailure", "%s", err)
			e.Status = http.StatusInternalServerError
			return e
		},
	}
	for name, of := range operations {
		p.Operations[name] = of(s)
	}
	return p
}
