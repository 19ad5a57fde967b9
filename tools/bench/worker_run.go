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

	"simple-sam-demo/internal/runtimeapi"
	"simple-sam-demo/local/stack"
)

// Each turn begins with items that are not counted. They open the connections, and the worker begins to deal with
// more batches at once.
const (
	functionWarmUp = 500
	workerWarmUp   = 3_000
	backlog        = 4_000
)

// idleTime is how long a worker waits before its memory is read.
const idleTime = 15 * time.Second

// workerRun measures programs in one case.
type workerRun struct {
	*workerBench
	workerCase
	cloud   *awsProcess
	prepare *preparer
}

// functionTurn starts the function with the case's share of a processor.
func (r *workerRun) functionTurn(ctx context.Context) (used usage, err error) {
	f, err := r.function.withDefaultMemory(enricherFunction)
	if err != nil {
		return used, err
	}
	group, err := r.groups.create()
	if err != nil {
		return used, err
	}
	e, err := runtimeapi.Start(ctx, runtimeapi.Program{
		Path: r.function.programs[enricherFunction], Variables: append(r.cloud.variables(), variables(f)...), Started: group.addProcess,
	})
	if err != nil {
		return used, errors.Join(err, group.remove())
	}
	if err = group.limit(r.quota()); err == nil {
		used, err = r.invokeAll(ctx, e, f.Timeout)
	}
	e.Stop()
	return used, errors.Join(err, group.remove())
}

func (r *workerRun) quota() time.Duration { return time.Duration(float64(quotaPeriod) * r.Core) }

// invokeAll invokes the function with one batch after the other. This program has received them before, as
// Lambda's own pollers do that on AWS.
func (r *workerRun) invokeAll(ctx context.Context, e *runtimeapi.Environment, timeout time.Duration) (used usage, err error) {
	pid := e.Command.Process.Pid
	for _, items := range []int{functionWarmUp, backlog} {
		events, err := r.prepare.batches(ctx, r.Items, items)
		if err != nil {
			return used, err
		}
		begin, before := time.Now(), processorTimeOf(pid)
		for _, event := range events {
			got, _, err := e.Invoke(ctx, event, timeout)
			if err != nil {
				return used, err
			}
			if n, err := (kind{Function: enricherFunction}).notDone(got.Payload); err != nil || n > 0 {
				return used, fmt.Errorf("the function gave back %d messages (error: %w)", n, err)
			}
		}
		used.CPU = (processorTimeOf(pid) - before) / time.Duration(items)
		used.PerSecond = float64(items) / time.Since(begin).Seconds()
	}
	used.Memory = memoryOf(pid, "VmHWM")
	return used, r.prepare.forget(ctx)
}

// processTurn starts a program that polls the queue, lets it deal with a backlog, and stops it.
func (r *workerRun) processTurn(ctx context.Context, path string) (used usage, err error) {
	group, err := r.groups.create()
	if err != nil {
		return used, err
	}
	command, stop, err := r.start(ctx, path)
	if err != nil {
		return used, errors.Join(err, group.remove())
	}
	err = errors.Join(group.add(command.Process.Pid), group.limit(r.quota()))
	if err == nil {
		used, err = r.drainAll(ctx, command)
	}
	stop()
	return used, errors.Join(err, group.remove())
}

// start starts a program with the environment of the function, and the settings that a worker has beside it.
func (r *workerRun) start(ctx context.Context, path string) (command *exec.Cmd, stop func(), err error) {
	f, err := r.function.withDefaultMemory(enricherFunction)
	if err != nil {
		return nil, nil, err
	}
	window := 0
	if r.Items > 10 {
		window = batchWindow
	}
	command = exec.CommandContext(ctx, path)
	command.Stdout, command.Stderr = io.Discard, io.Discard
	command.Env = slices.Concat(r.cloud.variables(), variables(f), runtimeapi.Variables(), []string{
		"BATCH_SIZE=" + strconv.Itoa(r.Items), "BATCH_WINDOW_SECONDS=" + strconv.Itoa(window), "BATCHES_AT_ONCE=10", "BATCH_TIMEOUT_SECONDS=30",
		"AWS_LAMBDA_LOG_FORMAT=JSON", "HEALTH_ADDRESS=127.0.0.1:0", "HOME=/nonexistent"})
	return command, func() { _, _ = command.Process.Kill(), command.Wait() }, command.Start()
}

// drainAll puts items into the queue while the process stands still, and then lets it go on.
func (r *workerRun) drainAll(ctx context.Context, command *exec.Cmd) (used usage, err error) {
	pid := command.Process.Pid
	for _, items := range []int{workerWarmUp, backlog} {
		if err := command.Process.Signal(syscall.SIGSTOP); err != nil {
			return used, err
		}
		if err := r.prepare.store(ctx, items); err != nil {
			return used, err
		}
		if err := command.Process.Signal(syscall.SIGCONT); err != nil {
			return used, err
		}
		if used, err = r.untilEmpty(ctx, pid, items); err != nil {
			return used, err
		}
	}
	used.Memory = memoryOf(pid, "VmHWM")
	return used, nil
}

// untilEmpty waits until the queue is empty. It measures without the first and the last of the items: the last batches
// are not full, and wait for more messages, which takes more calls an item.
func (r *workerRun) untilEmpty(ctx context.Context, pid, items int) (used usage, err error) {
	type moment struct {
		at   time.Time
		cpu  time.Duration
		left int
	}
	var first, last moment
	for late := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		backlog, err := stack.BacklogOf(ctx, r.prepare.client, r.prepare.queue)
		now := moment{time.Now(), processorTimeOf(pid), backlog.Total()}
		switch {
		case err != nil:
			return used, err
		case now.left == 0 && (first.left == 0 || last.left == 0):
			return used, errors.New("the queue was empty too soon to measure anything")
		case now.left == 0:
			done := first.left - last.left
			used.PerSecond = float64(done) / last.at.Sub(first.at).Seconds()
			used.CPU = (last.cpu - first.cpu) / time.Duration(done)
			return used, nil
		case now.cpu == 0:
			return used, errors.New("the process has ended")
		case now.at.After(late):
			return used, fmt.Errorf("%d messages are left after a minute", now.left)
		case now.left > items*3/4:
			first = now
		case now.left > items/4:
			last = now
		}
	}
}

// idle returns the memory of a worker whose queue is empty, in MB.
func (w *workerBench) idle(ctx context.Context) (memory float64, err error) {
	err = withAWS(ctx, w.bin, func(cloud *awsProcess) error {
		run := workerRun{workerBench: w, workerCase: workerCase{Items: batchSize}, cloud: cloud}
		command, stop, err := run.start(ctx, w.worker)
		if err != nil {
			return err
		}
		defer stop()
		time.Sleep(idleTime)
		if memory = memoryOf(command.Process.Pid, "VmRSS"); memory == 0 {
			return errors.New("the worker has ended")
		}
		return nil
	})
	return memory, err
}
