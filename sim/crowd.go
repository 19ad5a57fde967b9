package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// crowd lets a client post several items in one request, with some bodies among them that are
// none. It posts them again until all items are acknowledged, or until it gives up. Where the API has no
// route for many items, the client posts one after the other.
func (w *world) crowd(client string, n, size int) {
	var items []item.Measurements // all zeros for a body that is no item
	var bodies []string
	longest := 100 // of keys that are refused
	if w.seed.number(client, "long keys") < 0.1 {
		longest = 40_000
	}
	for i := range size {
		m, body := item.Measurements{}, fmt.Sprintf(`{"%s":%d}`, strings.Repeat("<", w.seed.below(longest, client, "key", fmt.Sprint(i))), i)
		if w.seed.number(client, "bad", fmt.Sprint(i)) < 0.95 {
			m = sample.Nth(1000*(n+1) + i)
			body = object(m)
			w.expect(m, fmt.Sprint(client, ".", i))
		}
		items, bodies = append(items, m), append(bodies, body)
	}
	if names.Batch() == "" {
		w.oneByOne(client, items, bodies)
		return
	}
	body := "[" + strings.Join(bodies, ",") + "]"
	w.name(body, client)
	for attempt := range 1 + w.seed.below(20, client, "patience") {
		status, answer, err := w.request(client, http.MethodPost, names.Batch(), body)
		switch {
		case err != nil || status >= 500:
		case status != http.StatusOK:
			w.ledger.violate("valid input is accepted", "%s: %d %s", client, status, answer)
		case w.acknowledgeAll(client, items, answer):
			return
		}
		w.pause(client, attempt)
	}
}

// lastCrowd posts when nothing goes wrong any more. Every item must be accepted.
func (w *world) lastCrowd() {
	if w.plain {
		return
	}
	var items []item.Measurements
	var bodies []string
	for i := range 25 {
		m := sample.Nth(9_900_000 + i)
		w.expect(m, fmt.Sprint("last crowd.", i))
		items, bodies = append(items, m), append(bodies, object(m))
	}
	if names.Batch() == "" {
		w.oneByOne("last crowd", items, bodies)
		w.checkAcknowledged(items)
		return
	}
	status, answer, err := w.request("last crowd", http.MethodPost, names.Batch(), "["+strings.Join(bodies, ",")+"]")
	if err != nil || status != http.StatusOK || !w.acknowledgeAll("last crowd", items, answer) {
		w.ledger.violate("when nothing is wrong, everything is accepted", "%d %s", status, answer)
	}
}

// oneByOne posts the elements of a crowd in requests of their own.
func (w *world) oneByOne(client string, items []item.Measurements, bodies []string) {
	for i, m := range items {
		name := fmt.Sprint(client, ".", i)
		if m == (item.Measurements{}) {
			w.reject(name, bodies[i])
		} else {
			w.post(name, m)
		}
	}
}

func (w *world) checkAcknowledged(items []item.Measurements) {
	for i, m := range items {
		w.mu.Lock()
		accepted := w.acknowledged[m.ID()]
		w.mu.Unlock()
		if !accepted {
			w.ledger.violate("when nothing is wrong, everything is accepted", "last crowd.%d", i)
		}
	}
}

// acknowledgeAll checks the results of a batch one by one. It returns true when the client is done: no
// item has to be sent again.
func (w *world) acknowledgeAll(client string, items []item.Measurements, answer []byte) bool {
	var out struct {
		Results []struct {
			Index, Status int
			ID            string
		}
	}
	must(json.Unmarshal(answer, &out))
	if len(out.Results) != len(items) {
		w.ledger.violate("a batch is answered element by element", "%s: %d results for %d", client, len(out.Results), len(items))
		return true
	}
	complete := true
	for i, m := range items {
		r := out.Results[i]
		none := m == item.Measurements{}
		accepted := r.Status == http.StatusCreated || r.Status == http.StatusOK
		switch {
		case r.Index != i || none != (r.Status == http.StatusBadRequest) || accepted && r.ID != m.ID():
			w.ledger.violate("a batch is answered element by element", "%s: %+v for element %d", client, r, i)
		case accepted:
			w.acknowledge(fmt.Sprint(client, ".", i), m.ID())
		case !none:
			complete = false
		}
	}
	return complete
}
