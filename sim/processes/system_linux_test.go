package processes

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAProcessWhoseMemoryIsLimitedGetsAtMostAMegabyteMore(t *testing.T) {
	r := newTestRun(t)
	p, output := r.start(t, worker, "stop well")
	r.wait(t.Context(), time.Minute, func(context.Context) bool { return output.String() != "" })
	least := dataOf(p.handle.Pid)
	p.limitMemory("in the test")
	most := dataOf(p.handle.Pid) + 1<<20
	var limit unix.Rlimit
	if err := unix.Prlimit(p.handle.Pid, unix.RLIMIT_DATA, nil, &limit); err != nil {
		t.Fatal(err)
	}
	if least == 0 || limit.Cur < least || limit.Cur >= most {
		t.Errorf("limited to %d bytes, want at least %d and less than %d", limit.Cur, least, most)
	}
}
