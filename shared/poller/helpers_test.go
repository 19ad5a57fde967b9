package poller_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/poller"
)

const (
	timeout    = 90 * time.Second // of a batch
	visibility = time.Hour        // the queue's own visibility timeout
)

// fixture is a queue, and a poller that consumes it.
type fixture struct {
	t       *testing.T
	sqs     *sqs.Client
	url     string
	start   time.Time
	poller  *poller.Poller
	disturb func(operation string, r *http.Request) error // of the poller's calls; or nil
	late    func(operation string) time.Duration          // until an answer of SQS is there

	mu      sync.Mutex
	batches []batch
}

// batch is what was handled when.
type batch struct {
	After  time.Duration
	Bodies string
}

// handle deals with the message of a batch of one. It returns whether the message failed.
type handle func(ctx context.Context, f *fixture, m events.SQSMessage) (failed bool)

// setUp makes a queue, and a poller that takes one message at a time.
func setUp(t *testing.T, change func(*poller.Settings), handle handle) *fixture {
	t.Helper()
	cfg := stack.InMemory().Config()
	f := &fixture{t: t, sqs: sqs.NewFromConfig(cfg), start: time.Now()}
	created, err := f.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String("Orders"), Attributes: map[string]string{"VisibilityTimeout": fmt.Sprint(visibility.Seconds())},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.url = *created.QueueUrl
	next := cfg.HTTPClient.(*http.Client).Transport
	cfg.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if f.disturb != nil {
			if err := f.disturb(operation, r); err != nil {
				return nil, err
			}
		}
		response, err := next.RoundTrip(r)
		if f.late != nil {
			time.Sleep(f.late(operation))
		}
		return response, err
	})}
	settings := poller.Settings{
		QueueURL: f.url, BatchSize: 1, BatchesAtOnce: 2, BatchTimeout: timeout,
		Invisible: poller.Invisible, FinishReceives: true,
	}
	if change != nil {
		change(&settings)
	}
	f.poller = poller.New(cfg, settings, f.record(handle), slog.New(slog.NewTextHandler(t.Output(), nil)))
	return f
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// hangs lets the calls of an operation get no answer.
func hangs(operation string) func(string, *http.Request) error {
	return func(called string, r *http.Request) error {
		if called != operation {
			return nil
		}
		<-r.Context().Done()
		return r.Context().Err()
	}
}

// beatsFail lets the heartbeat fail for a while after the start.
func (f *fixture) beatsFail(d time.Duration) {
	f.disturb = func(operation string, _ *http.Request) error {
		if operation == "ChangeMessageVisibilityBatch" && time.Since(f.start) < d {
			return errors.New("connection lost")
		}
		return nil
	}
}

// anotherReceives lets another consumer receive the message that is visible, and keep it for ten minutes.
func (f *fixture) anotherReceives() {
	f.t.Helper()
	other, err := f.sqs.ReceiveMessage(f.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &f.url, VisibilityTimeout: 600})
	if err != nil || len(other.Messages) != 1 {
		f.t.Fatalf("the other consumer received %v, %v", other, err)
	}
}

// record notes each batch before it is handled.
func (f *fixture) record(handle handle) poller.Handle {
	return func(ctx context.Context, e events.SQSEvent) (response events.SQSEventResponse, err error) {
		var bodies []string
		for _, m := range e.Records {
			bodies = append(bodies, m.Body)
		}
		f.mu.Lock()
		f.batches = append(f.batches, batch{time.Since(f.start), strings.Join(bodies, " ")})
		f.mu.Unlock()
		for _, m := range e.Records {
			if handle != nil && handle(ctx, f, m) {
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		}
		return response, nil
	}
}

// run runs the poller until the test ends or stop is called.
func (f *fixture) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		f.poller.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-stopped
	}
	f.t.Cleanup(stop)
	return stop
}

func (f *fixture) send(bodies ...string) {
	f.t.Helper()
	for _, body := range bodies {
		if _, err := f.sqs.SendMessage(f.t.Context(), &sqs.SendMessageInput{QueueUrl: &f.url, MessageBody: &body}); err != nil {
			f.t.Fatal(err)
		}
	}
}

// seen returns the batches so far.
func (f *fixture) seen() []batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

// wantCounts fails the test unless so many messages are visible and in flight.
func (f *fixture) wantCounts(visible, inFlight int) {
	f.t.Helper()
	backlog, err := stack.BacklogOf(f.t.Context(), f.sqs, f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	if backlog.Visible != visible || backlog.InFlight != inFlight {
		f.t.Errorf("the queue has %d messages visible and %d in flight, want %d and %d", backlog.Visible, backlog.InFlight, visible, inFlight)
	}
}
