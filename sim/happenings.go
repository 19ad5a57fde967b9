package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// begin starts everything that happens in the simulation: clients, outages, the upgrade, redrives.
func (w *world) begin() {
	posts := w.postTimes()
	at := posts[w.items]
	if !w.plain { // before a client runs: its calls look at these
		w.drawOutages(at)
		w.drawPause(at)
	}
	for n := range w.items {
		client := fmt.Sprint("item ", n)
		w.begins(client, posts[n], func() { w.beginItem(client, n) })
		if !w.plain {
			w.beginTrouble(n, posts[n])
		}
	}
	if w.plain {
		return
	}
	if len(w.current) > 0 {
		w.beginStops(at)
	}
	if w.floods() {
		w.beginFlood(w.moment(at, "flood"))
	}
	if canUpgrade() {
		w.beginUpgrades(at)
	}
	for n := range w.seed.below(3, "redrives") {
		name := fmt.Sprint("redrive ", n)
		w.begins(name, w.moment(at+time.Hour, name), func() { w.redrive(name) })
	}
}

// postTimes draws when each item is posted, and when the last one has been.
func (w *world) postTimes() (at []time.Duration) {
	at = make([]time.Duration, w.items+1)
	for n := range w.items {
		if at[n+1] = at[n]; !w.plain {
			at[n+1] += time.Duration(w.seed.number(fmt.Sprint("item ", n), "gap") * float64(4*time.Second))
		}
	}
	return at
}

// begins does something after a time, unless the scenario leaves it out.
func (w *world) begins(name string, after time.Duration, do func()) {
	if !w.includes(name) {
		return
	}
	w.clients.Go(func() {
		time.Sleep(after)
		do()
	})
}

// moment draws a time before another.
func (w *world) moment(before time.Duration, name string) time.Duration {
	return time.Duration(w.seed.number(name, "moment") * float64(before))
}

func (w *world) beginItem(client string, n int) {
	if !w.plain && w.seed.number(client, "crowd") < 0.03 {
		w.crowd(client, n, 2+w.seed.below(23, client, "size"))
		return
	}
	m := sample.Nth(n)
	w.expect(m, client)
	if !w.plain && w.seed.number(client, "twins") < 0.05 { // two clients, the same item
		w.clients.Go(func() { w.post(client+" twin", m) })
	}
	w.post(client, m)
}

// expect says that the item may be stored from now on.
func (w *world) expect(m item.Measurements, name string) {
	w.name(m.ID(), name)
	w.name(object(m), name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.valid[m.ID()] = true
}

func (w *world) isValid(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.valid[id]
}

// beginTrouble now and then lets a client send a body that is no item, puts a malformed message
// or the id of no item into the queue, or stores an item whose measurements are invalid.
func (w *world) beginTrouble(n int, at time.Duration) {
	number := fmt.Sprint(n)
	switch x := w.seed.number("trouble", number); {
	case x < 0.03:
		good := strings.TrimSuffix(sample.Object(sample.Nth(n)), "}")
		faulty, _ := sample.Faulty()
		body := []string{faulty[:len(faulty)-1] + `,"n":` + number + "}", "[" + number + "]", `{"pred_target":"` + number + `"}`, number, good,
			good + `,"` + item.Features[0].Name + `":` + number + "}"}[w.seed.below(6, "bad body", number)]
		w.begins("bad client "+number, at, func() { w.reject("bad client "+number, body) })
	case x < 0.05:
		body := []string{"", "{", "null", `{"id":7}`, `{"id":"NO"}`, `{"di":"00000000000000000000000000000000"}`}[w.seed.below(6, "bad message", number)] + " poison " + number
		w.begins("poison "+number, at, func() { w.send("poison "+number, body, malformedMessage) })
	case x < 0.07:
		id := fmt.Sprintf("%032x", w.seed.bits("unknown", number))
		w.begins("unknown "+number, at, func() { w.send("unknown "+number, fmt.Sprintf(`{"id":%q}`, id), orphan) })
	case x < 0.09:
		w.begins("unusable "+number, at, func() { w.storeUnusable("unusable "+number, n) })
	}
}

// send puts a message into the queue that the writer would never send.
func (w *world) send(name, body string, kind planted) {
	w.name(body, name)
	w.mu.Lock()
	w.planted[body] = kind
	w.mu.Unlock()
	_, err := w.queue.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: aws.String(w.stack.Ref("EnrichQueue")), MessageBody: &body})
	must(err)
}

// storeUnusable stores an item with a measurement out of its range, and enqueues it.
func (w *world) storeUnusable(name string, n int) {
	m := sample.Nth(9_000_000 + n)
	id := m.ID()
	last := len(m) - 1
	m[last] = sample.Above(item.Features[last])
	w.name(id, name)
	err := w.table.Create(context.Background(), item.Item{ID: id, Measurements: m, CreatedAt: item.FormatTime(time.Now())})
	must(err)
	w.send(name, fmt.Sprintf(`{"id":%q}`, id), invalidItem)
}

// beginFlood lets crowds post hundreds of items at once, and many clients post the same one. A
// second later the queue and the writes of the enricher hang for two minutes.
func (w *world) beginFlood(at time.Duration) {
	for n := range 11 {
		client := fmt.Sprint("flood ", n)
		w.begins(client, at, func() { w.crowd(client, 8_000+n, 100) })
	}
	m := sample.Nth(8_900_000)
	w.expect(m, "throng")
	for n := range 40 {
		client := fmt.Sprint("throng ", n)
		w.begins(client, at, func() { w.post(client, m) })
	}
	if w.includes("outage after flood") {
		w.outages = append(w.outages, period{at + time.Second, at + 2*time.Minute, func(c call) bool { return c.toQueue() || c.classifies() || c.marksFailure() }, true})
	}
}

func (w *world) floods() bool { return !w.plain && w.seed.number("floods") < 0.1 }
