package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"simple-sam-demo/shared/iris"
)

// crowd lets a client post several flowers in one request, with some bodies among them that are not
// flowers. It posts them again until all flowers are acknowledged, or until it gives up.
func (w *world) crowd(client string, n, size int) {
	var flowers []iris.Measurements // all zeros for a body that is not a flower
	var bodies []string
	for i := range size {
		m, body := iris.Measurements{}, fmt.Sprintf(`{"%s":%d}`, strings.Repeat("<", w.seed.below(40_000, client, "key", fmt.Sprint(i))), i)
		if w.seed.number(client, "bad", fmt.Sprint(i)) < 0.95 {
			m = w.flower(1000*(n+1) + i)
			body = bodyOf(m)
			w.expect(m, fmt.Sprint(client, ".", i))
		}
		flowers, bodies = append(flowers, m), append(bodies, body)
	}
	body := "[" + strings.Join(bodies, ",") + "]"
	w.name(body, client)
	for attempt := range 1 + w.seed.below(20, client, "patience") {
		status, answer, err := w.request(client, http.MethodPost, "/v0/iris/batch", body)
		switch {
		case err != nil || status >= 500:
		case status != http.StatusOK:
			w.ledger.violate("valid input is accepted", "%s: %d %s", client, status, answer)
		case w.acknowledgeAll(client, flowers, answer):
			return
		}
		w.pause(client, attempt)
	}
}

// lastCrowd posts when nothing goes wrong any more. Every flower must be accepted.
func (w *world) lastCrowd() {
	if w.plain {
		return
	}
	var flowers []iris.Measurements
	var bodies []string
	for i := range 25 {
		m := w.flower(9_900_000 + i)
		w.expect(m, fmt.Sprint("last crowd.", i))
		flowers, bodies = append(flowers, m), append(bodies, bodyOf(m))
	}
	status, answer, err := w.request("last crowd", http.MethodPost, "/v0/iris/batch", "["+strings.Join(bodies, ",")+"]")
	if err != nil || status != http.StatusOK || !w.acknowledgeAll("last crowd", flowers, answer) {
		w.ledger.violate("when nothing is wrong, everything is accepted", "%d %s", status, answer)
	}
}

// acknowledgeAll checks the results of a batch one by one. It returns true when the client is done: no
// flower has to be sent again.
func (w *world) acknowledgeAll(client string, flowers []iris.Measurements, answer []byte) bool {
	var out struct {
		Results []struct {
			Index, Status int
			ID            string
		}
	}
	must(json.Unmarshal(answer, &out))
	if len(out.Results) != len(flowers) {
		w.ledger.violate("a batch is answered element by element", "%s: %d results for %d", client, len(out.Results), len(flowers))
		return true
	}
	complete := true
	for i, m := range flowers {
		r := out.Results[i]
		none := m == iris.Measurements{}
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
