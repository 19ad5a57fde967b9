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
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/table"
)

// world is one simulation: the whole system in one process, its clients, and all that goes wrong.
type world struct {
	scenario
	start   time.Time
	stack   *stack.Stack
	queue   *sqs.Client  // no faults strike here
	table   *table.Table // nor here
	metrics cloudwatch.Metrics
	ledger  *ledger
	steps   *steps

	models    map[string]*classifier.Model // by version
	modelPath string

	maxReceiveCount              int
	visibilityTimeout, retention time.Duration
	slowness                     float64 // of the functions: how many times longer they compute

	clients  sync.WaitGroup
	serviced sync.WaitGroup
	serving  context.Context // while it lasts, the services start workers
	starting sync.Mutex      // one worker starts at a time
	starts   *process        // the worker that starts
	outages  []period
	paused   period      // in which nobody receives messages
	upgraded atomic.Bool // the new model is published
	calm     atomic.Bool // no fault strikes any more

	mu           sync.Mutex
	names        map[string]string  // in the trace, of ids and bodies
	visits       map[string]int     // how often a place was reached
	current      []*process         // the workers, by service; they may have ended
	processes    []*process         // all workers that there were
	aside        []message          // these were delivered, and are to be delivered a second time
	held         map[string]bool    // receipt handles of messages that are on their way to an invocation
	underWay     int                // invocations that have not ended, and calls that have not taken effect
	valid        map[string]bool    // ids of items that may be stored
	acknowledged map[string]bool    // ids of items that a client was told are stored
	planted      map[string]planted // by message body
	waiting      int                // polls that wait for the end of the pause
	redriving    int                // redrives that have not ended
	outcome      outcome
}

func newWorld(t *testing.T, s scenario) *world {
	w := &world{
		scenario: s, start: time.Now(), modelPath: filepath.Join(t.TempDir(), "model.json"),
		names: map[string]string{}, visits: map[string]int{}, held: map[string]bool{}, valid: map[string]bool{},
		acknowledged: map[string]bool{}, planted: map[string]planted{},
		outcome: outcome{happened: map[string]fault{}, covered: coverage{}},
	}
	w.consumer = s.consumerOf()
	w.current = make([]*process, w.services())
	w.ledger = newLedger(w)
	w.steps = newSteps(w)
	w.models = writeModels(w.modelPath)
	w.slowness = 1 / w.share()
	w.build(t)
	return w
}

// build starts the stack that `go run ./local` serves, idle and disturbed.
func (w *world) build(t *testing.T) {
	var err error
	w.stack, err = stack.Start(t.Context(), stack.Config{
		Template: w.settings(), Idle: true, AWS: w.steps.watch(stack.Remembering(longestLag)),
		Transport: w.transport, Environment: w.environment, Batch: w.batch, LogGroup: w.metrics.LogGroup,
		Retryer: w.newRetryer,
	})
	must(err)
	cfg := w.stack.Config.AWS.Config()
	w.queue, w.table = sqs.NewFromConfig(cfg), table.New(cfg, names.Table())
	w.lookUpQueue()
}

// lookUpQueue reads the attributes that the queue has from the template.
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

// run is the course of a simulation. Clients post while faults strike. When all is quiet, it checks
// what came of that. Then no fault strikes any more: the dead letters are moved back, every item is
// enqueued again if there is a new model, and it checks again.
func (w *world) run(t *testing.T) {
	w.begin() // before Poll, because it draws the pause in which nobody receives
	must(w.stack.Poll())
	stopWorkers := w.beginWorkers()
	w.clients.Wait()
	if w.quiet() {
		w.checkQuiet()
		w.calm.Store(true)
		if w.lastCrowd(); w.quiet() { // so that the second copies have come, too
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
	stopWorkers()
	w.stack.Stop()
	time.Sleep(time.Minute) // until calls that take effect late have done so, and polls that a mistaken worker left behind have ended
	w.checkMetrics()
	w.outcome.traces = w.steps.traces()
}
