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

// Measured is the figure with its unit. Messages are counted in whole numbers.
func (r ratio) Measured() string {
	if r.AtMost == 0 {
		return thousand(r.Is) + r.Unit
	}
	return fmt.Sprintf("%.2f%s", r.Is, r.Unit)
}

// Ratios are the claims.
func (r results) Ratios() []ratio {
	var all []ratio
	for _, p := range r.Programs {
		if p.Most > 0 {
			all = append(all, ratio{p.Name + "'s start ÷ start of a program that only makes the SDK's clients", r.Started(p), p.Most, "×"})
		}
	}
	for _, p := range r.Programs {
		if p.Most > 0 {
			all = append(all, ratio{"size of the " + p.Name + "'s program", float64(p.Bytes) / 1e6, 10, " MB"})
		}
	}
	hundred := r.batch(100, callTime)
	all = append(all,
		ratio{"enricher's time for a batch of 100 ÷ time of the bare SDK calls, 5 ms a call", ratioOf(hundred.Enricher.Batch, hundred.Bare.Batch), 1.25, "×"},
		ratio{"enricher's CPU for an item ÷ CPU of the bare SDK calls, median of all batches of 10 and more", r.medianCPU(), 1.3, "×"})
	if r.ShareLeftOut == "" {
		all = append(all, ratio{"messages that the enricher gives back of its first batches, with 128 MB", float64(r.givenBack(128)), 0, ""})
	}
	one, stream := r.Cost[0], r.Cost[2]
	return append(all,
		ratio{"dollars one by one ÷ dollars of simple_sam_demo's design and our queue's requests", one.Total() / (stream.Total() + one.Of(queueRequests)), 1, "×"},
		ratio{"dollars for a million items by batch", r.Cost[1].Total(), 1.60, ""},
		ratio{fmt.Sprintf("time of the local stack for %s items by batch", thousand(float64(r.Local.Items))), r.Local.Took.Seconds(), 60, " s"},
	)
}

// Started is how long a program takes to start ÷ how long the one with the SDK's clients takes.
func (r results) Started(p program) float64 { return p.Start.Seconds() / r.Programs[1].Start.Seconds() }

// CPU is what an item costs the enricher ÷ what it costs the bare calls.
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

// CallTime is what a call takes where nothing else is said.
func (r results) CallTime() time.Duration { return callTime }

// Environments are how many each kind of invocation is measured in.
func (r results) Environments() int { return freshEnvironments }

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
		fmt.Fprintf(w, "%s\t%s\tat most %v%s\t%s\n", claim.What, claim.Measured(), claim.AtMost, claim.Unit, verdict)
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
		"seconds":  func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) },
		"amount":   amount,
		"millis":   func(d time.Duration) float64 { return d.Seconds() * 1000 },
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

// amount writes a number with as many digits as are of use.
func amount(n float64) string {
	if n < 100 {
		return fmt.Sprintf("%.2f", n)
	}
	return thousand(n)
}
