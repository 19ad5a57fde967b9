package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
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
	delays     = []time.Duration{0, 2 * time.Millisecond, 5 * time.Millisecond}
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
	env := map[string]string{"TABLE_NAME": "t", "QUEUE_URL": "q", "DEAD_LETTER_QUEUE_URL": "d", "MAX_RECEIVE_COUNT": "5", "MESSAGE_RETENTION_SECONDS": "345600", "WRITER_TIMEOUT_SECONDS": "10"}
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

// bareCalls makes the calls that the enricher can't do without, as many at once, and looks
// at no answer.
func bareCalls(ctx context.Context, client *dynamodb.Client, event events.SQSEvent) error {
	var keys []map[string]types.AttributeValue
	for i := range event.Records {
		keys = append(keys, map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: fmt.Sprintf("%032x", i)}})
	}
	failed := make(chan error, 2*len(keys))
	slots := make(chan struct{}, awsclient.MaxConnections)
	var running sync.WaitGroup
	call := func(do func() error) {
		slots <- struct{}{}
		running.Go(func() {
			failed <- do()
			<-slots
		})
	}
	for i := 0; i < len(keys); i += 100 {
		call(func() error { return bareRead(ctx, client, keys[i:min(i+100, len(keys))]) })
	}
	running.Wait()
	for _, key := range keys {
		call(func() error { return bareUpdate(ctx, client, key) })
	}
	running.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

func bareRead(ctx context.Context, client *dynamodb.Client, keys []map[string]types.AttributeValue) error {
	_, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: keys, ConsistentRead: aws.Bool(true)}},
	})
	return err
}

func bareUpdate(ctx context.Context, client *dynamodb.Client, key map[string]types.AttributeValue) error {
	_, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String("t"), Key: key,
		UpdateExpression: aws.String("SET pred_target = :target, pred_probability = :probability, model_version = :version, classified_at = :at " +
			"REMOVE failure_code, failure_reason, failed_at"),
		ConditionExpression: aws.String("attribute_exists(id) AND (attribute_not_exists(model_version) OR model_version < :version)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":target": &types.AttributeValueMemberS{Value: "setosa"}, ":probability": &types.AttributeValueMemberN{Value: "0.9731068160435402"},
			":version": &types.AttributeValueMemberS{Value: "2026-11-23.01"}, ":at": &types.AttributeValueMemberS{Value: "2026-11-24T00:35:14.186Z"},
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	return err
}
