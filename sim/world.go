package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/local/template"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/table"
)

// world is one simulation: the whole system in one process, its clients, and what
// disturbs it.
type world struct {
	scenario
	stack      *stack.Stack
	api        http.RoundTripper
	queue      *sqs.Client // these two are not disturbed
	table      *table.Table
	aws        aws.Config
	models     map[string]*model.Model // by version
	modelPath  string
	start      time.Time
	background sync.WaitGroup // calls that take effect late
	ledger     *ledger
	valid      map[string]bool // ids that clients may store
	clients    sync.WaitGroup
	upgraded   atomic.Bool
	calm       atomic.Bool // no more faults
	outages    []period
	outcome    outcome
	parameters map[string]string

	maxReceiveCount   int
	visibilityTimeout time.Duration

	mu     sync.Mutex
	names  map[string]string // of items by id, and of other bodies
	visits map[string]int    // how often a site was reached
	aside  []message         // to be delivered once more

	acknowledged map[string]bool    // by id
	planted      map[string]planted // by message body
}

// scenario is what a simulation depends on, and nothing else.
type scenario struct {
	seed  seed
	items int
	// plain leaves out all chance but what is needed to tell calls apart.
	plain bool
	// only, when not nil, has everything that happens: faults by site, and what
	// else is optional, like a client.
	only map[string]fault
	log  io.Writer // for the trace, or nil
}

// outcome is what came of a simulation.
type outcome struct {
	happened   map[string]fault // faults by site, and what else could be left out
	sites      []site           // in the order in which they were reached
	refused    int              // calls to a service that was down
	posted     int              // items that were acknowledged
	elapsed    time.Duration    // simulated
	trace      uint64           // the same for the same course of events
	violations []violation
}

// site is a place where a fault can strike.
type site struct {
	name string
	all  possible
}

// happening stands for something optional that is not a fault.
const happening fault = "happens"

// period is a time in which something of AWS is down.
type period struct {
	from, to time.Duration
	hits     func(call) bool // which calls
	hangs    bool            // or answers all kinds of errors
}

// simulate runs a scenario in a bubble of fake time.
func simulate(t *testing.T, s scenario) outcome {
	var w *world
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, s)
		w.run(t)
	})
	w.outcome.violations = w.ledger.violations
	return w.outcome
}

func newWorld(t *testing.T, s scenario) *world {
	w := &world{
		scenario: s, start: time.Now(), modelPath: filepath.Join(t.TempDir(), "model.json"),
		names: map[string]string{}, visits: map[string]int{}, valid: map[string]bool{},
		acknowledged: map[string]bool{}, planted: map[string]planted{},
		outcome: outcome{happened: map[string]fault{}},
	}
	w.ledger = newLedger(w)
	w.models = writeModels(w.modelPath)
	w.build(t)
	return w
}

// build puts the system together as `go run ./local` does.
func (w *world) build(t *testing.T) {
	w.parameters = w.settings()
	tmpl, err := template.Read(filepath.Join(root(), "template.yaml"), w.parameters)
	must(err)
	w.aws = stack.EmbeddedAWS(stack.NewEndpoint("http://embedded"))
	w.queue, w.table = sqs.NewFromConfig(w.aws), table.New(w.aws, "IrisTable")
	disturbed := w.aws
	disturbed.Retryer = func() aws.Retryer { return steady{awsclient.NewRetryer().(*retry.Standard)} }
	w.stack, err = stack.New(t.Context(), stack.Config{
		Template: tmpl, AWS: disturbed, Log: slog.New(slog.DiscardHandler),
		Transport: w.transport, Environment: w.environment,
	})
	must(err)
	w.api = inmemory.Transport{Handler: w.stack.API}
	w.maxReceiveCount, err = strconv.Atoi(w.parameters["MaxReceiveCount"])
	must(err)
	window, err := strconv.Atoi(w.parameters["BatchWindow"])
	must(err)
	w.visibilityTimeout = time.Duration(180+window) * time.Second
}

// settings draws the template's parameters.
func (w *world) settings() map[string]string {
	choose := func(parameter string, values ...string) string {
		if w.plain {
			return values[0]
		}
		return values[w.seed.below(len(values), parameter)]
	}
	p := map[string]string{
		"BatchSize":          choose("BatchSize", "10", "10", "1", "3", "10"),
		"BatchWindow":        choose("BatchWindow", "1", "0", "0", "2", "5"),
		"MaximumConcurrency": choose("MaximumConcurrency", "2", "5", "10"),
		"MaxReceiveCount":    choose("MaxReceiveCount", "5", "5", "6"),
		"ModelUri":           w.modelPath,
	}
	if w.floods() {
		p["BatchSize"], p["BatchWindow"], p["MaximumConcurrency"] = "1000", "5", "2"
	} else if p["BatchWindow"] != "0" {
		p["BatchSize"] = choose("LargeBatchSize", "10", "25", "150")
	}
	return p
}

// run lets clients and faults loose, waits until all is quiet, and then has the
// dead-letter queue moved back without any faults.
func (w *world) run(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.stack.Run(ctx)
	}()
	w.begin()
	w.clients.Wait()
	if w.quiet() {
		w.checkQuiet()
		w.calm.Store(true)
		if w.redrive("last redrive"); w.quiet() {
			w.checkEnd()
		}
		if w.backfill(); w.quiet() {
			w.checkVersions()
		}
	}
	w.outcome.elapsed = time.Since(w.start)
	stop()
	<-stopped
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

// includes tells whether something optional happens.
func (w *world) includes(name string) bool {
	if w.only != nil && w.only[name] == none {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcome.happened[name] = happening
	return true
}

// visit comes to a place where a fault can strike. It names the visit, apart from
// earlier ones, and decides what goes wrong there.
func (w *world) visit(place string, all possible) (name string, f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits[place]++
	name = visited(place, w.visits[place])
	w.outcome.trace += seed(time.Since(w.start)).bits(name)
	switch {
	case w.calm.Load():
		return name, none
	case w.only != nil:
		f = w.only[name]
	case !w.plain:
		f = w.seed.strike(place, w.visits[place], all)
	}
	w.outcome.sites = append(w.outcome.sites, site{name, all})
	if f != none {
		w.outcome.happened[name] = f
		w.outcome.trace += w.seed.bits(name, string(f))
	}
	return name, f
}

func visited(place string, visit int) string {
	if visit == 1 {
		return place
	}
	return fmt.Sprint(place, " #", visit)
}

// latency is how long something takes on its way, 0.5 to 20 ms.
func (w *world) latency(site, direction string) time.Duration {
	return time.Duration((0.5 + 19.5*w.seed.number("latency", site, direction)) * float64(time.Millisecond))
}

// note adds a line to the trace.
func (w *world) note(format string, args ...any) {
	if w.log != nil {
		fmt.Fprintf(w.log, "%12s  %s\n", time.Since(w.start).Round(time.Microsecond), fmt.Sprintf(format, args...))
	}
}

// root returns the repository's folder.
var root = sync.OnceValue(func() string {
	folder, err := os.Getwd()
	must(err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "template.yaml")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			panic("no template.yaml here or above: run it in the repository")
		}
		folder = filepath.Dir(folder)
	}
})
