package main

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"text/template"
	"time"
)

//go:embed report.md.tmpl
var report string

// ratio is a figure beside what it may be at most.
type ratio struct {
	What       string
	Is, AtMost float64
	Unit       string
}

// Holds tells whether the figure is no more than it may be.
func (r ratio) Holds() bool { return r.Is <= r.AtMost }

// Ratios are the claims.
func (r results) Ratios() []ratio {
	var all []ratio
	for _, p := range r.Programs {
		if p.Most > 0 {
			all = append(all, ratio{"start of the " + p.Name + ", by that with the SDK's clients", r.Started(p), p.Most, "×"})
		}
	}
	for _, p := range r.Programs {
		if p.Most > 0 {
			all = append(all, ratio{"size of the " + p.Name, float64(p.Bytes) / 1e6, 10, " MB"})
		}
	}
	hundred := r.batch(100, 5*time.Millisecond)
	return append(all,
		ratio{fmt.Sprintf("a batch of 100 at 5 ms a call, by two round trips; the bare SDK calls take %.2f×", hundred.RoundTrips(hundred.Bare)/2),
			hundred.RoundTrips(hundred.Enricher) / 2, 2, "×"},
		ratio{"CPU of an item, by that of the bare SDK calls, median of all batches of 10 and more", r.medianCPU(), 1.2, "×"},
		ratio{"dollars for a million items by batch", r.Cost[1].Total(), 1.60, ""},
		ratio{fmt.Sprintf("%d items by batch through the local stack", r.Local.Items), r.Local.Took.Seconds(), 60, " s"},
	)
}

// Started is how long a program takes to start, by the SDK's floor.
func (r results) Started(p program) float64 { return p.Start.Seconds() / r.Programs[1].Start.Seconds() }

// CPU is what an item costs the enricher, by what the bare calls do.
func (b batchSpeed) CPU() float64 { return b.Enricher.CPU.Seconds() / b.Bare.CPU.Seconds() }

func (r results) medianCPU() float64 {
	var all []float64
	for _, b := range r.Batches {
		if b.Items >= 10 {
			all = append(all, b.CPU())
		}
	}
	return median(all)
}

// Operations lists what was called in the runs that the cost is counted in.
func (r results) Operations() []string {
	all := map[string]bool{}
	for _, way := range r.Cost {
		for operation := range way.Calls {
			all[operation] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (r results) batch(items int, delay time.Duration) batchSpeed {
	for _, b := range r.Batches {
		if b.Items == items && b.Delay == delay {
			return b
		}
	}
	panic("not measured") // both are in the lists
}

func printRatios(out io.Writer, r results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, claim := range r.Ratios() {
		verdict := "holds"
		if !claim.Holds() {
			verdict = "does not hold"
		}
		fmt.Fprintf(w, "%s\t%.2f%s\tat most %v%s\t%s\n", claim.What, claim.Is, claim.Unit, claim.AtMost, claim.Unit, verdict)
	}
	return w.Flush()
}

func writeReport(r results, path string) error {
	text, err := template.New("report").Funcs(template.FuncMap{
		"ms":       func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) },
		"us":       func(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/float64(time.Microsecond)) },
		"mb":       func(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/1e6) },
		"exactly":  func(d float64) string { return "$" + strconv.FormatFloat(d, 'f', -1, 64) },
		"dollars":  func(d float64) string { return fmt.Sprintf("$%.2f", d) },
		"thousand": thousand,
		"prices":   func() string { return pricesOf },
		"date":     func() string { return time.Now().UTC().Format(time.DateOnly) },
	}).Parse(report)
	if err != nil {
		return err
	}
	var out strings.Builder
	if err := text.Execute(&out, r); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

// thousand writes a number with commas.
func thousand(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
