package processes

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Violation is something that must never be so.
type Violation struct{ Invariant, What string }

// Report is what came of a run.
type Report struct {
	Violations []Violation
	Counts     map[string]int            // what was posted and what came of it
	Struck     map[string]map[string]int // what was done to processes, by where and by kind
	Took       time.Duration
}

// record collects what happens in a run. It is safe for concurrent use.
type record struct {
	mu         sync.Mutex
	violations []Violation
	counts     map[string]int
	struck     map[string]map[string]int
}

func newRecord() *record {
	return &record{counts: map[string]int{}, struck: map[string]map[string]int{}}
}

func (c *record) violate(invariant, format string, arguments ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.violations = append(c.violations, Violation{invariant, fmt.Sprintf(format, arguments...)})
}

func (c *record) count(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[what] += n
}

// strike counts that something went wrong somewhere.
func (c *record) strike(kind, where string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.struck[where] == nil {
		c.struck[where] = map[string]int{}
	}
	c.struck[where][kind]++
}

// has tells whether something went wrong somewhere before.
func (c *record) has(kind, where string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.struck[where][kind] > 0
}

func (c *record) report(r *run, took time.Duration) *Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := maps.Clone(c.counts)
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, n := range r.started {
		counts["processes: "+name] = n
	}
	return &Report{slices.Clone(c.violations), counts, maps.Clone(c.struck), took}
}

// Print writes the report as a table.
func (r *Report) Print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "seconds\t%.0f\n", r.Took.Seconds())
	for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
		fmt.Fprintf(w, "%s\t%d\n", name, r.Counts[name])
	}
	fmt.Fprintf(w, "violations\t%d\n", len(r.Violations))
	kinds := []string{killed, frozen, terminated, noMemory, cut, isolated}
	fmt.Fprintf(w, "\nprocess\t%s\n", strings.Join(kinds, "\t"))
	sum := make([]int, len(kinds))
	for _, where := range slices.Sorted(maps.Keys(r.Struck)) {
		fmt.Fprint(w, where)
		for i, kind := range kinds {
			n := r.Struck[where][kind]
			fmt.Fprintf(w, "\t%d", n)
			sum[i] += n
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "all")
	for _, n := range sum {
		fmt.Fprintf(w, "\t%d", n)
	}
	fmt.Fprintln(w)
}
