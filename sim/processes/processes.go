// Package processes runs the pipeline with its real programs: each execution environment of a function and each
// worker is a process, and AWS is a process too. It kills and disturbs them while items are posted, and checks
// from outside that nothing is lost. What is random comes from a seed, but how processes run does not, so no run
// can be repeated exactly. The simulation can: see sim.
//
// Begin to read with [Run] in this file, which is the course of a run. From there:
//
//   - clients.go is what clients and others do;
//   - environment.go and worker.go start the processes, and process.go is what can be done to one;
//   - proxy.go is where all AWS calls meet what goes wrong (strike.go and outage.go);
//   - deliveries.go keeps who has which message;
//   - checks.go looks at the table and the queues in the end.
package processes

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/binary"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/table"
)

// Who consumes the queue.
const (
	Function = "function"
	Worker   = "worker"
	Both     = "both"
)

// Options say what a run is.
type Options struct {
	Root     string // the repository's folder
	Seed     uint64 // of all that is random
	Items    int    // how many items the clients post
	Consumer string // who consumes the queue

	// Hasten lets messages come back at once that nobody deals with any more, instead of after SQS's visibility
	// timeout, and ends long polls after a second. Nothing stands still then. A run takes seconds and not minutes.
	Hasten bool

	Progress io.Writer // gets a line when a part of the run begins
}

// run is one run.
type run struct {
	Options
	chance     *chance
	record     *record
	stack      *stack.Stack
	proxy      *proxy
	deliveries *deliveries
	programs   map[string]string // paths of the built programs, by name

	// These reach AWS without the proxy.
	config aws.Config
	queue  *sqs.Client
	table  *table.Table

	disturbing atomic.Bool     // things go wrong
	refuses    atomic.Bool     // AWS takes no connections
	serving    context.Context // while it lasts, the services start workers
	services   sync.WaitGroup

	mu        sync.Mutex
	processes map[string]*process // all that there were, by access key
	started   map[string]int      // how many there were of each program
	over      bool                // no process is to be started any more

	posted posted
}

// The times that a run takes at most, and how long things go wrong after the last item was posted.
const (
	longestCalm = 20 * time.Minute
	aftermath   = 40 * time.Second

	longestHeld = time.Minute // after that, only messages are invisible that were given back for longer
)

// Run runs the pipeline once. The error is why that was not possible; what was violated is in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	begin := time.Now()
	r := &run{
		Options: o, chance: newChance(o.Seed), record: newRecord(), programs: map[string]string{},
		processes: map[string]*process{}, started: map[string]int{}, posted: newPosted(),
	}
	r.deliveries = newDeliveries(r)
	folder, err := os.MkdirTemp("", "processes")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if err := r.build(ctx, folder); err != nil {
		return nil, err
	}
	url, stopAWS, err := startAWS(ctx)
	if err != nil {
		return nil, err
	}
	defer stopAWS()
	defer r.killAll()
	if err := r.begin(ctx, url); err != nil {
		return nil, err
	}
	defer r.proxy.close()
	err = r.course(ctx)
	return r.record.report(r, time.Since(begin)), err
}

// build builds the programs.
func (r *run) build(ctx context.Context, folder string) error {
	r.say("building the programs")
	for _, name := range []string{writer, reader, enricher, worker} {
		r.programs[name] = filepath.Join(folder, name)
		pkg := "./" + name + "/lambda"
		if name == worker {
			pkg = "./enricher/worker"
		}
		if err := binary.Build(ctx, r.Root, runtime.GOOS, runtime.GOARCH, r.programs[name], pkg); err != nil {
			return err
		}
	}
	return nil
}

// begin puts the pipeline together. The API and the event source mapping run in this process, as Lambda and API
// Gateway are not what is tested. They reach AWS through the proxy too.
func (r *run) begin(ctx context.Context, url string) (err error) {
	if r.proxy, err = newProxy(r, url); err != nil {
		return err
	}
	t, err := template.Read(filepath.Join(r.Root, "template.yaml"), r.parameters())
	if err != nil {
		return err
	}
	r.stack, err = stack.Start(ctx, stack.Config{
		Template: t, AWS: stack.AWS{URL: r.proxy.url}, Idle: true, Environment: r.environment,
	})
	if err != nil {
		return err
	}
	r.config = awsclient.AtEndpoint(url)
	r.queue, r.table = sqs.NewFromConfig(r.config), table.New(r.config, r.stack.Ref(r.stack.Names.Table))
	return r.shortenVisibility(ctx)
}

// parameters are the template's. Batches of a size of 10 and 100 take turns with the seeds.
func (r *run) parameters() map[string]string {
	batch := []map[string]string{
		{"BatchSize": "10", "BatchWindow": "0"}, {"BatchSize": "10", "BatchWindow": "1"}, {"BatchSize": "100", "BatchWindow": "1"},
	}[r.Seed%3]
	batch["EnricherEnabled"] = fmt.Sprint(r.Consumer != Worker)
	return batch
}

// shortenVisibility gives the queue the shortest visibility timeout that Lambda accepts, the function's timeout.
// The template has six times that, so that throttled invocations can be repeated.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func (r *run) shortenVisibility(ctx context.Context) error {
	f, _ := r.stack.Function("EnricherFunction")
	_, err := r.queue.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: r.url("EnrichQueue"), Attributes: map[string]string{"VisibilityTimeout": fmt.Sprint(int(f.Timeout.Seconds()))},
	})
	return err
}

func (r *run) url(queue string) *string { return aws.String(r.stack.Ref(queue)) }

// course is what happens: clients post and things go wrong, then all is calm. It checks what came of that, moves
// the dead letters back, and checks again. Its error is that ctx has ended.
func (r *run) course(ctx context.Context) error {
	stopWorkers := r.startServices(ctx)
	if err := r.stack.Poll(); err != nil {
		return err
	}
	defer func() {
		r.killAll() // or Stop would wait for invocations that stand still
		r.stack.Stop()
	}()
	defer context.AfterFunc(ctx, r.killAll)()
	r.say("posting %d items", r.Items)
	r.disturbing.Store(true)
	stopTrouble := r.startTrouble(ctx)
	if r.Hasten {
		defer r.startHastening(ctx)()
	}
	r.post(ctx)
	if r.wait(ctx, r.linger(), r.isQuiet); ctx.Err() == nil {
		r.say("everything is posted; waiting until all messages are dealt with")
	}
	stopTrouble()
	r.disturbing.Store(false)
	for _, p := range r.running(worker) { // Lambda kills the functions that stand still
		p.goOn()
	}
	if err := r.checkCalm(ctx); err != nil {
		return err
	}
	stopWorkers()
	r.checkCounts()
	return ctx.Err()
}

// linger is how long things go wrong after the last item was posted.
func (r *run) linger() time.Duration {
	if r.Hasten {
		return time.Second
	}
	return aftermath
}

// checkCalm waits until all is quiet and checks, then moves the dead letters back and checks again.
func (r *run) checkCalm(ctx context.Context) error {
	if !r.wait(ctx, longestHeld, r.isQuiet) {
		r.deliveries.releaseGivenBack() // some would come back only after minutes
	}
	if !r.quiet(ctx) {
		return ctx.Err()
	}
	if err := r.checkQuiet(ctx); err != nil {
		return err
	}
	r.say("moving the dead letters back")
	if err := r.redrive(ctx); err != nil || !r.quiet(ctx) {
		return err
	}
	return r.checkEnd(ctx)
}

// quiet waits until no message is left in the queue.
func (r *run) quiet(ctx context.Context) bool {
	if r.wait(ctx, longestCalm, r.isQuiet) {
		return true
	}
	if ctx.Err() == nil {
		r.record.violate("no message is left in the queue", "there are some %s after the last fault", longestCalm)
	}
	return false
}

func (r *run) isQuiet(ctx context.Context) bool {
	backlog, err := stack.BacklogOf(ctx, r.queue, r.stack.Ref("EnrichQueue"))
	return err == nil && backlog.Total() == 0
}

// wait looks again and again until something holds, the time is over, or ctx ends.
func (r *run) wait(ctx context.Context, longest time.Duration, holds func(context.Context) bool) bool {
	late := time.After(longest)
	for look := time.NewTicker(20 * time.Millisecond); ; {
		if holds(ctx) {
			look.Stop()
			return true
		}
		select {
		case <-look.C:
		case <-late:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

func (r *run) say(format string, arguments ...any) {
	fmt.Fprintf(r.Progress, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, arguments...)...)
}
