package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
)

// Each turn begins with items that are not counted. They open the connections.
const (
	warmUp  = 500
	backlog = 3_000
)

// workerRun measures programs in one case.
type workerRun struct {
	*workerBench
	workerCase
	cloud   *awsProcess
	prepare *preparer
}

func (r *workerRun) enricher() (template.Function, error) {
	return r.function.withDefaultMemory(enricherFunction)
}

func (r *workerRun) quota() time.Duration { return time.Duration(float64(quotaPeriod) * r.Core) }

// functionTurn invokes the function with one batch after the other. The batches are received before, by
// this program, as Lambda's own pollers do that on AWS.
func (r *workerRun) functionTurn(ctx context.Context) (usage, error) {
	f, err := r.enricher()
	if err != nil {
		return usage{}, err
	}
	api, err := newRuntimeAPI()
	if err != nil {
		return usage{}, err
	}
	defer api.Close()
	group, err := r.groups.create()
	if err != nil {
		return usage{}, err
	}
	e, err := api.start(ctx, r.function.programs[enricherFunction], append(r.cloud.variables(), variables(f)...), group.add)
	if err != nil {
		return usage{}, errors.Join(err, group.remove())
	}
	used, err := r.invokeAll(ctx, e, group, f.Timeout)
	e.stop()
	return used, errors.Join(err, group.remove())
}

func (r *workerRun) invokeAll(ctx context.Context, e *environment, group cgroup, timeout time.Duration) (used usage, err error) {
	if err := group.limit(r.quota()); err != nil {
		return used, err
	}
	for _, items := range []int{warmUp, backlog} {
		events, err := r.prepare.batches(ctx, r.Items, items)
		if err != nil {
			return used, err
		}
		begin, before := time.Now(), processorTimeOf(e.command.Process.Pid)
		for _, event := range events {
			got, _, err := e.invoke(ctx, event, timeout)
			if err != nil {
				return used, err
			}
			if notDone, err := (kind{Function: enricherFunction}).notDone(got.payload); err != nil || notDone > 0 {
				return used, fmt.Errorf("the function gave back %d messages (error: %w)", notDone, err)
			}
		}
		used.CPU = (processorTimeOf(e.command.Process.Pid) - before) / time.Duration(items)
		used.PerSecond = float64(items) / time.Since(begin).Seconds()
	}
	used.Memory = memoryOf(e.command.Process.Pid, "VmHWM")
	return used, r.prepare.forget(ctx)
}

// processTurn starts a program that polls the queue, lets it deal with a backlog, and stops it.
func (r *workerRun) processTurn(ctx context.Context, path string) (used usage, err error) {
	f, err := r.enricher()
	if err != nil {
		return used, err
	}
	group, err := r.groups.create()
	if err != nil {
		return used, err
	}
	command := exec.CommandContext(ctx, path)
	command.Stdout, command.Stderr = io.Discard, io.Discard
	command.Env = slices.Concat(r.cloud.variables(), variables(f), assignments(lambdaVariables), assignments(r.settings()))
	if err := command.Start(); err != nil {
		return used, errors.Join(err, group.remove())
	}
	err = errors.Join(group.add(command.Process.Pid), group.limit(r.quota()))
	if err == nil {
		used, err = r.drainAll(ctx, command)
	}
	_ = command.Process.Kill()
	_ = command.Wait() // it was killed
	return used, errors.Join(err, group.remove())
}

// settings are those that the worker has beside the function's.
func (r *workerRun) settings() map[string]string {
	window := 0
	if r.Items > 10 {
		window = 1
	}
	return map[string]string{
		"BATCH_SIZE": strconv.Itoa(r.Items), "BATCH_WINDOW_SECONDS": strconv.Itoa(window), "BATCHES_AT_ONCE": "10", "BATCH_TIMEOUT_SECONDS": "30",
		"AWS_LAMBDA_LOG_FORMAT": "JSON", "HEALTH_ADDRESS": "127.0.0.1:0", "HOME": "/nonexistent",
	}
}

// drainAll puts items into the queue while the process stands still, and then lets it go on.
func (r *workerRun) drainAll(ctx context.Context, command *exec.Cmd) (used usage, err error) {
	pid := command.Process.Pid
	for _, items := range []int{warmUp, backlog} {
		if err := command.Process.Signal(syscall.SIGSTOP); err != nil {
			return used, err
		}
		if err := r.prepare.store(ctx, items); err != nil {
			return used, err
		}
		begin, before := time.Now(), processorTimeOf(pid)
		if err := command.Process.Signal(syscall.SIGCONT); err != nil {
			return used, err
		}
		if err := r.untilEmpty(ctx, pid); err != nil {
			return used, err
		}
		used.CPU = (processorTimeOf(pid) - before) / time.Duration(items)
		used.PerSecond = float64(items) / time.Since(begin).Seconds()
	}
	used.Memory = memoryOf(pid, "VmHWM")
	return used, nil
}

// untilEmpty waits until the queue is empty.
func (r *workerRun) untilEmpty(ctx context.Context, pid int) error {
	for late := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		left, err := stack.BacklogOf(ctx, r.prepare.client, r.prepare.queue)
		switch {
		case err != nil:
			return err
		case left.Total() == 0:
			return nil
		case processorTimeOf(pid) == 0:
			return errors.New("the process has ended")
		case time.Now().After(late):
			return fmt.Errorf("%d messages are left after a minute", left.Total())
		}
	}
}
