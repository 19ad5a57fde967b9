package events_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

// expectation says what a function must do with an event.
type expectation struct {
	file       string
	when       string // tells the expectations of one event apart, or ""
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
	return slices.Concat(writerExpectations(), batchExpectations(), readerExpectations(), enricherExpectations(t))
}

func writerExpectations() []expectation {
	created := func(file string, flower item.Measurements) expectation {
		return expectation{
			file: file,
			answer: response(201, fmt.Sprintf(`{"message":"Item created.","id":"%s","status":"PENDING"}`, flower.ID()),
				"Location", "/prod/v0/iris/"+flower.ID()),
			metrics: map[string]float64{"ItemsCreated": 1},
			afterwards: afterwards{
				calls:  []string{"SendMessage", "PutItem"}, // never in the other order
				items:  items(pending(flower)),
				queued: []map[string]string{enqueued(flower)},
			},
		}
	}
	known := created("writer-create-numbers.json", setosa)
	known.when = "of a flower that is known"
	known.stored = []item.Item{itemOf(setosa)}
	known.answer = response(200, shown(setosa, "5.1", "3.5", "1.4", "0.2"))
	known.metrics = map[string]float64{"ItemsExisting": 1}

	refused := func(file, message string) expectation { // refused expects that nothing is stored and nothing is enqueued
		return expectation{
			file: file, answer: response(400, `{"message":"Invalid body: `+message+`"}`),
			metrics: map[string]float64{"ItemsRejected": 1, "status": 400},
		}
	}
	return []expectation{
		created("writer-create.json", setosa),
		created("writer-create-numbers.json", setosa),
		known,
		created("writer-base64.json", versicolor),
		refused("writer-one-fault.json", "missing key petal_width in body."),
		refused("writer-several-faults.json", "sepal_width must be over 0 and at most 100 cm. "+
			"missing key petal_length in body. can't parse petal_width to float. unknown key pred_target in body."),
		refused("writer-empty-body.json", "body is empty."),
		refused("writer-not-json.json", "can't decode body."),
		{file: "writer-wrong-method.json", answer: response(405, `{"message":"Method not allowed. Use POST."}`, "Allow", "POST"), metrics: map[string]float64{"status": 405}},
	}
}

func batchExpectations() []expectation {
	result := func(index, status int, flower item.Measurements, message string) string {
		return fmt.Sprintf(`{"index":%d,"status":%d,"id":"%s","message":"%s"}`, index, status, flower.ID(), message)
	}
	all := expectation{
		file: "writer-batch.json",
		answer: response(200, `{"created":3,"existing":0,"rejected":0,"failed":0,"results":[`+
			result(0, 201, setosa, "Item created.")+","+
			result(1, 201, versicolor, "Item created.")+","+
			result(2, 201, virginica, "Item created.")+`]}`),
		metrics: map[string]float64{"ItemsCreated": 3},
		afterwards: afterwards{
			calls:  []string{"SendMessageBatch", "BatchExecuteStatement"},
			items:  items(pending(setosa), pending(versicolor), pending(virginica)),
			queued: sortedByBody(enqueued(setosa), enqueued(versicolor), enqueued(virginica)),
		},
	}
	mixed := all // with three more elements: one is not valid, one exists already, one is repeated
	mixed.file = "writer-batch-one-fault.json"
	mixed.metrics = map[string]float64{"ItemsCreated": 2, "ItemsExisting": 2, "ItemsRejected": 1}
	mixed.stored = []item.Item{itemOf(versicolor)}
	mixed.answer = response(200, `{"created":2,"existing":2,"rejected":1,"failed":0,"results":[`+
		result(0, 201, setosa, "Item created.")+","+
		`{"index":1,"status":400,"message":"Invalid body: sepal_width must be over 0 and at most 100 cm. missing key petal_length in body."},`+
		result(2, 200, versicolor, "Item exists.")+","+
		result(3, 200, setosa, "Item exists.")+","+
		result(4, 201, virginica, "Item created.")+`]}`)
	return []expectation{all, mixed}
}

func readerExpectations() []expectation {
	notFound, unknown := response(404, `{"message":"Item not found."}`), map[string]float64{"status": 404}
	return []expectation{
		{
			file:       "reader-found.json",
			stored:     []item.Item{itemOf(versicolor)},
			answer:     response(200, shown(versicolor, "7", "3.2", "4.7", "1.4")),
			afterwards: afterwards{calls: []string{"GetItem"}, items: items(pending(versicolor))},
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
			file:   "enricher-batch.json",
			stored: []item.Item{itemOf(setosa), itemOf(versicolor), itemOf(virginica)},
			answer: allDone,
			metrics: map[string]float64{"BatchSize": 3, "ItemsClassified": 3, "classes.setosa": 1,
				"classes.versicolor": 1, "classes.virginica": 1, "Latency": 3},
			afterwards: afterwards{
				// One of the messages comes for the second time, so its item is written alone.
				calls: []string{"BatchExecuteStatement", "BatchGetItem", "UpdateItem"}, anyOrder: true,
				items: items(classified(t, setosa, "setosa"), classified(t, versicolor, "versicolor"), classified(t, virginica, "virginica")),
			},
		},
		malformedExpectation(t),
		{
			file:   "enricher-repeated.json",
			stored: []item.Item{itemOf(setosa), itemOf(versicolor)},
			answer: allDone,
			metrics: map[string]float64{"BatchSize": 3, "ItemsClassified": 2, "classes.setosa": 1,
				"classes.versicolor": 1, "Latency": 2},
			afterwards: afterwards{
				calls: []string{"BatchGetItem", "BatchExecuteStatement"}, // three messages, but two items: one call with two statements
				items: items(classified(t, setosa, "setosa"), classified(t, versicolor, "versicolor")),
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
		stored: []item.Item{itemOf(setosa)},
		answer: allDone, // messages that are in the dead-letter queue must not also come back
		logs:   "message dead-lettered",
		metrics: map[string]float64{"BatchSize": 4, "ItemsFailed": 3, "codes.MalformedMessage": 3,
			"ItemsClassified": 1, "classes.setosa": 1, "Latency": 1},
		afterwards: afterwards{
			calls: []string{"SendMessage", "SendMessage", "SendMessage", "BatchGetItem", "UpdateItem"}, anyOrder: true,
			items: items(classified(t, setosa, "setosa")), // the valid message between the invalid ones is classified
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

// shown returns an item that is not classified yet, as the API shows it.
func shown(flower item.Measurements, lengths ...any) string {
	return fmt.Sprintf(`{"id":"`+flower.ID()+`","sepal_length":%s,"sepal_width":%s,"petal_length":%s,"petal_width":%s,`+
		`"created_at":"(time)","status":"PENDING"}`, lengths...)
}

// items returns a map of the items, by id.
func items(all ...map[string]string) map[string]map[string]string {
	byID := map[string]map[string]string{}
	for _, item := range all {
		byID[item["id"]] = item
	}
	return byID
}

// pending returns an item as it is in the table before it is classified.
func pending(flower item.Measurements) map[string]string {
	item := map[string]string{"id": flower.ID(), "created_at": "(time)"}
	for i, feature := range item.Features {
		item[feature] = "N " + item.FormatNumber(flower[i])
	}
	return item
}

// enqueued returns a flower's message in EnrichQueue.
func enqueued(flower item.Measurements) map[string]string {
	return map[string]string{"body": `{"id":"` + flower.ID() + `"}`, "AWSTraceHeader": trace}
}

// classified returns an item as it is in the table with the embedded model's prediction.
func classified(t *testing.T, flower item.Measurements, target string) map[string]string {
	t.Helper()
	embedded, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	_, probability := embedded.Predict(flower)
	item := pending(flower)
	item["pred_target"] = target
	item["pred_probability"] = fmt.Sprintf("N %v", probability)
	item["model_version"] = embedded.Version()
	item["classified_at"] = "(time)"
	return item
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
