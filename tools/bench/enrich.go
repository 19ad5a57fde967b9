package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/enricher"
	"simple-sam-demo/shared/awsclient"
)

var (
	batchSizes = []int{1, 3, 10, 30, 100, 300, 1000}
	delays     = []time.Duration{time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond} // see [endpoint]
)

// batchSpeed is how fast batches of a size are enriched when each AWS call takes the delay.
type batchSpeed struct {
	Items          int
	Delay          time.Duration
	Enricher, Bare speed // Bare makes the SDK's calls and nothing else
}

// speed is of one batch, or of an item in it.
type speed struct {
	Batch       time.Duration // the median
	CPU         time.Duration // an item
	Allocations float64       // an item
}

// PerSecond is the number of items a second.
func (b batchSpeed) PerSecond(s speed) float64 { return float64(b.Items) / s.Batch.Seconds() }

// RoundTrips is how many delays a batch takes.
func (b batchSpeed) RoundTrips(s speed) float64 { return s.Batch.Seconds() / b.Delay.Seconds() }

func measureBatches(ctx context.Context) ([]batchSpeed, error) {
	var all []batchSpeed
	for _, delay := range delays {
		url, stop, err := startEndpoint(ctx, delay)
		if err != nil {
			return nil, err
		}
		for _, size := range batchSizes {
			b, err := measureBatch(ctx, url, size)
			if err != nil {
				stop()
				return nil, fmt.Errorf("%d items: %w", size, err)
			}
			b.Delay = delay
			all = append(all, b)
		}
		stop()
	}
	return all, nil
}

// measureBatch lets the enricher and the bare calls take turns, so that what disturbs
// this machine disturbs both.
func measureBatch(ctx context.Context, url string, size int) (batchSpeed, error) {
	const turns = 8
	b := batchSpeed{Items: size}
	cfg, err := functionAWS(url)
	if err != nil {
		return b, err
	}
	handler, err := newEnricher(cfg)
	if err != nil {
		return b, err
	}
	client, event := dynamodb.NewFromConfig(cfg), messages(size)
	enrich := func() error {
		out, err := handler.Handle(ctx, event)
		if len(out.BatchItemFailures) > 0 {
			return fmt.Errorf("%d messages given back", len(out.BatchItemFailures))
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
	b.Enricher, b.Bare = medianSpeed(enriched[1:]), medianSpeed(called[1:]) // the first opens connections
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

func medianSpeed(turns []speed) speed {
	var batch, cpu []time.Duration
	var allocations []float64
	for _, s := range turns {
		batch, cpu, allocations = append(batch, s.Batch), append(cpu, s.CPU), append(allocations, s.Allocations)
	}
	return speed{median(batch), median(cpu), median(allocations)}
}

// functionAWS is the configuration that a function on Lambda has, but for the endpoint.
// Nothing of the shell's own settings for AWS counts.
func functionAWS(url string) (aws.Config, error) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			if err := os.Unsetenv(name); err != nil {
				return aws.Config{}, err
			}
		}
	}
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c", "AWS_ENDPOINT_URL": url,
	} {
		if err := os.Setenv(name, value); err != nil {
			return aws.Config{}, err
		}
	}
	return awsclient.Load()
}

func newEnricher(cfg aws.Config) (*enricher.Handler, error) {
	env := map[string]string{}
	for _, variable := range unconnected {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	return enricher.New(func(name string) string { return env[name] }, cfg, log)
}

func messages(n int) events.SQSEvent {
	var event events.SQSEvent
	for i := range n {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: fmt.Sprintf(`{"id":"%032x"}`, i)})
	}
	return event
}

// bareCalls makes the calls that the enricher can't do without, all at once, and looks at no
// answer: it reads 100 items a call, and writes 25.
func bareCalls(ctx context.Context, client *dynamodb.Client, event events.SQSEvent) error {
	keys := make([]types.AttributeValue, len(event.Records))
	for i := range keys {
		keys[i] = &types.AttributeValueMemberS{Value: fmt.Sprintf("%032x", i)}
	}
	if err := callAll(keys, 100, func(some []types.AttributeValue) error { return bareRead(ctx, client, some) }); err != nil {
		return err
	}
	return callAll(keys, 25, func(some []types.AttributeValue) error { return bareWrite(ctx, client, some) })
}

// callAll makes a call for some keys each, all at once.
func callAll(keys []types.AttributeValue, each int, call func([]types.AttributeValue) error) error {
	failed := make(chan error, len(keys))
	var running sync.WaitGroup
	for some := range slices.Chunk(keys, each) {
		running.Go(func() { failed <- call(some) })
	}
	running.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

func bareRead(ctx context.Context, client *dynamodb.Client, ids []types.AttributeValue) error {
	var keys []map[string]types.AttributeValue
	for _, id := range ids {
		keys = append(keys, map[string]types.AttributeValue{"id": id})
	}
	_, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: keys, ConsistentRead: aws.Bool(true)}},
	})
	return err
}

func bareWrite(ctx context.Context, client *dynamodb.Client, ids []types.AttributeValue) error {
	var statements []types.BatchStatementRequest
	for _, id := range ids {
		statements = append(statements, types.BatchStatementRequest{
			Statement: aws.String(`UPDATE "t" SET pred_target = ? SET pred_probability = ? SET model_version = ? SET classified_at = ? ` +
				`WHERE id = ? AND model_version IS MISSING AND failure_code IS MISSING`),
			Parameters: []types.AttributeValue{
				&types.AttributeValueMemberS{Value: "setosa"}, &types.AttributeValueMemberN{Value: "0.9731068160435402"},
				&types.AttributeValueMemberS{Value: "2026-11-23.01"}, &types.AttributeValueMemberS{Value: "2026-11-24T00:35:14.186Z"}, id,
			},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
	}
	_, err := client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: statements})
	return err
}
