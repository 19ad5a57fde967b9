package classifier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/telemetry"
)

// CheckInterval is the shortest time between two looks for a newer model.
const CheckInterval = 5 * time.Minute

// CheckWait is the longest time for which [Classifier.Await] waits. S3 answers in some tens of milliseconds.
const CheckWait = 200 * time.Millisecond

// Classifier is the model that serves, and where a newer one will come from.
type Classifier struct {
	source source // nil when the embedded model serves
	slow   bool   // asking the source takes long, so that it goes on beside a batch
	log    *slog.Logger

	mu      sync.Mutex
	model   *Model
	data    []byte // the model's artifact
	tag     string // of the artifact that was seen last, whether it serves or was refused; or ""
	refused string // the artifact that was refused last and is still there, and why
	checked time.Time
	done    chan struct{} // closed when the check beside a batch is done; nil when its result is applied, or if there is none
	results chan result   // of checks beside a batch
}

// result is what a source answered.
type result struct {
	content
	err error
}

// New loads the artifact at s3://bucket/key or at a path or, when the URI is empty, the embedded one.
func New(uri string, cfg aws.Config, log *slog.Logger) (*Classifier, error) {
	c := &Classifier{log: log, checked: time.Now(), results: make(chan result, 1)}
	var err error
	switch {
	case uri == "":
		c.model, err = Embedded()
		return c, err
	case strings.HasPrefix(uri, s3Scheme):
		c.slow = true
		c.source, err = newObject(uri, cfg)
	default:
		c.source = file(uri)
	}
	if err == nil {
		err = c.load()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", uri, err)
	}
	return c, nil
}

func (c *Classifier) load() error {
	found, err := c.source.fetch(context.Background(), "")
	if err != nil {
		return err
	}
	c.data, c.tag = found.data, found.tag
	c.model, err = Parse(found.data)
	return err
}

// Current returns the model for a batch that begins. Every [CheckInterval] it looks for a newer
// one. A slow check goes on beside the batch, and a later batch takes up its result: between
// invocations the execution environment may be frozen.
func (c *Classifier) Current(ctx context.Context, metrics *telemetry.Metrics) *Model {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case r := <-c.results:
		c.done = nil
		c.apply(ctx, metrics, r)
	default:
	}
	if c.source == nil || c.done != nil || time.Since(c.checked) < CheckInterval {
		return c.model
	}
	c.checked = time.Now()
	if tag := c.tag; c.slow {
		done := make(chan struct{})
		c.done = done
		go func() {
			defer close(done)
			c.results <- c.check(context.Background(), tag)
		}()
	} else {
		c.apply(ctx, metrics, c.check(ctx, tag))
	}
	return c.model
}

// Await waits for a check that is under way when a batch is done, for up to [CheckWait]. Afterwards the execution environment
// may be frozen. The timeouts of a check go on meanwhile: if each invocation were short, none would ever succeed.
func (c *Classifier) Await(ctx context.Context) {
	c.mu.Lock()
	done := c.done
	c.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-time.After(CheckWait):
	case <-ctx.Done():
	}
}

func (c *Classifier) check(ctx context.Context, tag string) (r result) {
	err := telemetry.Try(ctx, c.log, func() error {
		r.content, r.err = c.source.fetch(ctx, tag)
		return nil
	})
	if err != nil { // a panic says nothing about the artifact
		r.err = fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return r
}

// apply takes up a newer model. When it refuses one, it logs and counts that once.
func (c *Classifier) apply(ctx context.Context, metrics *telemetry.Metrics, r result) {
	switch {
	case errors.Is(r.err, errUnchanged):
		return
	case errors.Is(r.err, errUnreachable):
		c.log.WarnContext(ctx, "model not checked", "error", r.err)
		return
	}
	serving := c.model
	c.tag = r.tag
	if r.err == nil {
		r.err = telemetry.Try(ctx, c.log, func() error { return c.replace(r.data) })
	}
	if r.err == nil {
		c.refused = ""
		if serving != c.model {
			metrics.Set(telemetry.NewModel, c.model.Version())
		}
		return
	}
	if refused := r.tag + r.err.Error(); refused != c.refused {
		c.refused = refused
		metrics.Count(telemetry.ModelRefused, 1)
		c.log.ErrorContext(ctx, "model refused", "serving", c.model.Version(), "error", r.err)
	}
}

// replace lets an artifact's model serve from now on. It must be newer, because items are
// classified again only by a newer one.
func (c *Classifier) replace(data []byte) error {
	if bytes.Equal(data, c.data) {
		return nil
	}
	newer, err := Parse(data)
	if err != nil {
		return err
	}
	if newer.Version() <= c.model.Version() {
		return fmt.Errorf("version %s is not newer than %s", newer.Version(), c.model.Version())
	}
	c.model, c.data = newer, data
	return nil
}
