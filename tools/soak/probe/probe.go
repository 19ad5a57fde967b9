// Package probe makes a process say what only the process itself knows: how much of its memory is in use,
// and how many goroutines it has. tools/soak links it into the local stack that it builds for a run (go
// build -overlay). It is in no other program, and does nothing without [Variable].
package probe

import (
	"encoding/json"
	"io"
	"os"
	"runtime/metrics"
	"time"
)

const (
	// Variable is the environment variable that lets the probe report.
	Variable = "SOAK_PROBE"

	// Interval is the time between two readings.
	Interval = time.Second

	// descriptor is that of the pipe: the first one of [os/exec.Cmd.ExtraFiles].
	descriptor = 3
)

// Reading is one line of the report.
type Reading struct {
	Heap       uint64 `json:"heap"`       // bytes of objects that the last garbage collection left alive
	Goroutines uint64 `json:"goroutines"` // the probe's own is one of them
}

func init() {
	if os.Getenv(Variable) != "" {
		go func() {
			report(os.NewFile(descriptor, "probe"), time.Tick(Interval))
			os.Exit(1) // nobody reads any more: a soak that was killed leaves no stack behind
		}()
	}
}

// report writes a reading at each tick, until nobody reads it.
func report(w io.Writer, ticks <-chan time.Time) {
	for lines := json.NewEncoder(w); lines.Encode(Read()) == nil; {
		<-ticks
	}
}

// Read takes a reading of this process.
// https://pkg.go.dev/runtime/metrics#hdr-Supported_metrics
func Read() Reading {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(s)
	return Reading{s[0].Value.Uint64(), s[1].Value.Uint64()}
}
