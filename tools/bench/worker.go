package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"simple-sam-demo/internal/binary"
)

// workerTurns is how often the function and the worker are measured in each case, in alternation.
const workerTurns = 3

// workerCase is a size of a batch and a share of a processor.
type workerCase struct {
	Items int
	Core  float64
}

// workerUse is what the worker uses in a case, and what the function uses.
type workerUse struct {
	workerCase
	Function, Worker usage
	Polling          usage   // of a worker that does nothing with its messages; measured with the small model alone
	Ratio            float64 // the worker's CPU ÷ the function's: the median of all turns
	HandlerRatio     float64 // the same, without the CPU that polling alone takes
}

// usage is what a program uses while there is a backlog.
type usage struct {
	CPU       time.Duration // an item
	PerSecond float64       // items
	Memory    float64       // MB at most
}

// workerModel is what was measured with a model.
type workerModel struct {
	modelSpeed
	Uses []workerUse
	Idle float64 // MB of a worker that has received nothing
}

// of returns what was measured in a case.
func (m workerModel) of(c workerCase) workerUse {
	i := slices.IndexFunc(m.Uses, func(u workerUse) bool { return u.workerCase == c })
	return m.Uses[i] // measureWorker has all cases
}

// workerResults is what was measured of the worker, or nothing.
type workerResults struct {
	Models []workerModel
	Forest time.Duration // the processor time of one item in the large model
}

// measureWorker measures the worker beside the function: with the small model, which is the one that is compiled in,
// and with the large one.
func (m *measurement) measureWorker(ctx context.Context, _ *testing.T) error {
	groups, err := findCgroups()
	switch {
	case err != nil && m.only == choosing:
		return fmt.Errorf("processes can't be given a share of a core here: %w", err)
	case err != nil:
		fmt.Fprintf(m.progress, "        left out, as processes can't be given a share of a core here: %v\n", err)
		return nil
	}
	w := workerBench{groups: &groups, bin: m.bin}
	if err := w.build(ctx); err != nil {
		return err
	}
	forest, perItem, err := writeForest(m.bin)
	if err != nil {
		return err
	}
	m.results.Worker.Forest = perItem
	for _, of := range []struct {
		name, path string
		cases      []workerCase
	}{
		{"small", "", []workerCase{{10, 1}, {batchSize, 0.25}, {batchSize, 0.5}, {batchSize, 1}}},
		{"large", forest, []workerCase{{batchSize, 0.25}, {batchSize, 0.5}, {batchSize, 1}}},
	} {
		w.function.model = of.path
		measured, err := w.model(ctx, of.name, of.cases)
		if err != nil {
			return fmt.Errorf("%s model: %w", of.name, err)
		}
		m.results.Worker.Models = append(m.results.Worker.Models, measured)
		fmt.Fprintf(m.progress, "        with the %s model\n", of.name)
	}
	return nil
}

// workerBench measures the worker beside the function.
type workerBench struct {
	groups          *cgroups
	bin             string // a folder
	function        functionBuild
	worker, polling string // paths
}

func (w *workerBench) build(ctx context.Context) (err error) {
	if w.function, err = buildFunctions(ctx, "beside", ".", w.bin); err != nil {
		return err
	}
	for pkg, path := range map[string]*string{"./enricher/worker": &w.worker, "./tools/bench/floor/poll": &w.polling} {
		if *path, err = filepath.Abs(filepath.Join(w.bin, filepath.Base(pkg))); err != nil {
			return err
		}
		if err := binary.Build(ctx, ".", runtime.GOOS, runtime.GOARCH, *path, pkg); err != nil {
			return err
		}
	}
	return nil
}

// model measures with one model. The function is also measured with its default memory, as it is paid for.
func (w *workerBench) model(ctx context.Context, name string, cases []workerCase) (measured workerModel, err error) {
	memory, err := w.function.defaultMemory()
	if err != nil {
		return measured, err
	}
	measured.modelSpeed = modelSpeed{Model: name, Memory: memory, Functions: invocations{}}
	err = withAWS(ctx, w.bin, func(cloud *awsProcess) error {
		s := sharer{groups: w.groups, cloud: cloud, prepare: newPreparer(cloud.Direct)}
		for _, k := range kinds {
			if k.Function != enricherFunction || k.Items > batchSize {
				continue
			}
			of, err := s.measure(ctx, k, memory, []functionBuild{w.function})
			if err != nil {
				return err
			}
			measured.Functions[enricherFunction] = append(measured.Functions[enricherFunction], of...)
		}
		return nil
	})
	for _, c := range cases {
		if err != nil {
			return measured, err
		}
		var use workerUse
		use, err = w.compare(ctx, c)
		measured.Uses = append(measured.Uses, use)
		if c.Items == batchSize {
			measured.WorkerCPU = append(measured.WorkerCPU, use.Worker.CPU)
		}
	}
	if err == nil {
		measured.Idle, err = w.idle(ctx)
	}
	return measured, err
}

// compare measures the worker and the function in turns.
func (w *workerBench) compare(ctx context.Context, c workerCase) (use workerUse, err error) {
	var function, worker, polling []usage
	err = withAWS(ctx, w.bin, func(cloud *awsProcess) error {
		run := workerRun{workerBench: w, workerCase: c, cloud: cloud, prepare: newPreparer(cloud.Direct)}
		for range workerTurns {
			f, errF := run.functionTurn(ctx)
			k, errW := run.processTurn(ctx, w.worker)
			var p usage
			if errF == nil && errW == nil && w.function.model == "" {
				p, errW = run.processTurn(ctx, w.polling)
			}
			if err := errors.Join(errF, errW); err != nil {
				return fmt.Errorf("%d messages, %v of a core: %w", c.Items, c.Core, err)
			}
			function, polling, worker = append(function, f), append(polling, p), append(worker, k)
		}
		return nil
	})
	if err != nil {
		return use, err
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
