package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
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

// letsGo tells whether the call makes messages visible, or deletes them.
func (c call) letsGo() bool {
	return c.operation == "ChangeMessageVisibility" || c.operation == "DeleteMessageBatch"
}

// ids returns the ids of the items that a call to the table is about.
func (c call) ids() (ids []string) {
	switch c.operation {
	case "PutItem":
		return []string{c.in.Item["id"].S}
	case "GetItem", "UpdateItem":
		return []string{c.in.Key["id"].S}
	case "BatchExecuteStatement":
		for _, s := range c.in.Statements {
			ids = append(ids, s.id())
		}
	case "BatchGetItem":
		for _, keys := range c.in.RequestItems {
			for _, key := range keys.Keys {
				ids = append(ids, key["id"].S)
			}
		}
	}
	return ids
}

// failed returns the receive that a dead letter in the call is about. Without a receive count, that is 0.
func (c call) failed() receive {
	a := c.in.MessageAttributes
	n, _ := strconv.Atoi(a["receive_count"].StringValue)
	return receive{a["original_message_id"].StringValue, n}
}

// handles returns the receipt handles in the call.
func (c call) handles() (handles []string) {
	if c.in.ReceiptHandle != "" {
		handles = append(handles, c.in.ReceiptHandle)
	}
	for _, e := range c.in.Entries {
		if e.ReceiptHandle != "" {
			handles = append(handles, e.ReceiptHandle)
		}
	}
	return handles
}

// subjects returns the names of the items and messages in the call, in order.
func (c call) subjects(w *world) []string {
	var names []string
	add := func(name string) { names = append(names, name) }
	for _, id := range c.ids() {
		add(w.nameOf(id))
	}
	for _, handle := range c.handles() {
		add(w.ledger.delivered(handle))
	}
	switch {
	case c.toDeadLetters():
		a := c.in.MessageAttributes
		add(w.ledger.nameOf(a["original_message_id"].StringValue) + " received " + a["receive_count"].StringValue)
	case c.operation == "SendMessage":
		add(w.nameOfBody(c.in.MessageBody))
	case c.operation == "SendMessageBatch":
		for _, e := range c.in.Entries {
			add(w.nameOfBody(e.MessageBody))
		}
	}
	slices.Sort(names)
	return names
}

// receives returns the receive counts of the messages that a call is about.
func (c call) receives(ctx context.Context, w *world) []int {
	if n := c.failed().count; n > 0 {
		return []int{n}
	}
	receives := receivesOf(w.ledger.named(c.handles()))
	if i, ok := ctx.Value(invocationKey{}).(*invocation); ok {
		for _, id := range c.ids() {
			receives = append(receives, i.items[id]...)
		}
	}
	return receives
}

func receivesOf(messages []message) (receives []int) {
	for _, m := range messages {
		receives = append(receives, m.receives())
	}
	return receives
}

// kind is the caller and the operation, and for what it is.
func (c call) kind() string {
	kind := c.caller + " " + c.operation
	if c.toDeadLetters() {
		kind += " to dead-letter queue"
	}
	if c.marksFailure() {
		kind += " as failed"
	}
	return kind
}

// name is the same for a call and its repetitions, and different for different calls.
func (c call) name(w *world) string { return c.kind() + " " + strings.Join(c.subjects(w), ", ") }

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
