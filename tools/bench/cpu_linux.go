package main

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// processorTime is the processor time that this process has used so far.
func processorTime() time.Duration { return processorTimeOf(os.Getpid()) }

// processorTimeOf is the processor time that a process has used so far, or 0 if it has ended. Each
// process has a clock for it, and the kernel computes the clock's number from the process id. /proc has
// the same time, but only in hundredths of a second.
// https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
func processorTimeOf(pid int) time.Duration {
	const scheduled = 2 // CPUCLOCK_SCHED: user and system time together
	clock := ^uint32(pid)<<3 | scheduled
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(int32(clock)), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0
	}
	return time.Duration(t.Nano())
}
