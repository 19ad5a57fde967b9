// Package stack puts the local system together: what template.yaml describes, with
// the functions of this module, on an AWS endpoint.
package stack

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/cloudwatch"
	"simple-sam-demo/local/eventsource"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/template"
)

// Config says how a stack is to be built.
type Config struct {
	Template *template.Template
	AWS      aws.Config // reaches the endpoint; see [EmbeddedAWS] and [awsclient.AtEndpoint]
	APIKey   string     // that the API demands, or ""
	Log      *slog.Logger

	// Transport, when set, wraps what the AWS calls of a function go through, or those
	// of its event source mapping, so that tests can disturb them. caller is the
	// function's logical id, and with [EventSourceSuffix] its event source mapping.
	Transport func(caller string, next http.RoundTripper) http.RoundTripper

	// Environment, when set, wraps what starts a function's execution environments,
	// so that tests can disturb whole invocations.
	Environment func(function string, start func() (awslambda.Handler, error)) func() (awslambda.Handler, error)
}

// EventSourceSuffix follows a function's logical id where its event source mapping is
// meant.
const EventSourceSuffix = ".EventSource"

// Stack is the system, ready to run.
type Stack struct {
	API       http.Handler
	Signed    bool                // whether its requests need a signature of AWS
	Metrics   *cloudwatch.Metrics // of the functions, by logical id
	functions map[string]*lambda.Function
	mappings  []*eventsource.Mapping
	resources *resources
}

// New creates the table and the queues on the endpoint, unless they are there, and
// builds the functions, the API and the event source mappings.
func New(ctx context.Context, cfg Config) (*Stack, error) {
	if err := checkNames(cfg.Template); err != nil {
		return nil, err
	}
	r, err := createResources(ctx, cfg)
	if err != nil {
		return nil, err
	}
	system, err := cfg.Template.Resolve(r.attribute)
	if err != nil {
		return nil, err
	}
	if err := r.configure(ctx, system); err != nil {
		return nil, err
	}
	s := &Stack{Metrics: &cloudwatch.Metrics{}, functions: map[string]*lambda.Function{}, resources: r}
	for _, f := range system.Functions {
		if s.functions[f.LogicalID], err = newFunction(cfg, s.Metrics, f); err != nil {
			return nil, err
		}
	}
	s.Signed = slices.ContainsFunc(system.Routes, func(r template.Route) bool { return r.Signed })
	s.API = apigateway.New(system.Routes, s.functions, cfg.APIKey)
	for _, source := range system.EventSources {
		url, err := r.queueURL(source.QueueARN)
		if err != nil {
			return nil, fmt.Errorf("event source of %s: %w", source.Function, err)
		}
		mapping, err := eventsource.New(cfg.callerAWS(source.Function+EventSourceSuffix), url, source, s.functions[source.Function], cfg.Log)
		if err != nil {
			return nil, fmt.Errorf("event source of %s: %w", source.Function, err)
		}
		if !source.Disabled {
			s.mappings = append(s.mappings, mapping)
		}
	}
	return s, nil
}

// Run polls the queues until ctx ends, and returns when every invocation has.
func (s *Stack) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, m := range s.mappings {
		running.Go(func() { m.Run(ctx) })
	}
	running.Wait()
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
