package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAFunctionsQuotaGrowsWithItsMemory(t *testing.T) {
	for memory, want := range map[int]time.Duration{128: 1447 * time.Microsecond, 256: 2894 * time.Microsecond, 1769: 20 * time.Millisecond, 3538: 40 * time.Millisecond} {
		if got := quota(memory).Truncate(time.Microsecond); got != want {
			t.Errorf("with %d MB it runs for %v of every %v, want %v", memory, got, quotaPeriod, want)
		}
	}
}

func TestTheControllerIsFoundWhereItIsMounted(t *testing.T) {
	with, without := t.TempDir(), t.TempDir()
	for folder, controllers := range map[string]string{with: "cpuset cpu io\n", without: "hugetlb\n"} {
		if err := os.WriteFile(filepath.Join(folder, "cgroup.controllers"), []byte(controllers), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const first = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
	for name, test := range map[string]struct {
		mounts string
		want   cgroups
	}{
		"version 1":                         {first + "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n", cgroups{"/sys/fs/cgroup/cpu,cpuacct", 1}},
		"version 2":                         {"cgroup2 " + with + " cgroup2 rw,nsdelegate 0 0\n", cgroups{with, 2}},
		"both, and version 1 has processor": {"cgroup2 " + without + " cgroup2 rw 0 0\n" + first + "cgroup /cpu cgroup rw,cpu 0 0\n", cgroups{"/cpu", 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := mountedCgroups(test.mounts); err != nil || got != test.want {
				t.Errorf("found %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	if got, err := mountedCgroups(first + "cgroup2 " + without + " cgroup2 rw 0 0\n"); err == nil {
		t.Errorf("found %+v where there is none", got)
	}
}

// https://docs.kernel.org/scheduler/sched-bwc.html
// https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
func TestALimitIsWrittenAsTheKernelReadsIt(t *testing.T) {
	for version, want := range map[int]map[string]string{
		1: {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "2894", "cgroup.procs": "7"},
		2: {"cpu.max": "2894 20000", "cgroup.procs": "7"},
	} {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			group := cgroup{t.TempDir(), version}
			for file := range want {
				if err := os.WriteFile(filepath.Join(group.folder, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := group.add(7); err != nil {
				t.Fatal(err)
			}
			if err := group.limit(quota(256)); err != nil {
				t.Fatal(err)
			}
			for file, text := range want {
				if got, err := os.ReadFile(filepath.Join(group.folder, file)); err != nil || strings.TrimSpace(string(got)) != text {
					t.Errorf("%s has %q, %v, want %q", file, got, err, text)
				}
			}
		})
	}
}
