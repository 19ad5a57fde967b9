package questions

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stacktest"
)

// bed is a local stack, and a place in it.
type bed struct {
	*stacktest.Stack
	place *Place

	mu         sync.Mutex
	used       uses            // by the requests so far
	operations map[string]bool // of SQS and DynamoDB
}

// roundTripper is a function that makes requests, or not.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// start runs a local stack. authorization is its ApiAuthorization. disturb, when it is not nil, stands
// before SQS and DynamoDB.
func start(t *testing.T, authorization string, disturb func(r *http.Request, next http.RoundTripper) (*http.Response, error)) *bed {
	t.Helper()
	b := &bed{Stack: stacktest.Start(t, map[string]string{"ApiAuthorization": authorization}, nil), operations: map[string]bool{}}
	config := b.Config.AWS.Config()
	next := config.HTTPClient.(*http.Client).Transport
	config.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		b.count(t, r)
		if disturb != nil {
			return disturb(r, next)
		}
		return next.RoundTrip(r)
	})}
	api := &API{URL: "http://api", Credentials: config.Credentials, Region: config.Region, Client: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			b.mu.Lock()
			b.used.api++
			b.mu.Unlock()
			return inmemory.Transport{Handler: b.API}.RoundTrip(r)
		}),
	}}
	b.place = NewPlace(config, api, 2*time.Second)
	b.place.dial = func(context.Context, string, string) (net.Conn, error) { return connect(t, b.Config.AWS.Handler), nil }
	t.Cleanup(func() { stacktest.Wait(time.Minute) }) // a move task whose queues are gone ends at its next step
	return b
}

// connect returns a connection to a server that closes it when it was idle for five seconds.
func connect(t *testing.T, handler http.Handler) net.Conn {
	client, server := net.Pipe()
	accepted := make(chan net.Conn, 1)
	accepted <- server
	s := &http.Server{Handler: handler, IdleTimeout: 5 * time.Second}
	go func() { _ = s.Serve(listener{accepted, t.Context()}) }()
	t.Cleanup(func() { _ = s.Close() })
	return client
}

// listener accepts one connection.
type listener struct {
	conns chan net.Conn
	ctx   context.Context
}

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
}
func (l listener) Close() error   { return nil }
func (l listener) Addr() net.Addr { return &net.TCPAddr{} }

// count adds what a request uses. A statement of a batch is a unit.
func (b *bed) count(t *testing.T, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	b.operations[operation] = true
	switch {
	case service == "AmazonSQS":
		b.used.sqs++
	case operation == "BatchExecuteStatement":
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
		var batch struct{ Statements []any }
		if err := json.Unmarshal(text, &batch); err != nil {
			t.Error(err)
		}
		b.used.units += len(batch.Statements)
	case !strings.HasSuffix(operation, "Table"): // those are free
		b.used.units++
	}
}

// ask asks questions, and deletes what was made for them.
func (b *bed) ask(ctx context.Context, t *testing.T, names ...string) (all []Asked) {
	t.Helper()
	b.place.Ask(ctx, names, func(a Asked) { all = append(all, a) })
	if left := b.place.Clear(context.WithoutCancel(ctx)); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	return all
}

// wantNothingLeft fails the test if there are other queues or tables than those of the stack.
func (b *bed) wantNothingLeft(t *testing.T) {
	t.Helper()
	queues, err := b.SQS.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := b.DynamoDB.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(queues.QueueUrls, tables.TableNames) {
		if strings.Contains(name, "simple-sam-demo-ask") {
			t.Errorf("%s is left behind", name)
		}
	}
	if len(queues.QueueUrls) != 2 || len(tables.TableNames) != 1 {
		t.Errorf("the stack has the queues %q and the tables %q", queues.QueueUrls, tables.TableNames)
	}
}
