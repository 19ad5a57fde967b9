package events_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/shared/item"
)

// expectation says what a function must do with an event.
type expectation struct {
	file       string
	when       string // tells the expectations of one event apart, or ""
	sentNow    bool   // its messages were sent now, so they have receives left
	stored     []item.Item
	answer     string // the response, with times as (time)
	logs       string // a message in the log, or "" for any log
	metrics    map[string]float64
	afterwards afterwards
}

// afterwards says what an invocation must have done, and what it must leave behind.
type afterwards struct {
	calls       []string                     // AWS operations that were called, in order
	anyOrder    bool                         // the calls are made at the same time, so their order does not count
	items       map[string]map[string]string // attributes of the items in the table, by id
	queued      []map[string]string          // body and attributes of the messages in EnrichQueue
	deadLetters []map[string]string          // the same for EnrichDeadLetterQueue
}

func (e expectation) name() string {
	return strings.TrimSpace(strings.TrimSuffix(e.file, ".json") + " " + e.when)
}

func expectations(t *testing.T) []expectation {
	all := slices.Concat(writerExpectations(), readerExpectations(), enricherExpectations(t))
	if names.Batch() != "" {
		all = append(all, batchExpectations()...)
	}
	return all
}

func writerExpectations() []expectation {
	created := func(file string, m item.Measurements) expectation {
		return expectation{
			file: file,
			answer: response(201, fmt.Sprintf(`{"message":"Item created.","id":"%s","status":"PENDING"}`, m.ID()),
				"Location", "/prod"+names.Item(m.ID())),
			metrics: map[string]float64{"ItemsCreated": 1},
			afterwards: afterwards{
				calls:  []string{"SendMessage", "PutItem"}, // never in the other order
				items:  items(pending(m)),
				queued: []map[string]string{enqueued(m)},
			},
		}
	}
	known := created("writer-create-numbers.json", first)
	known.when = "of an item that is known"
	known.stored = []item.Item{itemOf(first)}
	known.answer = response(200, shown(first))
	known.metrics = map[string]float64{"ItemsExisting": 1}

	refused := func(file, message string) expectation { // refused expects that nothing is stored and nothing is enqueued
		return expectation{
			file: file, answer: response(400, `{"message":"Invalid body: `+message+`"}`),
			metrics: map[string]float64{"ItemsRejected": 1, "status": 400},
		}
	}
	return []expectation{
		created("writer-create.json", first),
		created("writer-create-numbers.json", first),
		known,
		created("writer-base64.json", second),
		refused("writer-one-fault.json", missing(len(item.Features)-1)),
		refused("writer-several-faults.json", sentences(outside(), missing(2), noNumber(3), "unknown key pred_target in body.")),
		refused("writer-empty-body.json", "body is empty."),
		refused("writer-not-json.json", "can't decode body."),
		{file: "writer-wrong-method.json", answer: response(405, `{"message":"Method not allowed. Use POST."}`, "Allow", "POST"), metrics: map[string]float64{"status": 405}},
	}
}

func batchExpectations() []expectation {
	result := func(index, status int, m item.Measurements, message string) string {
		return fmt.Sprintf(`{"index":%d,"status":%d,"id":"%s","message":"%s"}`, index, status, m.ID(), message)
	}
	all := expectation{
		file: "writer-batch.json",
		answer: response(200, `{"created":3,"existing":0,"rejected":0,"failed":0,"results":[`+
			result(0, 201, first, "Item created.")+","+
			result(1, 201, second, "Item created.")+","+
			result(2, 201, third, "Item created.")+`]}`),
		metrics: map[string]float64{"ItemsCreated": 3},
		afterwards: afterwards{
			calls:  []string{"SendMessageBatch", "BatchExecuteStatement"},
			items:  items(pending(first), pending(second), pending(third)),
			queued: sortedByBody(enqueued(first), enqueued(second), enqueued(third)),
		},
	}
	mixed := all // with three more elements: one is not valid, one exists already, one is repeated
	mixed.file = "writer-batch-one-fault.json"
	mixed.metrics = map[string]float64{"ItemsCreated": 2, "ItemsExisting": 2, "ItemsRejected": 1}
	mixed.stored = []item.Item{itemOf(second)}
	mixed.answer = response(200, `{"created":2,"existing":2,"rejected":1,"failed":0,"results":[`+
		result(0, 201, first, "Item created.")+","+
		`{"index":1,"status":400,"message":"Invalid body: `+sentences(outside(), missing(2))+`"},`+
		result(2, 200, second, "Item exists.")+","+
		result(3, 200, first, "Item exists.")+","+
		result(4, 201, third, "Item created.")+`]}`)
	return []expectation{all, mixed}
}

func readerExpectations() []expectation {
	notFound, unknown := response(404, `{"message":"Item not found."}`), map[string]float64{"status": 404}
	return []expectation{
		{
			file:       "reader-found.json",
			stored:     []item.Item{itemOf(second)},
			answer:     response(200, shown(second)),
			afterwards: afterwards{calls: []string{"GetItem"}, items: items(pending(second))},
		},
		{file: "reader-unknown.json", answer: notFound, metrics: unknown, afterwards: afterwards{calls: []string{"GetItem"}}},
		{file: "reader-malformed-id.json", answer: notFound, metrics: unknown},
	}
}

// allDone is the enricher's answer if no message is to come back.
const allDone = `{"batchItemFailures":[]}`

func enricherExpectations(t *testing.T) []expectation {
	return []expectation{
		{
			file:    "enricher-batch.json",
			sentNow: true,
			stored:  []item.Item{itemOf(first), itemOf(second), itemOf(third)},
			answer:  allDone,
			metrics: counts(t, map[string]float64{"BatchSize": 3, "ItemsClassified": 3, "Latency": 3}, first, second, third),
			afterwards: afterwards{
				// One of the messages comes for the second time, so its item is written alone.
				calls: []string{"BatchExecuteStatement", "BatchGetItem", "UpdateItem"}, anyOrder: true,
				items: items(classified(t, first), classified(t, second), classified(t, third)),
			},
		},
		malformedExpectation(t),
		{
			file:    "enricher-repeated.json",
			sentNow: true,
			stored:  []item.Item{itemOf(first), itemOf(second)},
			answer:  allDone,
			metrics: counts(t, map[string]float64{"BatchSize": 3, "ItemsClassified": 2, "Latency": 2}, first, second),
			afterwards: afterwards{
				calls: []string{"BatchGetItem", "BatchExecuteStatement"}, // three messages, but two items: one call with two statements
				items: items(classified(t, first), classified(t, second)),
			},
		},
		{
			// The message was sent long ago, so its item will not come. It must not be retried.
			file:       "enricher-orphan.json",
			answer:     allDone,
			logs:       "orphan message dropped",
			metrics:    map[string]float64{"OrphanMessages": 1},
			afterwards: afterwards{calls: []string{"BatchGetItem"}},
		},
	}
}

func malformedExpectation(t *testing.T) expectation {
	const (
		file     = "enricher-malformed.json"
		notJSON  = "body is not a JSON object with an id"
		unusable = "body has no usable id: expected 32 lower-case hexadecimal digits"
	)
	return expectation{
		file:   file,
		stored: []item.Item{itemOf(first)},
		answer: allDone, // messages that are in the dead-letter queue must not also come back
		logs:   "message dead-lettered",
		metrics: counts(t, map[string]float64{"BatchSize": 4, "ItemsFailed": 3, "codes.MalformedMessage": 3,
			"ItemsClassified": 1, "Latency": 1}, first),
		afterwards: afterwards{
			calls: []string{"SendMessage", "SendMessage", "SendMessage", "BatchGetItem", "UpdateItem"}, anyOrder: true,
			items: items(classified(t, first)), // the valid message between the invalid ones is classified
			deadLetters: sortedByBody(deadLetter(t, file, 0, notJSON), deadLetter(t, file, 2, unusable),
				deadLetter(t, file, 3, unusable)),
		},
	}
}

// response returns a function's answer to API Gateway. extra is one more header.
func response(status int, body string, extra ...string) string {
	headers := map[string]string{"Content-Type": "application/json"}
	if len(extra) == 2 {
		headers[extra[0]] = extra[1]
	}
	text, err := json.Marshal(struct {
		StatusCode        int                 `json:"statusCode"`
		Headers           map[string]string   `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Body              string              `json:"body"`
	}{status, headers, nil, body})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// deadLetter returns the dead letter that the nth message of an event must become.
func deadLetter(t *testing.T, file string, n int, reason string) map[string]string {
	t.Helper()
	m := messages(t, file)[n]
	return map[string]string{
		"body":                m.Body,
		"AWSTraceHeader":      m.Attributes["AWSTraceHeader"],
		"failure_code":        "MalformedMessage",
		"failure_reason":      reason,
		"failed_at":           "(time)",
		"original_message_id": m.MessageId,
		"original_sender_id":  m.Attributes["SenderId"],
		"original_sent_at":    "(time)",
		"receive_count":       m.Attributes["ApproximateReceiveCount"],
		"request_id":          "(request)",
	}
}

func sortedByBody(messages ...map[string]string) []map[string]string {
	slices.SortFunc(messages, func(a, b map[string]string) int { return strings.Compare(a["body"], b["body"]) })
	return messages
}
