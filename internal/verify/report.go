package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/target"
)

// result is what came of a check.
type result string

const (
	holds  result = "holds"
	fails  result = "FAILS"
	left   result = "left out" // it can not be done on this stack, which is nobody's fault
	notRun result = "not run"  // something before it failed, or the time ended
)

// row is a line of the table.
type row struct {
	Name    string   `json:"name"`
	Result  result   `json:"result"`
	Seconds float64  `json:"seconds"`
	Seen    []string `json:"seen"` // what was seen, or each thing that does not hold
}

// report prints rows as they come, or all at the end as JSON.
type report struct {
	w       io.Writer
	options Options
	target  string
	rows    []row
}

func newReport(w io.Writer, o Options) *report { return &report{w: w, options: o} }

func (r *report) begin(t *target.Target) {
	r.target = t.String() + ", API " + t.API
	if !r.options.JSON {
		fmt.Fprintf(r.w, "%s\n\n", r.target)
	}
}

func (r *report) add(line row) {
	r.rows = append(r.rows, line)
	if r.options.JSON {
		return
	}
	took := ""
	if line.Result == holds || line.Result == fails {
		took = fmt.Sprintf("%.2f s", line.Seconds)
	}
	for i, seen := range line.Seen {
		if i == 0 {
			fmt.Fprintf(r.w, "%-*s %-9s %8s  %s\n", nameWidth, line.Name, line.Result, took, seen)
		} else {
			fmt.Fprintf(r.w, "%-*s %s\n", nameWidth+20, "", seen)
		}
	}
}

// neverBegun reports that nothing answered until the time ended.
func (r *report) neverBegun(ctx context.Context, err error, took time.Duration) {
	why := "the -timeout ended"
	if ctx.Err() != nil {
		why = "interrupted"
	}
	r.add(row{Name: "stack", Result: fails, Seconds: took.Seconds(), Seen: []string{err.Error()}})
	for _, c := range checks {
		r.add(row{Name: c.name, Result: notRun, Seen: []string{why}})
	}
}

// finish prints the end, and returns the exit status.
func (r *report) finish(start time.Time, leftBehind []string) int {
	count := map[result]int{}
	for _, line := range r.rows {
		count[line.Result]++
	}
	good := count[fails]+count[notRun]+len(leftBehind) == 0
	took := time.Since(start)
	if r.options.JSON {
		r.printJSON(good, took, leftBehind)
	} else {
		r.printEnd(count, took, leftBehind)
	}
	if good {
		return commandline.OK
	}
	return commandline.Failed
}

func (r *report) printEnd(count map[result]int, took time.Duration, leftBehind []string) {
	var parts []string
	for _, p := range []struct {
		result result
		words  string
	}{{holds, "hold"}, {fails, "FAIL"}, {notRun, "not run"}, {left, "left out"}} {
		if n := count[p.result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.words))
		}
	}
	PrintEnd(r.w, parts, took, leftBehind)
}

// PrintEnd prints the last lines of a report: the counts, how long it took, and what is left behind.
func PrintEnd(w io.Writer, counts []string, took time.Duration, leftBehind []string) {
	fmt.Fprintf(w, "\n%s, after %.1f s. ", strings.Join(counts, ", "), took.Seconds())
	if len(leftBehind) == 0 {
		fmt.Fprintln(w, "Nothing is left behind.")
		return
	}
	fmt.Fprintln(w, "LEFT BEHIND:")
	for _, what := range leftBehind {
		fmt.Fprintln(w, "  "+what)
	}
}

func (r *report) printJSON(good bool, took time.Duration, leftBehind []string) {
	encoder := json.NewEncoder(r.w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(struct { // who reads it may have gone
		Target     string   `json:"target"`
		Good       bool     `json:"good"`
		Seconds    float64  `json:"seconds"`
		Checks     []row    `json:"checks"`
		LeftBehind []string `json:"left_behind"`
	}{r.target, good, took.Seconds(), r.rows, append([]string{}, leftBehind...)})
}
