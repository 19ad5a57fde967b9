package stack_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// calls counts the AWS calls of the functions, by their operations.
type calls map[string]int

// caller is a stack whose functions' calls are counted. Nothing takes messages from
// its queues: the test invokes the enricher itself.
type caller struct {
	*stacktest.Stack
	mu    sync.Mutex
	calls calls
}

func newCaller(t *testing.T) *caller {
	t.Helper()
	c := &caller{calls: calls{}}
	c.Stack = stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		c.mu.Lock()
		c.calls[operation]++
		c.mu.Unlock()
		return next.RoundTrip(r)
	}, t.Output())
	clear(c.calls) // those that built it
	return c
}

func (c *caller) post(t *testing.T, path, body string) {
	t.Helper()
	if a := c.Request(t, "POST", path, body); a.Status/100 != 2 {
		t.Errorf("answered %d %v", a.Status, a.Body)
	}
}

// enrich invokes the enricher with the keys of the first n items.
func (c *caller) enrich(t *testing.T, n int) {
	t.Helper()
	h, err := enricher.New(c.Getenv("EnricherFunction"), c.Config.FunctionAWS("EnricherFunction"), c.Config.Log)
	if err != nil {
		t.Fatal(err)
	}
	var event events.SQSEvent
	for i := range n {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: fmt.Sprintf(`{"id":%q}`, sample.Nth(i).ID())})
	}
	if out, err := h.Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
		t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
	}
}

// store puts the first n items into the table, and no key into the queue.
func (c *caller) store(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if err := c.Table.Create(t.Context(), item.Item{ID: sample.Nth(i).ID(), Measurements: sample.Nth(i), CreatedAt: item.FormatTime(time.Now())}); err != nil {
			t.Fatal(err)
		}
	}
}

func element(n int) string { return sample.Object(sample.Nth(n)) }

// elements returns a body with n different items, each of them repeat times.
func elements(n, repeat int) string {
	var texts []string
	for i := range n * repeat {
		texts = append(texts, element(i%n))
	}
	return "[" + strings.Join(texts, ",") + "]"
}

func TestNoCallIsTooMany(t *testing.T) {
	batch := func(n, repeat int) func(*testing.T, *caller) {
		return func(t *testing.T, c *caller) { c.post(t, c.Names.Batch, elements(n, repeat)) }
	}
	enrich := func(n int) func(*testing.T, *caller) {
		return func(t *testing.T, c *caller) { c.store(t, n); c.enrich(t, n) }
	}
	for name, test := range map[string]struct {
		do   func(t *testing.T, c *caller)
		want calls
	}{
		"a POST": {func(t *testing.T, c *caller) { c.post(t, c.Names.Items, element(0)) }, calls{"SQS.SendMessage": 1, "DynamoDB.PutItem": 1}},
		"a GET":  {func(t *testing.T, c *caller) { c.Request(t, "GET", names.Item(sample.Nth(0).ID()), "") }, calls{"DynamoDB.GetItem": 1}},

		"a batch of 1":              {batch(1, 1), calls{"SQS.SendMessage": 1, "DynamoDB.PutItem": 1}},
		"a batch of 10":             {batch(10, 1), calls{"SQS.SendMessageBatch": 1, "DynamoDB.BatchExecuteStatement": 1}},
		"a batch of 26":             {batch(26, 1), calls{"SQS.SendMessageBatch": 3, "DynamoDB.BatchExecuteStatement": 1, "DynamoDB.PutItem": 1}},
		"a batch of 100":            {batch(100, 1), calls{"SQS.SendMessageBatch": 10, "DynamoDB.BatchExecuteStatement": 4}},
		"a batch of 10, 10 times":   {batch(10, 10), calls{"SQS.SendMessageBatch": 1, "DynamoDB.BatchExecuteStatement": 1}},
		"the enricher on 1 key":     {enrich(1), calls{"DynamoDB.BatchGetItem": 1, "DynamoDB.UpdateItem": 1}},
		"the enricher on 100 keys":  {enrich(100), calls{"DynamoDB.BatchGetItem": 1, "DynamoDB.BatchExecuteStatement": 4}},
		"the enricher on 101 keys":  {enrich(101), calls{"DynamoDB.BatchGetItem": 2, "DynamoDB.BatchExecuteStatement": 4, "DynamoDB.UpdateItem": 1}},
		"the enricher on 1000 keys": {enrich(1000), calls{"DynamoDB.BatchGetItem": 10, "DynamoDB.BatchExecuteStatement": 40}},
		"101 keys that come again":  {func(t *testing.T, c *caller) { enrich(101)(t, c); c.enrich(t, 101) }, calls{"DynamoDB.BatchGetItem": 4, "DynamoDB.BatchExecuteStatement": 4, "DynamoDB.UpdateItem": 1}},
		"no key":                    {enrich(0), calls{}},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "a batch") && names.Batch() == "" {
				t.Skip("the API has no batch route")
			}
			synctest.Test(t, func(t *testing.T) {
				c := newCaller(t)
				test.do(t, c)
				if diff := cmp.Diff(test.want, c.calls); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			})
		})
	}
}
