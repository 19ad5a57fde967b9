package eventsource_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/eventsource"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/stack"
)

const (
	timeout    = 10 * time.Second // the function's timeout
	visibility = time.Minute      // the queue's visibility timeout
)

// handler processes a batch and returns the response as JSON text.
type handler func(ctx context.Context, e events.SQSEvent) (response string, err error)

// Invoke implements lambda.Handler of aws-lambda-go, so that a test can return any text, also invalid
// JSON.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	response, err := h(ctx, e)
	return []byte(response), err
}

// fixture is a queue, a function that gets its messages, and the invocations of the function.
type fixture struct {
	t        *testing.T
	cfg      aws.Config
	sqs      *sqs.Client
	url, arn string
	start    time.Time
	timeout  time.Duration // the function's timeout
	handle   handler

	mu          sync.Mutex
	invocations []invocation
	running     int
	mostRunning int
}

// invocation is the time of an invocation and the sorted bodies of its batch.
type invocation struct {
	After  time.Duration
	Bodies string
}

// setUp creates the queue and the function. If handle is nil, the function succeeds.
func setUp(t *testing.T, handle handler) *fixture {
	t.Helper()
	f := &fixture{t: t, cfg: stack.InMemory().Config(), start: time.Now(), timeout: timeout, handle: handle}
	f.sqs = sqs.NewFromConfig(f.cfg)
	f.url = f.createQueue("Orders")
	f.set("VisibilityTimeout", fmt.Sprint(visibility.Seconds()))
	f.arn = "arn:aws:sqs:us-east-1:000000000000:Orders"
	return f
}

func (f *fixture) createQueue(name string) (url string) {
	f.t.Helper()
	created, err := f.sqs.CreateQueue(f.t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		f.t.Fatal(err)
	}
	return *created.QueueUrl
}

func (f *fixture) set(attribute, value string) {
	f.t.Helper()
	_, err := f.sqs.SetQueueAttributes(f.t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &f.url, Attributes: map[string]string{attribute: value}})
	if err != nil {
		f.t.Fatal(err)
	}
}

// mapping returns the event source mapping with ReportBatchItemFailures.
func (f *fixture) mapping(source template.EventSource) (*eventsource.Mapping, error) {
	source.QueueARN, source.ReportItemFailures = f.arn, true
	return f.mappingAsIs(source)
}

func (f *fixture) mappingAsIs(source template.EventSource) (*eventsource.Mapping, error) {
	log := slog.New(slog.NewTextHandler(f.t.Output(), nil))
	function := &lambda.Function{
		Name: "Function", Timeout: f.timeout, Log: log,
		Start: func() (awslambda.Handler, error) { return handler(f.invoke), nil },
	}
	f.t.Cleanup(function.Wait)
	return eventsource.New(f.cfg, f.url, source, function, log)
}

// invoke records an invocation and calls the handler.
func (f *fixture) invoke(ctx context.Context, e events.SQSEvent) (string, error) {
	var bodies []string
	for _, record := range e.Records {
		bodies = append(bodies, record.Body)
	}
	f.mu.Lock()
	f.invocations = append(f.invocations, invocation{time.Since(f.start), strings.Join(bodies, " ")})
	f.running++
	f.mostRunning = max(f.mostRunning, f.running)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.running--
	}()
	if f.handle == nil {
		return "", nil
	}
	return f.handle(ctx, e)
}

// run runs a mapping until the test ends or stop is called.
func (f *fixture) run(source template.EventSource) (stop func()) {
	f.t.Helper()
	m, err := f.mapping(source)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.runMapping(m)
}

func (f *fixture) runMapping(m *eventsource.Mapping) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		m.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-stopped
	}
	f.t.Cleanup(stop)
	return stop
}

// send sends several messages at the same time.
func (f *fixture) send(bodies ...string) (ids map[string]string) {
	f.t.Helper()
	ids = map[string]string{}
	for chunk := range slices.Chunk(bodies, 10) {
		in := &sqs.SendMessageBatchInput{QueueUrl: &f.url}
		for _, body := range chunk {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(len(in.Entries))), MessageBody: &body})
		}
		out, err := f.sqs.SendMessageBatch(f.t.Context(), in)
		if err != nil || len(out.Failed) > 0 {
			f.t.Fatal(out, err)
		}
		for i, s := range out.Successful {
			ids[chunk[i]] = *s.MessageId
		}
	}
	return ids
}

// wait lets time pass, and then waits until nothing is left to do.
func (f *fixture) wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// seen returns the invocations so far.
func (f *fixture) seen() []invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.invocations)
}

// counts returns the numbers of visible messages and of messages in flight.
func (f *fixture) counts(url string) (visible, inFlight int) {
	f.t.Helper()
	backlog, err := stack.BacklogOf(f.t.Context(), f.sqs, url)
	if err != nil {
		f.t.Fatal(err)
	}
	return backlog.Visible, backlog.InFlight
}

func (f *fixture) wantCounts(visible, inFlight int) {
	f.t.Helper()
	if v, i := f.counts(f.url); v != visible || i != inFlight {
		f.t.Errorf("the queue has %d messages visible and %d in flight, want %d and %d", v, i, visible, inFlight)
	}
}
