package main

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed report.md.tmpl
var reportText string

//go:embed choosing.md.tmpl
var choosingText string

// sections has a template for the beginning of the document, and one for each part.
var sections = template.Must(template.New("").Funcs(choosingFunctions).Funcs(template.FuncMap{
	"ms":       milliseconds,
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
}).Parse(reportText + choosingText))

// writeReport writes benchmarks.md: its beginning, and the sections of its parts. The part "worker" has a page of
// its own, choosing.md, which stays as it is if that part can't be measured here.
func writeReport(r results, folder string) error {
	pages := map[string][]string{"benchmarks.md": {"beginning"}}
	for _, name := range partNames() {
		if name != choosing {
			pages["benchmarks.md"] = append(pages["benchmarks.md"], name)
		} else if r.Worker.Models != nil {
			pages["choosing.md"] = []string{name}
		}
	}
	for page, sections := range pages {
		var out strings.Builder
		if err := writeSections(&out, r, sections...); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, page), []byte(out.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// choosing is the name of the part that docs/choosing.md is of.
const choosing = "worker"

func writeSections(out io.Writer, r results, names ...string) error {
	for _, name := range names {
		if err := sections.ExecuteTemplate(out, name, r); err != nil {
			return err
		}
	}
	return nil
}

// Operations lists the operations that were called in the runs that the cost is counted in.
func (r results) Operations() []string {
	all := map[string]bool{}
	for _, way := range r.Cost {
		for operation := range way.Calls {
			all[operation] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// CallTime is how long an AWS call takes where nothing else is said.
func (r results) CallTime() time.Duration { return callTime }

// Environments is in how many execution environments each kind of invocation is measured.
func (r results) Environments() int { return freshEnvironments }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1000) }

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
