package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// post lets a client post an item until it is acknowledged, or until the client gives up. Some
// clients post it once more later.
func (w *world) post(client string, m item.Measurements) {
	id, body := m.ID(), object(m)
	patience := 1 + w.seed.below(30, client, "patience")
	if w.plain {
		patience = 10
	}
	known := false
	for attempt := range patience {
		status, answer, err := w.request(client, http.MethodPost, names.Items(), body)
		switch {
		case err != nil || status >= 500:
			w.pause(client, attempt)
			continue
		case status != http.StatusCreated && status != http.StatusOK:
			w.ledger.violate("valid input is accepted", "%s: %d %s", client, status, answer)
		case !strings.Contains(string(answer), id):
			w.ledger.violate("an answer is about the item that was sent", "%s: %d %s", client, status, answer)
		case known && status != http.StatusOK:
			w.ledger.violate("an acknowledged item stays", "%s: posted again and answered %d %s", client, status, answer)
		}
		w.acknowledge(client, id)
		if known || w.seed.number(client, "posts again") > 0.1 || w.plain {
			break
		}
		known = true
		time.Sleep(time.Duration(w.seed.number(client, "again") * float64(time.Hour)))
	}
}

// object returns the item as its clients post it: with numbers, or with texts as HTTPie does.
func object(m item.Measurements) string {
	if m.ID() < "8" {
		return sample.Texts(m)
	}
	return sample.Object(m)
}

// acknowledge checks that an acknowledged item is stored. Some clients also read it back.
func (w *world) acknowledge(client, id string) {
	if !w.ledger.isStored(id) {
		w.ledger.violate("every acknowledged item is stored", "%s", client)
	}
	w.mu.Lock()
	w.acknowledged[id] = true
	w.outcome.posted = len(w.acknowledged)
	w.mu.Unlock()
	if !w.plain && w.seed.number(client, "looks") > 0.3 {
		return
	}
	for attempt := range 5 {
		status, answer, err := w.request(client, http.MethodGet, names.Item(id), "")
		switch {
		case err != nil || status >= 500:
			w.pause(client, attempt)
			continue
		case status != http.StatusOK || !strings.Contains(string(answer), id):
			w.ledger.violate("a client sees its acknowledged item", "%s: %d %s", client, status, answer)
		}
		return
	}
}

// reject lets a client send a body that is no item, which must be refused.
func (w *world) reject(client string, body string) {
	w.name(body, client)
	for attempt := range 10 {
		status, answer, err := w.request(client, http.MethodPost, names.Items(), body)
		if err == nil && status < 500 {
			if status != http.StatusBadRequest {
				w.ledger.violate("invalid input is rejected", "%s: %d %s", client, status, answer)
			}
			return
		}
		w.pause(client, attempt)
	}
}

// request makes an HTTP request to the API. The network may lose the request or the answer.
func (w *world) request(client, method, path, body string) (status int, answer []byte, err error) {
	site, f := w.visit(client+" "+method, "client "+method, nil, atRequest)
	time.Sleep(w.latency(site, "there"))
	if f == requestLost {
		w.note("%s: request lost", site)
		return 0, nil, errConnection
	}
	r, err := http.NewRequest(method, "http://api"+path, strings.NewReader(body))
	must(err)
	response, err := w.stack.Client.Do(r)
	must(err)
	answer, err = io.ReadAll(response.Body)
	must(err)
	w.note("%s: answered %d %s%s", site, response.StatusCode, answer, with(f))
	if f == answerLost {
		return 0, nil, errConnection
	}
	if len(answer) > 64<<10 { // enough for all results of a batch
		w.ledger.violate("no answer grows with what it refuses", "%s: %d bytes", site, len(answer))
	}
	if !json.Valid(answer) {
		w.ledger.violate("every answer is JSON", "%s: %q", site, answer)
	}
	time.Sleep(w.latency(site, "back"))
	return response.StatusCode, answer, nil
}

// pause lets a client wait before it tries again.
func (w *world) pause(client string, attempt int) {
	longest := time.Second << min(attempt, 6)
	time.Sleep(time.Duration((0.5 + w.seed.number(client, "pause", fmt.Sprint(attempt))) * float64(longest)))
}

// name gives an id or a body the name that it has in the trace.
func (w *world) name(text, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names[text] = name
}
