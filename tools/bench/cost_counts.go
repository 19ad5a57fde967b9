package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"

	"simple-sam-demo/local/awsjson"
)

// counts is what AWS would charge for in a run of the local stack.
type counts struct {
	mu          sync.Mutex
	posts       int
	calls       map[string]int           // by functions and event source mappings, by operation
	reads       int                      // of items
	writes      int                      // of items. A write whose condition does not hold costs as much
	invocations map[string]int           // by function
	lasted      map[string]time.Duration // as Lambda charges it, by function
	logged      float64                  // bytes
	latencies   []time.Duration          // of each item, from the POST to CLASSIFIED
}

func newCounts() *counts {
	c := &counts{}
	c.reset()
	return c
}

// reset sets all counts to 0, as the start of the stack makes calls, too.
func (c *counts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts, c.reads, c.writes, c.logged = 0, 0, 0, 0
	c.calls, c.invocations, c.lasted = map[string]int{}, map[string]int{}, map[string]time.Duration{}
}

// transport counts calls. Those of functions take callTime.
func (c *counts) transport(caller string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		service, operation := awsjson.Target(r.Header)
		c.mu.Lock()
		if service == "AmazonSQS" {
			c.calls["SQS."+operation]++
		} else {
			c.calls["DynamoDB."+operation]++
			switch operation {
			case "BatchGetItem", "GetItem":
				c.reads += bytes.Count(body, []byte(`{"id":`))
			case "PutItem", "UpdateItem":
				c.writes++
			case "BatchExecuteStatement":
				c.writes += bytes.Count(body, []byte(`"Statement":`))
			}
		}
		c.mu.Unlock()
		if !strings.Contains(caller, ".") {
			time.Sleep(callTime)
		}
		return next.RoundTrip(r)
	})
}

// environment makes invocations last as long as those that were measured, and counts them.
func (c *counts) environment(of invocations) func(string, func() (awslambda.Handler, error)) func() (awslambda.Handler, error) {
	return func(function string, start func() (awslambda.Handler, error)) func() (awslambda.Handler, error) {
		return func() (awslambda.Handler, error) {
			handler, err := start()
			return invoker(func(ctx context.Context, payload []byte) ([]byte, error) {
				begin := time.Now()
				lasts, logs := of.like(function, payload)
				if function == enricherFunction { // it writes at the end of an invocation
					time.Sleep(lasts - 2*callTime)
				}
				out, err := handler.Invoke(ctx, payload)
				time.Sleep(lasts - time.Since(begin))
				c.mu.Lock()
				defer c.mu.Unlock()
				c.invocations[function]++
				c.lasted[function] += billed(time.Since(begin))
				c.logged += logs
				return out, err
			}), err
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type invoker func(context.Context, []byte) ([]byte, error)

func (f invoker) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }
