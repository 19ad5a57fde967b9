package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/latency"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
)

// costOf is what a million items cost, sent and enriched in one way.
type costOf struct {
	Name  string
	Calls map[string]float64 // for an item, by operation
	Lines []costLine
}

// costLine is one of the things that AWS charges for.
type costLine struct {
	What   string
	Amount float64 // for a million items
	price
}

// Dollars is what the amount costs.
func (l costLine) Dollars() float64 { return l.Amount * l.Dollar / l.Per }

// Total is what all lines cost together.
func (c costOf) Total() float64 {
	var sum float64
	for _, line := range c.Lines {
		sum += line.Dollars()
	}
	return sum
}

// Of is what one of the lines costs.
func (c costOf) Of(what string) float64 {
	for _, line := range c.Lines {
		if line.What == what {
			return line.Dollars()
		}
	}
	return 0
}

const queueRequests = "SQS requests"

// load is how items come in.
type load struct {
	name        string
	items, each int           // how many in all, and in a request
	every       time.Duration // from one request to the next
}

// One by one there are as many POSTs a second as the API key allows by default. By batch there are 1,000
// items a second.
var (
	singles = load{"one by one", 2_000, 1, 20 * time.Millisecond}
	batched = load{"by batch of 100", 10_000, perBatch, 100 * time.Millisecond}
)

// knob is a setting of the event source mapping, and what items cost with it.
type knob struct {
	Window, Size string        // values of the parameters BatchWindow and BatchSize
	By           string        // how the items came in
	PerBatch     float64       // items
	Median, P99  time.Duration // from the POST to CLASSIFIED
	Dollars      float64       // for a million items
}

// measureCost counts what two ways of sending items cost, beside the design of simple_sam_demo, and what
// other settings change.
func (m *measurement) measureCost(ctx context.Context, t *testing.T) error {
	r := &m.results
	of := r.invocationsWith(r.Memory)
	one, err := counted(t, of, nil, singles)
	if err != nil {
		return fmt.Errorf("one by one: %w", err)
	}
	byBatch := map[string]string{"BatchSize": "100", "BatchWindow": "1"}
	hundred, err := counted(t, of, byBatch, batched)
	if err != nil {
		return fmt.Errorf("by batch: %w", err)
	}
	r.Cost = []costOf{
		bill("one by one", one, singles.items, r.Memory),
		bill("by batch", hundred, batched.items, r.Memory),
		bill("simple_sam_demo's design", streamDesign(of, singles.items, singles.items), singles.items, r.Memory),
		bill("simple_sam_demo's design, in batches", streamDesign(of, singles.items, singles.items/streamBatch), singles.items, r.Memory),
	}
	r.Knobs, err = measureKnobs(ctx, t, of, r.Memory)
	return err
}

// measureKnobs tries settings of the event source mapping, for items that come one by one and by batch.
func measureKnobs(ctx context.Context, t *testing.T, of invocations, memory int) (knobs []knob, err error) {
	for _, l := range []load{singles, batched} {
		for _, setting := range [][2]string{{"0", "10"}, {"1", "10"}, {"2", "10"}, {"5", "10"}, {"1", "100"}, {"2", "100"}, {"5", "100"}} {
			c, err := counted(t, of, map[string]string{"BatchWindow": setting[0], "BatchSize": setting[1]}, l)
			if err == nil {
				err = ctx.Err() // a run lasts a few seconds, and can't be stopped in its middle
			}
			if err != nil {
				return nil, fmt.Errorf("BatchWindow %s, BatchSize %s: %w", setting[0], setting[1], err)
			}
			knobs = append(knobs, knob{
				Window: setting[0], Size: setting[1], By: l.name, PerBatch: float64(l.items) / float64(c.invocations[enricherFunction]),
				Median: latency.Percentile(c.latencies, 50), P99: latency.Percentile(c.latencies, 99), Dollars: bill("", c, l.items, memory).Total(),
			})
		}
	}
	return knobs, nil
}

// streamBatch is how many items come between two looks at a stream, at the rate of [singles]. Lambda looks
// four times a second.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
const streamBatch = 12

// streamDesign counts what simple_sam_demo's design does with POSTs. Each POST is a put. Lambda then reads
// the table's stream, which costs nothing, and gives the items to the function in batches. The function
// makes a round trip for each item, one after the other. Python's own time is left out, and its log lines
// are taken to be as long as ours.
func streamDesign(of invocations, items, batches int) *counts {
	c := newCounts()
	c.posts, c.calls["DynamoDB.PutItem"], c.calls["DynamoDB.UpdateItem"] = items, items, items
	c.invocations[writerFunction], c.invocations[enricherFunction] = items, batches
	c.writes = 2 * items
	c.lasted[writerFunction] = time.Duration(items) * callTime
	c.lasted[enricherFunction] = time.Duration(items) * callTime
	_, posted := of.between(writerFunction, 1)
	_, classified := of.between(enricherFunction, items/batches)
	c.logged = float64(items)*posted + float64(batches)*classified
	return c
}

// bill is what a million items cost, by the counts of a run with fewer items. The functions have so much
// memory, in MB.
func bill(name string, c *counts, items, memory int) costOf {
	c.mu.Lock()
	defer c.mu.Unlock()
	million := 1e6 / float64(items)
	var invocations float64
	var lasted time.Duration
	for function, n := range c.invocations {
		invocations += float64(n)
		lasted += c.lasted[function]
	}
	sqs, calls := 0, map[string]float64{}
	for operation, n := range c.calls {
		calls[operation] = float64(n) / float64(items)
		if strings.HasPrefix(operation, "SQS.") {
			sqs += n
		}
	}
	return costOf{name, calls, []costLine{
		{"API requests", float64(c.posts) * million, apiRequests},
		{"Lambda requests", invocations * million, lambdaRequests},
		{"Lambda GB-seconds", lasted.Seconds() * gigabytes(memory) * million, lambdaDuration},
		{queueRequests, float64(sqs) * million, sqsRequests},
		{"DynamoDB writes", float64(c.writes) * million, dynamoDBWrites},
		{"DynamoDB reads", float64(c.reads) * million, dynamoDBReads},
		{"GB of logs", c.logged / 1e9 * million, logs},
	}}
}

func gigabytes(memory int) float64 { return float64(memory) / 1024 }

// counted counts in fake time (testing/synctest). Calls and invocations last exactly as long as they should,
// and a run is over soon.
func counted(t *testing.T, of invocations, parameters map[string]string, l load) (c *counts, err error) {
	synctest.Test(t, func(t *testing.T) { c, err = count(t.Context(), of, parameters, l) })
	return c, err
}

// count sends items to a local stack, waits until all are classified, and returns what was done for them.
func count(ctx context.Context, of invocations, parameters map[string]string, l load) (*counts, error) {
	read, err := template.Read("template.yaml", parameters)
	if err != nil {
		return nil, err
	}
	c := newCounts()
	s, err := stack.Start(ctx, stack.Config{Template: read, Idle: true, Transport: c.transport, Environment: c.environment(of)})
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	c.reset()
	if err := s.Poll(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	c.posts = l.items / l.each
	if err := (poster{s.Client, "http://api", 1}).postSteadily(ctx, l); err != nil {
		return nil, err
	}
	c.latencies, err = settle(ctx, s.Config.AWS.Config(), l.items)
	return c, err
}

// postSteadily posts at a steady rate. It does not wait for answers.
func (p poster) postSteadily(ctx context.Context, l load) error {
	var running sync.WaitGroup
	failed := make(chan error, l.items/l.each)
	for i := range l.items / l.each {
		running.Go(func() { failed <- p.post(ctx, i*l.each, l.each) })
		time.Sleep(l.every)
	}
	running.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

// billed is a duration as Lambda charges it: rounded up to a whole millisecond.
// https://aws.amazon.com/lambda/pricing/
func billed(lasted time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(lasted)/float64(time.Millisecond))) * time.Millisecond
}
