package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"simple-sam-demo/tools/soak/probe"
)

// vitals are what a process takes of the machine. Times are in seconds since the beginning.
type vitals struct {
	Processor   float64 `json:"processor_seconds"`
	Others      float64 `json:"others_seconds"`  // of all processes but this one and soak
	Waiting     float64 `json:"waiting_seconds"` // in which a thread could have run, and others had the cores
	Resident    float64 `json:"resident_mb"`
	Heap        float64 `json:"heap_mb"` // alive after the last garbage collection
	Goroutines  float64 `json:"goroutines"`
	Descriptors float64 `json:"descriptors"`
}

// vitalsOf reads what the kernel says of a process.
// https://man7.org/linux/man-pages/man5/proc.5.html
func vitalsOf(pid int, r probe.Reading) (v vitals, err error) {
	own, errOwn := processorSeconds(os.Getpid())
	all, errAll := busySeconds()
	v.Processor, err = processorSeconds(pid)
	waiting, errWaiting := waitingSeconds(pid)
	open, errOpen := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	status, errStatus := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	resident, errResident := numberAfter(string(status), "VmRSS:", 0)
	if err := errors.Join(err, errOwn, errAll, errWaiting, errOpen, errStatus, errResident); err != nil {
		return v, fmt.Errorf("look at the stack's process: %w", err)
	}
	v.Others, v.Waiting = all-own-v.Processor, waiting
	v.Resident, v.Heap = resident*1024/1e6, float64(r.Heap)/1e6 // the kernel writes kilobytes
	v.Goroutines, v.Descriptors = float64(r.Goroutines), float64(len(open))
	return v, nil
}

// ticksPerSecond is the kernel's USER_HZ on all architectures that Go has.
const ticksPerSecond = 100

// processorSeconds is the processor time that a process has used.
func processorSeconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	user, errUser := numberAfter(string(text), ") ", 11) // after the program's name
	system, errSystem := numberAfter(string(text), ") ", 12)
	return (user + system) / ticksPerSecond, errors.Join(errUser, errSystem)
}

// busySeconds is the processor time that all processes have used, and the kernel itself.
func busySeconds() (sum float64, err error) {
	text, err := os.ReadFile("/proc/stat")
	for _, column := range []int{0, 1, 2, 5, 6, 7} { // user, nice, system, irq, softirq, steal
		one, errOne := numberAfter(string(text), "cpu ", column)
		sum, err = sum+one, errors.Join(err, errOne)
	}
	return sum / ticksPerSecond, err
}

// waitingSeconds is for how long the threads of a process that could have run had no core.
// https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html#proc-pid-schedstat
func waitingSeconds(pid int) (sum float64, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, thread := range threads {
		text, errRead := os.ReadFile(thread)
		if errors.Is(errRead, fs.ErrNotExist) {
			continue // it has ended
		}
		nanoseconds, errOne := numberAfter(string(text), "", 1)
		sum, err = sum+nanoseconds/1e9, errors.Join(err, errRead, errOne)
	}
	return sum, err
}

// numberAfter returns a number that follows a word: the first one has the index 0.
func numberAfter(text, word string, index int) (float64, error) {
	_, after, _ := strings.Cut(text, word)
	fields := strings.Fields(after)
	if len(fields) <= index {
		return 0, fmt.Errorf("no number %d after %q in %.200q", index, word, text)
	}
	return strconv.ParseFloat(fields[index], 64)
}
