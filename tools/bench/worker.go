package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// workerTurns is how often the function and the worker are measured in each case, in alternation.
const workerTurns = 5

// workerCases are the cases in which the worker is measured beside the function.
var workerCases = []workerCase{
	{Items: 10, Core: 0.25}, {Items: 10, Core: 0.5}, {Items: 10, Core: 1},
	{Items: 100, Core: 0.25}, {Items: 100, Core: 0.5}, {Items: 100, Core: 1},
}

// workerCase is a size of a batch and a share of a processor.
type workerCase struct {
	Items int
	Core  float64
}

// workerUse is what the worker uses in a case, and what the function uses.
type workerUse struct {
	workerCase
	Function, Worker usage
	Polling          usage   // of a worker that does nothing with its messages
	Ratio            float64 // the worker's CPU ÷ the function's: the median of all turns
	HandlerRatio     float64 // the same without the polling
}

// usage is what a program uses while there is a backlog.
type usage struct {
	CPU       time.Duration // an item
	PerSecond float64       // items
	Memory    float64       // MB at most
}

// measureWorker measures the worker beside the function.
func (m *measurement) measureWorker(ctx context.Context, _ *testing.T) error {
	groups, err := findCgroups()
	if err != nil {
		m.results.WorkerLeftOut = err.Error()
		fmt.Fprintf(m.progress, "        left out: %v\n", err)
		return nil
	}
	b, err := buildFunctions(ctx, "beside", ".", m.bin)
	if err != nil {
		return err
	}
	w := workerBench{groups: &groups, function: b}
	for pkg, path := range map[string]*string{"./enricher/worker": &w.worker, "./tools/bench/floor/poll": &w.polling} {
		if *path, err = filepath.Abs(filepath.Join(m.bin, filepath.Base(pkg))); err != nil {
			return err
		}
		if err := goBuild(ctx, ".", runtime.GOOS, runtime.GOARCH, *path, pkg); err != nil {
			return err
		}
	}
	for _, c := range workerCases {
		use, err := w.measure(ctx, m.bin, c)
		if err != nil {
			return fmt.Errorf("%d messages, %v of a core: %w", c.Items, c.Core, err)
		}
		m.results.Workers = append(m.results.Workers, use)
		fmt.Fprintf(m.progress, "        %d messages, %v of a core: %+v\n", c.Items, c.Core, use)
	}
	return nil
}

// workerBench measures the worker beside the function.
type workerBench struct {
	groups          *cgroups
	function        functionBuild
	worker, polling string // paths
}

// measure measures one case, with a table and a queue of its own.
func (w *workerBench) measure(ctx context.Context, bin string, c workerCase) (use workerUse, err error) {
	folder, err := os.MkdirTemp(bin, "aws")
	if err != nil {
		return use, err
	}
	cloud, err := startAWS(ctx, folder)
	if err != nil {
		return use, err
	}
	defer cloud.stop()
	run := workerRun{workerBench: w, workerCase: c, cloud: cloud, prepare: newPreparer(cloud.Direct)}
	var function, worker, polling []usage
	for range workerTurns {
		f, errF := run.functionTurn(ctx)
		p, errP := run.processTurn(ctx, w.polling)
		k, errW := run.processTurn(ctx, w.worker)
		if err := errors.Join(errF, errP, errW); err != nil {
			return use, err
		}
		function, polling, worker = append(function, f), append(polling, p), append(worker, k)
	}
	return summary(c, function, polling, worker), nil
}

func summary(c workerCase, function, polling, worker []usage) workerUse {
	var ratios, handlers []float64
	for i, f := range function {
		ratios = append(ratios, ratioOf(worker[i].CPU, f.CPU))
		handlers = append(handlers, ratioOf(worker[i].CPU-polling[i].CPU, f.CPU))
	}
	return workerUse{c, medianUsage(function), medianUsage(worker), medianUsage(polling), median(ratios), median(handlers)}
}

func medianUsage(turns []usage) usage {
	var cpu []time.Duration
	var perSecond, memory []float64
	for _, t := range turns {
		cpu, perSecond, memory = append(cpu, t.CPU), append(perSecond, t.PerSecond), append(memory, t.Memory)
	}
	return usage{median(cpu), median(perSecond), median(memory)}
}
