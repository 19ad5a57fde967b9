package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
)

// models are the versions of the model that were published, in the file that ModelUri names.
type models struct {
	path string

	mu       sync.Mutex
	artifact map[string]json.RawMessage // of the embedded model
	models   map[string]*classifier.Model
	enqueued string // the newest version for which a backfill has ended, or the first one
}

// prediction is what a stored item has of it.
type prediction struct {
	Target      string  `json:"pred_target"`
	Probability float64 `json:"pred_probability"`
	Version     string  `json:"model_version"`
}

// newModels publishes a first version, in a folder.
func newModels(root, folder string) (*models, error) {
	text, err := os.ReadFile(filepath.Join(root, "enricher", "classifier", "model.json"))
	if err != nil {
		return nil, err
	}
	m := &models{path: filepath.Join(folder, "model.json"), models: map[string]*classifier.Model{}}
	if err := json.Unmarshal(text, &m.artifact); err != nil {
		return nil, fmt.Errorf("model.json: %w", err)
	}
	m.enqueued, err = m.publish()
	return m, err
}

// publish replaces the artifact by one with the next version, which predicts otherwise: each class has the name
// of the one before it. So an item that has the class of one version and the name of another is found.
func (m *models) publish() (version string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var classes []string
	if err := json.Unmarshal(m.artifact["classes"], &classes); err != nil {
		return "", fmt.Errorf("model.json: classes: %w", err)
	}
	m.artifact["classes"], _ = json.Marshal(slices.Concat(classes[1:], classes[:1])) // never fails on strings
	const perDay = 99
	n := len(m.models)
	version = fmt.Sprintf("%s.%02d", time.Date(2000, 1, 1+n/perDay, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), 1+n%perDay)
	m.artifact["version"], _ = json.Marshal(version)
	text, err := json.Marshal(m.artifact)
	if err != nil {
		return "", err
	}
	if m.models[version], err = classifier.Parse(text); err != nil {
		return "", err
	}
	if err := os.WriteFile(m.path+".new", text, 0o600); err != nil {
		return "", err
	}
	return version, os.Rename(m.path+".new", m.path) // at once, so that nobody reads half of it
}

// backfilled notes that all items must have at least this version by the end.
func (m *models) backfilled(version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.enqueued = version
}

// least is the oldest version that an item may have at the end.
func (m *models) least() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.enqueued
}

func (m *models) published() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.models)
}

// check says in what a classified item is not as the model has it that it names.
func (m *models) check(e entry, got prediction) error {
	m.mu.Lock()
	model := m.models[got.Version]
	m.mu.Unlock()
	if model == nil {
		return fmt.Errorf("item %s is classified by model %q, which was never published", e.id(), got.Version)
	}
	want := prediction{Version: got.Version}
	want.Target, want.Probability = model.Predict(sample.Nth(e.n))
	if got != want {
		return fmt.Errorf("item %s is classified as %+v, and the model says %+v", e.id(), got, want)
	}
	return nil
}
