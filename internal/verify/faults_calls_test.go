package verify

import (
	"cmp"
	"io"
	"net/http"
	"strings"
	"testing"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/shared/item"
)

// denied returns a function that starts a stack in which a function may not do something.
func denied(function, operation string) func(*testing.T) *bed {
	return func(t *testing.T) *bed {
		return start(t, nil, func(called, op string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if called != function || op != operation {
				return next.RoundTrip(r)
			}
			const body = `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"not authorized"}`
			header := http.Header{"Content-Type": {"application/x-amz-json-1.0"}}
			return &http.Response{StatusCode: http.StatusBadRequest, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})
	}
}

// showing returns a function that starts a stack whose GET shows another body.
func showing(other func(id, body string) string) func(*testing.T) *bed {
	return func(t *testing.T) *bed {
		return withAPI(t, func(r *http.Request, status int, _ http.Header, body string) (int, string) {
			if r.Method == http.MethodGet && status == http.StatusOK {
				body = other(strings.TrimPrefix(r.URL.Path, names.Item("")), body)
			}
			return status, body
		})
	}
}

// theFirst shows the first shown in place of all others.
func theFirst() func(id, body string) string {
	first := ""
	return func(_, body string) string {
		first = cmp.Or(first, body)
		return first
	}
}

// faultsOfCalls are in what functions may call, what they send, and what queues do with it.
var faultsOfCalls = map[string]fault{
	"a writer that may not send":  {stack: denied("WriterFunction", "SQS.SendMessage"), check: "created", want: "POST of a new item is answered 503"},
	"a writer that may not store": {stack: denied("WriterFunction", "DynamoDB.PutItem"), check: "created", want: "POST of a new item is answered 503"},
	"a reader that may not read":  {stack: denied("ReaderFunction", "DynamoDB.GetItem"), check: "created rejected", want: "is answered 503"},
	"an enricher that may not read": {
		stack: denied("EnricherFunction", "DynamoDB.BatchGetItem"),
		check: "classified", want: "not CLASSIFIED (EnrichQueue has about 0 waiting and 13 in flight, the dead-letter queue 0)",
	},
	"an enricher that may not send dead letters": {
		stack: denied("EnricherFunction", "SQS.SendMessage"),
		check: "dead-letter", want: "(EnrichQueue has about 0 waiting and 2 in flight, the dead-letter queue 0): may the enricher send to http://embedded/000000000000/EnrichDeadLetterQueue? Its log says",
	},
	"an enricher that loses the trace": {
		stack: func(t *testing.T) *bed {
			return without(t, "EnricherFunction", "SQS.SendMessage", "MessageSystemAttributes")
		},
		check: "trace", want: `the dead letter has the trace ""`,
	},
	"a writer that stores another number": {
		stack: func(t *testing.T) *bed {
			return start(t, nil, edited("WriterFunction", "DynamoDB.PutItem", func(body map[string]any) {
				body["Item"].(map[string]any)[item.Features[0].Name] = map[string]any{"N": "5"}
			}))
		},
		check: "created", want: "table " + names.Table() + " does not have " + item.Features[0].Name + " of item ",
	},
	"a reader that shows another id": {
		stack: showing(func(id, body string) string { return strings.Replace(body, id, strings.Repeat("0", 32), 1) }),
		check: "created", want: " is shown as item 00000000000000000000000000000000",
	},
	"a reader that shows another item": {stack: showing(theFirst()), check: "created", want: " is shown as item "},
	"no route to the reader": {
		stack: func(t *testing.T) *bed {
			return startEdited(t, "Path: "+names.Item("{id}")+"\n", "Path: "+"/other/{id}\n")
		},
		check: "created rejected", want: `is answered 403 {"message":"Missing Authentication Token"}`,
	},
	"a queue that delays": {
		stack: withQueue("EnrichQueue", "DelaySeconds", "90"),
		check: "classified", want: "not CLASSIFIED (EnrichQueue has about 0 waiting and 0 in flight and 13 delayed, the dead-letter queue 0)",
	},
	"an enricher that leaves its dead letters to SQS": {
		stack: queueOf(denied("EnricherFunction", "SQS.SendMessage"), "EnrichQueue", "RedrivePolicy",
			`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue","maxReceiveCount":"1"}`),
		check: "dead-letter", want: "has no reason: SQS itself has moved it, after too many receives",
	},
	"a redrive to another queue": {
		stack: withQueue("EnrichQueue", "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:EnrichQueue","maxReceiveCount":"5"}`),
		check: "redrive", want: "not one for arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue",
	},
}
