// Package sqs is the SQS of the local stack. It keeps standard queues in memory and serves
// them over SQS's JSON protocol. We wrote it because we found no Go library with correct
// receive counts and a correct redrive (the move of a failed message to its dead-letter queue).
//
// It is not for production: it forgets everything at the end of the process, checks no
// signature and enforces no policy. It has no FIFO queues and no Query protocol.
//
// Begin to read in service.go: it holds the queues, and its methods take and poll are the core
// of ReceiveMessage. queue.go and message.go hold the state of one queue. server.go and
// errors.go speak the protocol. Each ops_*.go begins with the operations that it registers.
package sqs

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"simple-sam-demo/local/awsjson"
)

// target is the name of the service in the X-Amz-Target header.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
const target = "AmazonSQS"

// maxRequest limits the bytes of a request. It is more than a batch of 1 MiB takes in JSON, where
// a character may be escaped.
const maxRequest = 8 << 20

// operations holds the supported operations by name. register fills it.
var operations = map[string]func(s *Service) awsjson.Operation{}

// register adds an operation. It decodes the body of a request into In. No body counts as {}.
func register[In, Out any](name string, do func(s *Service, ctx context.Context, in *In) (Out, error)) {
	operations[name] = func(s *Service) awsjson.Operation {
		decoding := awsjson.Decoding(errSerialization, func(ctx context.Context, in *In) (Out, error) { return do(s, ctx, in) })
		return func(ctx context.Context, body []byte) (any, error) {
			if trace := requestOf(ctx).trace; trace != "" && !isTraceHeader(trace) {
				return nil, errTraceHeader(trace)
			}
			if len(body) == 0 {
				body = []byte("{}")
			}
			return decoding(ctx, body)
		}
	}
}

// onQueue makes an operation of a function on one queue. It finds the queue that the request names, and
// holds the lock while the function runs.
func onQueue[In, Out any, P interface {
	*In
	url() string
}](do func(*Service, context.Context, *queue, *In) (Out, error)) func(*Service, context.Context, *In) (Out, error) {
	return func(s *Service, ctx context.Context, in *In) (out Out, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		q, err := s.byURL(P(in).url())
		if err != nil {
			return out, err
		}
		return do(s, ctx, q, in)
	}
}

// request holds what operations need from the HTTP headers of a request.
type request struct {
	trace   string // the X-Ray trace header that SDKs add, or ""
	baseURL string // the scheme and the host that the client used
	sender  string // ROLE:SESSION, or "" for the account
}

type requestKey struct{}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// newRequest reads the headers of a request. It takes the host from Host and ignores
// X-Forwarded-Host and X-Forwarded-Proto. Any client can send those two, and a queue URL with
// a false host would lead a client's messages to that host.
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

// sender returns the access key of a request if it has the form ROLE:SESSION, else "". Each
// function of the local stack uses such an access key. Signatures are not checked.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func sender(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	if strings.Contains(key, ":") {
		return key
	}
	return ""
}

type empty struct{}

// ServeHTTP answers one request of the JSON protocol.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.protocol.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, newRequest(r))))
}

func newProtocol(s *Service) *awsjson.Service {
	p := &awsjson.Service{
		Target: target, MaxRequest: maxRequest, Operations: map[string]awsjson.Operation{},
		Malformed: errSerialization,
		Unknown: func(service, operation string) *awsjson.Error {
			if service != target {
				return errUnsupported("only SQS (JSON protocol, header X-Amz-Target: AmazonSQS.*) and DynamoDB are served here")
			}
			return errUnsupported(fmt.Sprintf("operation %s is not supported here; docs/local-stack.md lists those that are", operation))
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
