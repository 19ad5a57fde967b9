package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/table"
)

// world is one simulation: the whole system in one process, its clients, and what
// disturbs it.
type world struct {
	scenario
	start   time.Time
	stack   *stack.Stack
	queue   *sqs.Client  // not disturbed
	table   *table.Table // not disturbed
	metrics cloudwatch.Metrics
	ledger  *ledger

	models    map[string]*model.Model // by version
	modelPath string

	maxReceiveCount              int
	visibilityTimeout, retention time.Duration
	slowness                     float64 // of the functions: how many times longer they compute

	clients  sync.WaitGroup
	outages  []period
	paused   period      // in which nobody receives messages
	upgraded atomic.Bool // the model
	calm     atomic.Bool // no more faults

	mu           sync.Mutex
	names        map[string]string  // of items by id, and of other bodies
	visits       map[string]int     // how often a place was reached
	aside        []message          // to be delivered once more
	held         map[string]bool    // receipt handles, until an invocation gets them
	underWay     int                // invocations under way, and calls that are still to take effect
	valid        map[string]bool    // ids that clients may store
	acknowledged map[string]bool    // ids
	planted      map[string]planted // by message body
	outcome      outcome
}

func newWorld(t *testing.T, s scenario) *world {
	w := &world{
		scenario: s, start: time.Now(), modelPath: filepath.Join(t.TempDir(), "model.json"),
		names: map[string]string{}, visits: map[string]int{}, held: map[string]bool{}, valid: map[string]bool{},
		acknowledged: map[string]bool{}, planted: map[string]planted{},
		outcome: outcome{happened: map[string]fault{}},
	}
	w.ledger = newLedger(w)
	w.models = writeModels(w.modelPath)
	w.slowness = 1 / w.share()
	w.build(t)
	return w
}

// build starts the stack that `go run ./local` serves, idle and disturbed.
func (w *world) build(t *testing.T) {
	var err error
	w.stack, err = stack.Start(t.Context(), stack.Config{
		Template: w.settings(), Idle: true,
		Transport: w.transport, Environment: w.environment, LogGroup: w.metrics.LogGroup,
		Retryer: func() aws.Retryer { return steady{awsclient.NewRetryer().(*retry.Standard)} },
	})
	must(err)
	cfg := w.stack.Config.AWS.Config()
	w.queue, w.table = sqs.NewFromConfig(cfg), table.New(cfg, "IrisTable")
	w.lookUpQueue()
}

// lookUpQueue learns what the queue has been told by the template.
func (w *world) lookUpQueue() {
	out, err := w.queue.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(w.stack.Ref("EnrichQueue")), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	must(err)
	var policy struct{ MaxReceiveCount int }
	must(json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &policy))
	w.maxReceiveCount = policy.MaxReceiveCount
	w.visibilityTimeout = seconds(out.Attributes["VisibilityTimeout"])
	w.retention = seconds(out.Attributes["MessageRetentionPeriod"])
}

func seconds(text string) time.Duration {
	n, err := strconv.Atoi(text)
	must(err)
	return time.Duration(n) * time.Second
}

// run lets clients and faults loose, waits until all is quiet, and then has the
// dead-letter queue moved back without any faults.
func (w *world) run(t *testing.T) {
	w.begin() // first, as it draws when nobody is to receive
	w.stack.Poll()
	w.clients.Wait()
	if w.quiet() {
		w.checkQuiet()
		w.calm.Store(true)
		if w.lastCrowd(); w.quiet() { // also deliveries that are repeated only now
			w.redrive("last redrive")
		}
		if w.quiet() {
			w.checkEnd()
		}
		if w.backfill(); w.quiet() {
			w.checkVersions()
		}
	}
	w.outcome.elapsed = time.Since(w.start)
	w.stack.Stop()
	time.Sleep(10 * time.Second) // for calls that take effect late
	w.checkMetrics()
}

// steady is the functions' retryer without jitter, which could not be replayed, and
// without the limit on retries, for which calls of one moment would race.
type steady struct{ *retry.Standard }

func (steady) RetryDelay(attempt int, _ error) (time.Duration, error) {
	return time.Duration(min(attempt, 3)) * 100 * time.Millisecond, nil
}

func (steady) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

func (steady) GetInitialToken() func(error) error { return func(error) error { return nil } }
