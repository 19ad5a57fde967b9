package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/shared/queue"
)

// call is an AWS call on the network.
type call struct {
	caller    string // a function's logical id, or the name of its event source mapping
	operation string
	in        input
	body      []byte
}

// input has those fields of the operations' inputs that the simulation looks at.
type input struct {
	Item, Key        map[string]value
	RequestItems     map[string]struct{ Keys []map[string]value }
	UpdateExpression string
	Statements       []statement

	ExpressionAttributeValues map[string]value

	QueueUrl          string
	MessageBody       string
	MessageAttributes map[string]struct{ StringValue string }
	ReceiptHandle     string
	Entries           []entry
}

type value struct{ S string }

type entry struct{ Id, MessageBody, ReceiptHandle string }

func newCall(caller string, r *http.Request, body []byte) call {
	_, operation := awsjson.Target(r.Header)
	c := call{caller: caller, operation: operation, body: body}
	if err := json.Unmarshal(body, &c.in); err != nil {
		panic(err) // the SDK sends JSON
	}
	return c
}

func (c call) toQueue() bool       { return c.in.QueueUrl != "" }
func (c call) toTable() bool       { return c.in.QueueUrl == "" }
func (c call) toDeadLetters() bool { return strings.HasSuffix(c.in.QueueUrl, "/EnrichDeadLetterQueue") }
func (c call) batch() bool {
	return c.operation == "BatchGetItem" || strings.HasSuffix(c.operation, "Batch")
}

// classifies tells whether the call writes predictions.
func (c call) classifies() bool {
	return c.operation == "UpdateItem" && !c.marksFailure() || len(c.in.Statements) > 0 && !c.in.Statements[0].inserts()
}
func (c call) marksFailure() bool {
	return c.operation == "UpdateItem" && c.in.ExpressionAttributeValues[":code"].S != ""
}

// possible lists the faults that can strike at a call of a function, or of a worker's handler.
func (c call) possible() possible {
	switch {
	case c.classifies() && len(c.in.Statements) > 0:
		return slices.Concat(atStatements, stalls)
	case len(c.in.Statements) > 0:
		return atStatements
	case c.operation == "BatchGetItem":
		return slices.Concat(atBatchCall, stalls)
	case c.classifies():
		return slices.Concat(atCall, stalls)
	case c.batch():
		return atBatchCall
	default:
		return atCall
	}
}

// renews tells whether the call keeps messages invisible that a worker has.
func (c call) renews() bool { return c.operation == "ChangeMessageVisibilityBatch" }

// subjects returns the names of the items and messages in the call, in order.
func (c call) subjects(w *world) []string {
	var names []string
	add := func(name string) { names = append(names, name) }
	switch c.operation {
	case "PutItem":
		add(w.nameOf(c.in.Item["id"].S))
	case "GetItem", "UpdateItem":
		add(w.nameOf(c.in.Key["id"].S))
	case "BatchExecuteStatement":
		for _, s := range c.in.Statements {
			add(w.nameOf(s.id()))
		}
	case "BatchGetItem":
		for _, keys := range c.in.RequestItems {
			for _, key := range keys.Keys {
				add(w.nameOf(key["id"].S))
			}
		}
	case "SendMessage":
		if c.toDeadLetters() {
			a := c.in.MessageAttributes
			add(w.ledger.nameOf(a["original_message_id"].StringValue) + " received " + a["receive_count"].StringValue)
		} else {
			add(w.nameOfBody(c.in.MessageBody))
		}
	case "ChangeMessageVisibility":
		add(w.ledger.delivered(c.in.ReceiptHandle))
	default:
		for _, e := range c.in.Entries {
			if e.ReceiptHandle != "" {
				add(w.ledger.delivered(e.ReceiptHandle))
			} else {
				add(w.nameOfBody(e.MessageBody))
			}
		}
	}
	slices.Sort(names)
	return names
}

// name is the same for a call and its repetitions, and different for different calls.
func (c call) name(w *world) string {
	detail := ""
	if c.toDeadLetters() {
		detail = " to dead-letter queue"
	}
	if c.marksFailure() {
		detail = " as failed"
	}
	return c.caller + " " + c.operation + " " + strings.Join(c.subjects(w), ", ") + detail
}

// nameOf returns the name of an item, which is short and the same in every run.
func (w *world) nameOf(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name, ok := w.names[id]; ok {
		return name
	}
	return "unknown " + id
}

func (w *world) nameOfBody(body string) string {
	if id, err := queue.ParseBody(body); err == nil {
		return w.nameOf(id)
	}
	return w.nameOf(body)
}
