package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A function on Lambda has a share of a core in proportion to its memory: with 1,769 MB it has
// one core.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const memoryOfACore = 1769 // MB

// quotaPeriod is the time after which a function that has used up its share may run again.
const quotaPeriod = 20 * time.Millisecond

// quota returns how long a function with some memory, in MB, may run in a period.
func quota(megabytes int) time.Duration {
	return quotaPeriod * time.Duration(megabytes) / memoryOfACore
}

// cgroups makes control groups that limit how much of the processor their processes get.
// https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html
// https://docs.kernel.org/admin-guide/cgroup-v2.html
type cgroups struct {
	folder  string
	version int // 1 or 2
}

// findCgroups finds out where this process may make control groups. The error says why it can't.
func findCgroups() (cgroups, error) {
	switch {
	case runtime.GOOS != "linux":
		return cgroups{}, fmt.Errorf("control groups are a part of Linux, and this is %s", runtime.GOOS)
	case os.Geteuid() != 0:
		return cgroups{}, errors.New("only root may make control groups")
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return cgroups{}, err
	}
	found, err := mountedCgroups(string(mounts))
	if err != nil {
		return found, err
	}
	tried, err := found.create() // it fails on a read-only mount, say
	if err != nil {
		return found, err
	}
	return found, tried.remove()
}

// mountedCgroups finds the cpu controller in a text like that of /proc/self/mounts. Where both versions
// are mounted, only one of them has the controller.
func mountedCgroups(mounts string) (cgroups, error) {
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		switch folder, kind := fields[1], fields[2]; {
		case kind == "cgroup" && slices.Contains(strings.Split(fields[3], ","), "cpu"):
			return cgroups{folder, 1}, nil
		case kind == "cgroup2":
			controllers, err := os.ReadFile(filepath.Join(folder, "cgroup.controllers"))
			if err == nil && slices.Contains(strings.Fields(string(controllers)), "cpu") {
				return cgroups{folder, 2}, nil
			}
		}
	}
	return cgroups{}, errors.New("no cgroup with the cpu controller is mounted")
}

// cgroup is one control group. Its processes are not limited at first.
type cgroup struct {
	folder  string
	version int
}

func (c cgroups) create() (cgroup, error) {
	if c.version == 2 { // a new group has the controller only if its parent hands it on
		if err := os.WriteFile(filepath.Join(c.folder, "cgroup.subtree_control"), []byte("+cpu"), 0); err != nil {
			return cgroup{}, err
		}
	}
	folder, err := os.MkdirTemp(c.folder, "bench-")
	return cgroup{folder, c.version}, err
}

// add moves a process with all its threads into the group.
func (c cgroup) add(pid int) error { return c.write("cgroup.procs", strconv.Itoa(pid)) }

func (c cgroup) addProcess(p *os.Process) error { return c.add(p.Pid) }

// limit lets the processes of the group run for some time in each [quotaPeriod].
func (c cgroup) limit(quota time.Duration) error {
	period, most := strconv.FormatInt(quotaPeriod.Microseconds(), 10), strconv.FormatInt(quota.Microseconds(), 10)
	if c.version == 2 {
		return c.write("cpu.max", most+" "+period)
	}
	return errors.Join(c.write("cpu.cfs_period_us", period), c.write("cpu.cfs_quota_us", most))
}

// remove removes the group, whose processes have ended.
func (c cgroup) remove() error { return os.Remove(c.folder) }

func (c cgroup) write(file, text string) error {
	return os.WriteFile(filepath.Join(c.folder, file), []byte(text), 0)
}
