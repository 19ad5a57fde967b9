package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"time"

	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/template"
)

// callTime is what an AWS call is taken to last, for the functions' durations.
const callTime = 5 * time.Millisecond

// costOf is what a million items cost, sent and enriched in one way.
type costOf struct {
	Name  string
	Calls map[string]float64 // an item, by operation
	Lines []costLine
}

// costLine is an amount of what AWS charges for.
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

func measureCost(ctx context.Context) ([]costOf, error) {
	const singles, batched = 4_000, 20_000
	one, err := count(ctx, nil, singles, 1)
	if err != nil {
		return nil, fmt.Errorf("one by one: %w", err)
	}
	hundred, err := count(ctx, map[string]string{"BatchSize": "100", "BatchWindow": "1"}, batched, perBatch)
	if err != nil {
		return nil, fmt.Errorf("by batch: %w", err)
	}
	return []costOf{
		bill("one by one", one, singles),
		bill("by batch", hundred, batched),
		bill("simple_sam_demo's design", streamDesign(one, singles), singles),
	}, nil
}

// streamDesign counts what simple_sam_demo's design does with as many POSTs: a put, then from
// the table's stream, which Lambda reads for nothing, as many batches, and in them a round
// trip an item, one after the other. What Python itself takes is left out.
func streamDesign(ours *counts, items int) *counts {
	c := newCounts()
	c.posts, c.calls["DynamoDB.PutItem"], c.calls["DynamoDB.UpdateItem"] = items, items, items
	c.invocations["WriterFunction"], c.invocations["EnricherFunction"] = items, ours.invocations["EnricherFunction"]
	c.lasted["WriterFunction"] = time.Duration(items) * callTime
	c.lasted["EnricherFunction"] = time.Duration(items) * callTime
	return c
}

// bill is what the counts of a run with some items come to for a million.
func bill(name string, c *counts, items int) costOf {
	c.mu.Lock()
	defer c.mu.Unlock()
	million := 1e6 / float64(items)
	var invocations, lines float64
	var lasted time.Duration
	for function, n := range c.invocations {
		invocations += float64(n)
		lines += float64(n) * metricsLine[function]
		lasted += c.lasted[function]
	}
	sqs, calls := 0, map[string]float64{}
	for operation, n := range c.calls {
		calls[operation] = float64(n) / float64(items)
		if strings.HasPrefix(operation, "SQS.") {
			sqs += n
		}
	}
	writes := c.calls["DynamoDB.PutItem"] + c.calls["DynamoDB.UpdateItem"]
	return costOf{name, calls, []costLine{
		{"API requests", float64(c.posts) * million, apiRequests},
		{"Lambda requests", invocations * million, lambdaRequests},
		{"Lambda GB-seconds", lasted.Seconds() * memory * million, lambdaDuration},
		{"SQS requests", float64(sqs) * million, sqsRequests},
		{"DynamoDB writes", float64(writes) * million, dynamoDBWrites},
		{"DynamoDB reads", float64(c.reads) * million, dynamoDBReads},
		{"GB of logs", (float64(c.logged) + lines) / 1e9 * million, logs},
	}}
}

// count sends items to a local stack, each request with some of them, and returns what was
// done until all are classified.
func count(ctx context.Context, parameters map[string]string, items, each int) (*counts, error) {
	read, err := template.Read("template.yaml", parameters)
	if err != nil {
		return nil, err
	}
	c := newCounts()
	log := slog.New(slog.NewJSONHandler(c, nil))
	cfg := stack.EmbeddedAWS(stack.NewEndpoint("http://embedded"))
	s, err := stack.New(ctx, stack.Config{
		Template: read, AWS: cfg, Log: log,
		Transport: c.transport, Environment: c.environment,
	})
	if err != nil {
		return nil, err
	}
	c.reset()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Run(ctx)
	}()
	// Few clients, as durations are to be those of functions that have a core to themselves.
	client := poster{&http.Client{Transport: inmemory.Transport{Handler: s.API}}, "http://api", 2}
	taken, err := client.postAll(ctx, items, each)
	if err == nil {
		err = settle(ctx, cfg, items)
	}
	c.posts = len(taken)
	cancel()
	<-stopped
	return c, err
}

// billed is a duration as Lambda charges it: by the millisecond.
// https://aws.amazon.com/lambda/pricing/
func billed(lasted time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(lasted)/float64(time.Millisecond))) * time.Millisecond
}
