package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/template"
)

var (
	batchSizes = []int{1, 3, 10, 30, 100, 300, 1000}
	delays     = []time.Duration{time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond} // of a call: see [endpoint]
)

// batchSpeed is how fast batches of a size are enriched when each AWS call takes the delay.
type batchSpeed struct {
	Items          int
	Delay          time.Duration
	Enricher, Bare speed // Bare makes only the calls that the enricher can't do without
}

// speed is what a batch takes, or an item in it.
type speed struct {
	Batch       time.Duration // the median of a batch
	CPU         time.Duration // an item
	Allocations float64       // an item
}

// PerSecond is the number of items a second.
func (b batchSpeed) PerSecond(s speed) float64 { return float64(b.Items) / s.Batch.Seconds() }

func (m *measurement) measureBatches(ctx context.Context, _ *testing.T) error {
	function, err := functionBuild{root: "."}.withDefaultMemory(enricherFunction)
	if err != nil {
		return err
	}
	for _, delay := range delays {
		if err := m.measureDelay(ctx, function, delay); err != nil {
			return err
		}
	}
	return nil
}

// measureDelay measures batches of all sizes while each call takes the delay.
func (m *measurement) measureDelay(ctx context.Context, function template.Function, delay time.Duration) error {
	url, stop, err := startEndpoint(ctx, delay)
	if err != nil {
		return err
	}
	defer stop()
	for _, size := range batchSizes {
		b, err := measureBatch(ctx, url, function, size)
		if err != nil {
			return fmt.Errorf("%d items: %w", size, err)
		}
		b.Delay = delay
		m.results.Batches = append(m.results.Batches, b)
	}
	return nil
}

// measureBatch lets the enricher and the bare calls take turns. What disturbs this machine then
// disturbs both.
func measureBatch(ctx context.Context, url string, function template.Function, size int) (batchSpeed, error) {
	const turns = 8
	b := batchSpeed{Items: size}
	cfg, err := functionAWS(url)
	if err != nil {
		return b, err
	}
	handler, err := enricher.New(func(name string) string { return function.Environment[name] }, cfg, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		return b, err
	}
	client, event := dynamodb.NewFromConfig(cfg), messages(size)
	enrich := func() error {
		out, err := handler.Handle(ctx, event)
		if len(out.BatchItemFailures) > 0 {
			return fmt.Errorf("%d messages were given back", len(out.BatchItemFailures))
		}
		return err
	}
	bare := func() error { return bareCalls(ctx, client, event) }
	var enriched, called []speed
	for range turns {
		for _, of := range []struct {
			do   func() error
			turn *[]speed
		}{{enrich, &enriched}, {bare, &called}} {
			s, err := repeat(of.do, size)
			if err != nil {
				return b, err
			}
			*of.turn = append(*of.turn, s)
		}
	}
	b.Enricher, b.Bare = medianSpeed(enriched[1:]), medianSpeed(called[1:]) // the first turn opens connections
	return b, nil
}

// repeat does a batch again and again, for a tenth of a second and at least three times.
func repeat(do func() error, size int) (speed, error) {
	var taken []time.Duration
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cpu := processorTime()
	for first := time.Now(); len(taken) < 3 || time.Since(first) < 100*time.Millisecond; {
		begin := time.Now()
		if err := do(); err != nil {
			return speed{}, err
		}
		taken = append(taken, time.Since(begin))
	}
	cpu = processorTime() - cpu
	runtime.ReadMemStats(&after)
	items := len(taken) * size
	return speed{median(taken), cpu / time.Duration(items), float64(after.Mallocs-before.Mallocs) / float64(items)}, nil
}

// medianSpeed takes the median of each figure.
func medianSpeed(turns []speed) speed {
	var batch, cpu []time.Duration
	var allocations []float64
	for _, s := range turns {
		batch, cpu, allocations = append(batch, s.Batch), append(cpu, s.CPU), append(allocations, s.Allocations)
	}
	return speed{median(batch), median(cpu), median(allocations)}
}

// messages is an event of n messages, each with another id.
func messages(n int) events.SQSEvent {
	var event events.SQSEvent
	for i := range n {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: fmt.Sprintf(`{"id":"%032x"}`, i)})
	}
	return event
}
