package enricher

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

	"simple-sam-demo/shared/model"
	"simple-sam-demo/shared/telemetry"
)

// CheckInterval is how often the enricher looks for a newer model, at most.
const CheckInterval = 5 * time.Minute

// models is the model that serves, and where a newer one will come from.
type models struct {
	source source // nil when the embedded model serves
	slow   bool   // asking the source takes long, and goes on beside a batch
	log    *slog.Logger

	mu      sync.Mutex
	model   *model.Model
	data    []byte // that model was parsed from
	tag     string // of the artifact that was seen last, serving or refused, or ""
	refused string // what was refused last and is still there
	checked time.Time
	running bool        // a check is, or waits to be applied
	results chan result // of checks beside a batch
}

// result is what a source answered.
type result struct {
	artifact artifact
	err      error
}

// newModels loads the artifact at s3://bucket/key or at a path, or the embedded one.
func newModels(uri string, cfg aws.Config, log *slog.Logger) (*models, error) {
	m := &models{log: log, checked: time.Now(), results: make(chan result, 1)}
	var err error
	switch {
	case uri == "":
		m.model, err = model.Embedded()
		return m, err
	case strings.HasPrefix(uri, s3Scheme):
		m.slow = true
		m.source, err = newObject(uri, cfg)
	default:
		m.source = file(uri)
	}
	if err == nil {
		err = m.load()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", uri, err)
	}
	return m, nil
}

func (m *models) load() error {
	found, err := m.source.fetch(context.Background(), "")
	if err != nil {
		return err
	}
	m.data, m.tag = found.data, found.tag
	m.model, err = model.Parse(found.data)
	return err
}

// forBatch returns the model for a batch that begins, and sees to it that newer ones are
// found. A slow check goes on while the batch does, and a later batch has its result:
// between invocations the execution environment may be frozen.
func (m *models) forBatch(ctx context.Context, metrics *telemetry.Metrics) *model.Model {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case r := <-m.results:
		m.running = false
		m.apply(ctx, metrics, r)
	default:
	}
	if m.source == nil || m.running || time.Since(m.checked) < CheckInterval {
		return m.model
	}
	m.checked = time.Now()
	if tag := m.tag; m.slow {
		m.running = true
		go func() { m.results <- m.check(context.Background(), tag) }()
	} else {
		m.apply(ctx, metrics, m.check(ctx, tag))
	}
	return m.model
}

func (m *models) check(ctx context.Context, tag string) (r result) {
	err := telemetry.Try(ctx, m.log, func() error {
		r.artifact, r.err = m.source.fetch(ctx, tag)
		return nil
	})
	if err != nil { // a panic, which says nothing about the artifact
		r.err = fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return r
}

// apply takes up a newer model. One that it refuses is logged and counted once.
func (m *models) apply(ctx context.Context, metrics *telemetry.Metrics, r result) {
	switch {
	case errors.Is(r.err, errUnchanged):
		return
	case errors.Is(r.err, errUnreachable):
		m.log.WarnContext(ctx, "model not checked", "error", r.err)
		return
	}
	serving := m.model
	m.tag = r.artifact.tag
	if r.err == nil {
		r.err = telemetry.Try(ctx, m.log, func() error { return m.replace(r.artifact.data) })
	}
	if r.err == nil {
		m.refused = ""
		if serving != m.model {
			metrics.Set(telemetry.NewModel, m.model.Version())
		}
		return
	}
	if refused := r.artifact.tag + r.err.Error(); refused != m.refused {
		m.refused = refused
		metrics.Count(telemetry.ModelRefused, 1)
		m.log.ErrorContext(ctx, "model refused", "serving", m.model.Version(), "error", r.err)
	}
}

// replace lets an artifact's model serve from now on. It must be newer, because items are
// classified again only by a newer one.
func (m *models) replace(data []byte) error {
	if bytes.Equal(data, m.data) {
		return nil
	}
	newer, err := model.Parse(data)
	if err != nil {
		return err
	}
	if newer.Version() <= m.model.Version() {
		return fmt.Errorf("version %s is not newer than %s", newer.Version(), m.model.Version())
	}
	m.model, m.data = newer, data
	return nil
}
