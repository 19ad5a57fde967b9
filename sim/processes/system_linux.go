package processes

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// supported tells why there can be no run here, or nil.
func supported() error { return nil }

// attributes let a process end with this one, however that ends. The process is in a group of its own, so that
// Ctrl-C reaches this one alone.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func stop(p *os.Process) error      { return p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) error    { return p.Signal(syscall.SIGCONT) }
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// limitMemory limits the memory of a process that has just started to what it has and a part of what it will need.
func limitMemory(p *os.Process, more uint64) error {
	limit := &unix.Rlimit{Cur: dataOf(p.Pid) + more, Max: unix.RLIM_INFINITY}
	return unix.Prlimit(p.Pid, unix.RLIMIT_DATA, limit, nil)
}

// dataOf returns how many bytes of memory a process has that count for RLIMIT_DATA.
// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
func dataOf(pid int) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for row := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(row, "VmData:"); ok {
			kilobytes, _ := strconv.ParseUint(strings.Fields(value)[0], 10, 64) // the kernel writes a number
			return kilobytes << 10
		}
	}
	return 0
}
