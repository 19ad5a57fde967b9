package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
)

// calls notes which operations are called.
type calls struct {
	sync.Map
	next http.RoundTripper
}

func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.Store(operation, true)
	return c.next.RoundTrip(r)
}

func (c *calls) have(operation string) bool {
	_, ok := c.Load(operation)
	return ok
}

// noted returns a configuration for a stack in memory, whose calls are noted.
func noted(s *stacktest.Stack) (aws.Config, *calls) {
	cfg := s.Config.AWS.Config()
	c := &calls{next: cfg.HTTPClient.(*http.Client).Transport}
	cfg.HTTPClient = &http.Client{Transport: c}
	return cfg, c
}

// running is a worker in fake time.
type running struct {
	handler, poller *calls
	health          http.Handler // nil when the worker does not serve it
	ended           chan error
	log             bytes.Buffer // to be read when the worker has ended
}

// start starts a worker that deals with one batch of that size at a time.
func start(ctx context.Context, t *testing.T, s *stacktest.Stack, batchSize int) *running {
	t.Helper()
	r := &running{ended: make(chan error, 1)}
	w := &worker{
		getenv: s.Getenv("EnricherFunction"), log: slog.New(slog.NewTextHandler(io.MultiWriter(&r.log, t.Output()), nil)),
		settings: poller.Settings{
			QueueURL: s.Ref("EnrichQueue"), BatchSize: batchSize, Window: time.Second, BatchesAtOnce: 1, BatchTimeout: 30 * time.Second,
			Invisible: poller.Invisible, FinishReceives: true,
		},
		serve: func(health http.Handler) (func(), error) {
			r.health = health
			return func() { r.health = nil }, nil
		},
	}
	w.handler, r.handler = noted(s)
	w.poller, r.poller = noted(s)
	go func() { r.ended <- w.run(ctx) }()
	synctest.Wait()
	return r
}

func TestAWorkerDealsWithItsQueueUntilTheQueueChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withoutMapping(t)
		w := start(t.Context(), t, s, 1)
		id := post(t, s, 1)
		stacktest.Wait(59 * time.Second)
		if !isClassified(t, s, id) || s.Backlog(t, "EnrichQueue").Total() != 0 {
			t.Error("the item is not classified, or its message is still there")
		}
		if w.poller.have("BatchGetItem") || w.handler.have("DeleteMessageBatch") || !w.handler.have("UpdateItem") || !w.poller.have("DeleteMessageBatch") {
			t.Error("handler and poller make calls with each other's connections")
		}
		if got := ask(w.health); got != "200 healthy\n" {
			t.Errorf("its health is %q", got)
		}
		attributes := map[string]string{"MessageRetentionPeriod": "86400"}
		if _, err := s.SQS.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(s.Ref("EnrichQueue")), Attributes: attributes}); err != nil {
			t.Fatal(err)
		}
		stacktest.Wait(time.Second + poller.LongPoll) // it looks once a minute, and lets a receive end
		select {
		case err := <-w.ended:
			if err != nil || w.health != nil || !strings.Contains(w.log.String(), "worker started") {
				t.Errorf("it ended with %v, and logged %s", err, w.log.String())
			}
		default:
			t.Fatal("it goes on with the attributes that the queue had")
		}
	})
}

func TestAWorkerWithABatchThatDoesNotEndIsNotHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withoutMapping(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		w := start(ctx, t, s, 1)
		next := w.handler.next
		w.handler.next = roundTrip(func(r *http.Request) (*http.Response, error) {
			<-time.After(time.Hour) // whatever its deadline
			return next.RoundTrip(r)
		})
		post(t, s, 1)
		stacktest.Wait(40 * time.Second)
		if got := ask(w.health); got != "200 healthy\n" {
			t.Errorf("ten seconds after the batch's deadline its health is %q", got)
		}
		stacktest.Wait(time.Second)
		if got := ask(w.health); got != "503 a batch is 11s over its deadline\n" {
			t.Errorf("a second later it is %q", got)
		}
		stop()
		stacktest.Wait(2 * time.Hour)
		if err := <-w.ended; err != nil {
			t.Error(err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
