package main

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/latency"
	"simple-sam-demo/internal/names"
)

// measured is how long a writer and an enricher take, with batches as functions of 256 MB.
var measured = results{Shares: []shareOf{
	{kind: kind{Function: writerFunction, Items: 1}, Memory: 256, Later: 12 * time.Millisecond, Logged: 500},
	{kind: kind{Function: writerFunction, Items: 100}, Memory: 256, Later: 50 * time.Millisecond, Logged: 6},
	{kind: kind{Function: enricherFunction, Items: 100}, Memory: 256, Later: 111 * time.Millisecond, Logged: 10},
	{kind: kind{Function: enricherFunction, Items: 1}, Memory: 256, Later: 12 * time.Millisecond, Logged: 900},
	{kind: kind{Function: enricherFunction, Items: 1}, Memory: 512, Later: time.Hour},
	{kind: kind{Function: enricherFunction, Items: 1}, Memory: 256, Build: 1, Later: time.Hour},
}}

func TestAnInvocationLastsAsThoseThatWereMeasured(t *testing.T) {
	of := measured.invocationsWith(256)
	for items, want := range map[int]time.Duration{1: 12, 2: 13, 51: 62, 100: 111, 1000: 111} {
		if lasts, _ := of.between(enricherFunction, items); lasts != want*time.Millisecond {
			t.Errorf("with %d items it lasts %v, want %d ms", items, lasts, want)
		}
	}
	if _, logs := of.between(enricherFunction, 100); logs != 1000 {
		t.Errorf("with 100 items it logs %v bytes, want 1000", logs)
	}
}

func TestTheItemsOfAnEventAreCounted(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	one, err := postEvent(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	many, err := postEvent(0, 30)
	if err != nil {
		t.Fatal(err)
	}
	for event, want := range map[string]int{string(one): 1, string(many): 30, `{"Records":[{"body":"a"},{"body":"b"}]}`: 2} {
		if got := itemsOf([]byte(event)); got != want {
			t.Errorf("%d items in %.100s, want %d", got, event, want)
		}
	}
}

func TestTheCallsOfARunAreCounted(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for name, test := range map[string]struct {
		load
		want map[string]int
	}{
		"one by one": {load{"", 20, 1, time.Second}, map[string]int{
			"POST": 20, "writer, ms": 20 * 12, "enricher": 20, "enricher, ms": 20 * 12, "items read": 20, "items written": 40,
			"SendMessage": 20, "bytes logged": 20*500 + 20*900, "CLASSIFIED after, ms": 1000 + 5 + 12,
		}},
		"by batch": {load{"", 100, 10, time.Second}, map[string]int{
			"POST": 10, "writer, ms": 10 * 16, "enricher": 10, "enricher, ms": 10 * 21, "items read": 100, "items written": 200,
			"SendMessageBatch": 10, "bytes logged": 14_181, "CLASSIFIED after, ms": 5 + 21,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.each > 1 && names.Batch() == "" {
				t.Skip("the API has no batch route")
			}
			c, err := counted(t, measured.invocationsWith(256), nil, test.load)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{
				"POST": c.posts, "writer, ms": int(c.lasted[writerFunction].Milliseconds()),
				"enricher": c.invocations[enricherFunction], "enricher, ms": int(c.lasted[enricherFunction].Milliseconds()),
				"items read": c.reads, "items written": c.writes, "bytes logged": int(c.logged),
				"CLASSIFIED after, ms": int(latency.Percentile(c.latencies, 50).Milliseconds()),
			}
			for _, operation := range []string{"SendMessage", "SendMessageBatch"} {
				if n := c.calls["SQS."+operation]; n > 0 {
					got[operation] = n
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABillIsForAMillionItems(t *testing.T) {
	c := newCounts()
	c.posts, c.reads, c.writes, c.logged = 10, 20, 20, 4000
	c.calls = map[string]int{"SQS.SendMessage": 10, "SQS.ReceiveMessage": 5, "DynamoDB.PutItem": 10, "DynamoDB.BatchExecuteStatement": 1}
	c.invocations[writerFunction], c.lasted[writerFunction] = 10, 4*time.Second
	got := bill("", c, 10, 256)
	want := 3.50 + 0.20 + 0.1e6*0.0000133334 + 1.5*0.40 + 2*0.625 + 2*0.125 + 0.4*0.50
	if math.Abs(got.Total()-want) > 1e-9 || math.Abs(got.Of(queueRequests)-1.5*0.40) > 1e-9 {
		t.Errorf("it comes to %v and %v for the queue, want %v", got.Total(), got.Of(queueRequests), want)
	}
}

func TestSimpleSamDemosDesignIsCountedWithOurLogLines(t *testing.T) {
	c := streamDesign(measured.invocationsWith(256), 24, 2)
	if c.invocations[enricherFunction] != 2 || c.writes != 48 || math.Abs(c.logged-(24*500+2*(900+11.0/99*100))) > 1e-9 || c.lasted[enricherFunction] != 24*callTime {
		t.Errorf("%d batches, %d writes, %v bytes, %v", c.invocations[enricherFunction], c.writes, c.logged, c.lasted)
	}
}

func TestAMillisecondThatHasBegunIsBilled(t *testing.T) {
	for lasted, want := range map[time.Duration]time.Duration{
		time.Millisecond: time.Millisecond, time.Millisecond + 1: 2 * time.Millisecond, 0: 0,
	} {
		if got := billed(lasted); got != want {
			t.Errorf("%v is billed as %v, want %v", lasted, got, want)
		}
	}
}
