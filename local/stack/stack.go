// Package stack puts the local system together: what template.yaml describes, with the
// functions of this module. [Start] is all of it. `go run ./local` serves such a stack at two
// addresses; the tests, the simulation and the benchmark start the same one in memory. How a part
// of the stack works is not known here: see the packages apigateway, lambda, eventsource, sqs,
// dynamodb and template.
package stack

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/eventsource"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/shared/poller"
)

// Config says how a stack is put together. All but the template may be left out.
type Config struct {
	Template *template.Template
	AWS      AWS          // where the table and the queues are; by default [InMemory]
	APIKey   string       // that the API demands, or ""
	Log      *slog.Logger // of the functions and the event source mappings; by default nothing is logged
	Idle     bool         // start no event source mapping: messages stay in the queues until [Stack.Poll]
	Worker   bool         // start a worker beside the event source mappings

	// The rest is for those who watch a stack or disturb it: tests, the simulation, the benchmark.
	// Each hook may be nil.

	// Transport wraps what the AWS calls of a function go through, or those of its event source
	// mapping. caller is the function's logical id, and with [EventSourceSuffix] its event source
	// mapping.
	Transport func(caller string, next http.RoundTripper) http.RoundTripper

	// Retryer makes the retryers for these AWS calls, in the place of the functions' own.
	Retryer func() aws.Retryer

	// Environment wraps what starts a function's execution environments.
	Environment func(function string, start func() (awslambda.Handler, error)) func() (awslambda.Handler, error)

	// Batch wraps what a worker does with a batch.
	Batch func(poller.Handle) poller.Handle

	// LogGroup returns what gets the line that a function writes of each invocation, as CloudWatch
	// gets it. Whatever the log level is, it gets all lines, one a call.
	LogGroup func(function string) io.Writer
}

// EventSourceSuffix follows a function's logical id where its event source mapping is
// meant.
const EventSourceSuffix = ".EventSource"

// Stack is the system, started.
type Stack struct {
	Config Config       // that it was started with, and the defaults for what was left out
	API    http.Handler // to serve
	Signed bool         // whether a route of the API demands signed requests
	Names  template.Names
	Client *http.Client // calls the API in memory, whatever host a URL has; signs if Signed

	resources *resources
	system    *template.System            // the template, with all values known
	functions map[string]*lambda.Function // by logical id
	mappings  []*eventsource.Mapping
	worker    *Worker // or nil

	polling     sync.WaitGroup
	stopPolling context.CancelFunc // nil while the stack is idle
}

// Start makes a stack: the table and the queues, unless they are there, then the functions, the
// API and the event source mappings. ctx is for this alone. The stack runs until [Stack.Stop].
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	if cfg.AWS == (AWS{}) {
		cfg.AWS = InMemory()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := checkNames(cfg.Template); err != nil {
		return nil, err
	}
	names, err := cfg.Template.Names()
	if err != nil {
		return nil, err
	}
	s := &Stack{Config: cfg, Names: names, functions: map[string]*lambda.Function{}}
	if s.resources, err = createResources(ctx, cfg); err != nil {
		return nil, err
	}
	if s.system, err = cfg.Template.Resolve(s.resources.attribute); err != nil {
		return nil, err
	}
	if err := s.resources.configure(ctx, s.system); err != nil {
		return nil, err
	}
	for _, f := range s.system.Functions {
		if s.functions[f.LogicalID], err = newFunction(cfg, f); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.LogicalID, err)
		}
	}
	s.API = apigateway.New(s.system.Routes, s.functions, cfg.APIKey)
	s.Signed = slices.ContainsFunc(s.system.Routes, func(r template.Route) bool { return r.Signed })
	s.Client = &http.Client{Transport: inmemory.Transport{Handler: s.API}}
	if s.Signed {
		s.Client.Transport = apigateway.Signer{Next: s.Client.Transport}
	}
	for _, source := range s.system.EventSources {
		mapping, err := s.newMapping(source)
		if err != nil {
			return nil, fmt.Errorf("event source of %s: %w", source.Function, err)
		}
		if !source.Disabled {
			s.mappings = append(s.mappings, mapping)
		}
	}
	if !cfg.Idle {
		if err := s.Poll(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Stack) newMapping(source template.EventSource) (*eventsource.Mapping, error) {
	url, err := s.resources.queueURL(source.QueueARN)
	if err != nil {
		return nil, err
	}
	caller := s.Config.callerAWS(source.Function+EventSourceSuffix, 0)
	return eventsource.New(caller, url, source, s.functions[source.Function], s.Config.Log)
}

// Consumes tells whether the stack has somebody who consumes the queue.
func (s *Stack) Consumes() bool { return len(s.mappings) > 0 || s.worker != nil }

// Poll starts the event source mappings, and the worker, of a stack that was started idle.
func (s *Stack) Poll() (err error) {
	if s.Config.Worker {
		if s.worker, err = s.StartWorker(false, workerTimeout); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stopPolling = stop
	for _, m := range s.mappings {
		s.polling.Go(func() { m.Run(ctx) })
	}
	return nil
}

// Stop ends the polling of the queues, and returns when every invocation has ended.
func (s *Stack) Stop() {
	if s.stopPolling != nil {
		s.stopPolling()
	}
	s.polling.Wait()
	if s.worker != nil {
		s.worker.Stop()
	}
	for _, f := range s.functions {
		f.Wait()
	}
}

// Ref returns what a Ref of a resource stands for: a table's name, a queue's URL.
func (s *Stack) Ref(logicalID string) string {
	value, err := s.resources.attribute(logicalID, "Ref")
	if err != nil {
		panic(err) // a programming error
	}
	return value
}

// Getenv returns what looks up the environment variables that the template gives a function.
func (s *Stack) Getenv(function string) func(name string) string {
	f, ok := s.Function(function)
	if !ok {
		panic("no function " + function) // a programming error
	}
	return getenv(f)
}

func (s *Stack) Function(logicalID string) (f template.Function, ok bool) {
	i := slices.IndexFunc(s.system.Functions, func(f template.Function) bool { return f.LogicalID == logicalID })
	if i < 0 {
		return f, false
	}
	return s.system.Functions[i], true
}
