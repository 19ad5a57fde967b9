package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"simple-sam-demo/enricher/classifier"
)

// noticed is when all execution environments have looked for a new model.
const noticed = classifier.CheckInterval + 15*time.Second

// upgrades tells whether the load lasts long enough for an upgrade and its backfill.
func (p plan) upgrades() bool { return p.upgradeEvery+noticed <= p.duration }

// upgrade publishes a model, and has all items classified by it that older ones have classified. It does so only if
// the load lasts long enough.
func (s *soak) upgrade(loaded, ctx context.Context) error {
	if time.Since(s.begin)+noticed > s.plan.duration {
		return nil
	}
	version, err := s.models.publish()
	if err != nil {
		return err
	}
	s.event("model " + version)
	if !waitUntil(loaded, time.Now().Add(noticed)) {
		return nil
	}
	s.event("backfill for model " + version)
	if err := s.backfill(ctx, version); err != nil {
		return err
	}
	s.models.backfilled(version)
	return nil
}

// backfill is the program tools/backfill.
type backfill struct {
	program, folder string
}

// newBackfill builds it, if the plan needs it, before anything is measured.
func newBackfill(ctx context.Context, p plan, folder string) (backfill, error) {
	b := backfill{filepath.Join(folder, "backfill"), folder}
	if !p.upgrades() {
		return b, nil
	}
	return b, goBuild(ctx, b.program, "./tools/backfill")
}

// to returns a function that enqueues what older models have classified.
func (b backfill) to(endpoint string) func(ctx context.Context, version string) error {
	return func(ctx context.Context, version string) error {
		checkpoint := filepath.Join(b.folder, "backfill.checkpoint")
		command := exec.CommandContext(ctx, b.program, "-endpoint", endpoint, "-model-version", version, "-checkpoint", checkpoint)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("backfill: %w: %s", err, output)
		}
		return nil
	}
}
