package main

import (
	_ "embed"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"text/template"
)

//go:embed batches.svg.tmpl
var plotTemplate string

// plotLine is a curve, and its entry in the legend.
type plotLine struct {
	Name, Class, Path string
	LegendY           int
}

// axis is logarithmic. It begins and ends with a power of ten.
type axis struct {
	least, most float64 // values at its ends
	from, to    float64 // where these are drawn
}

// tick is a line of the grid. Only those of the powers of ten have a label.
type tick struct{ At, Label string }

// axisOf is the axis that all of the values fit on.
func axisOf(values []float64, from, to float64) axis {
	power := func(round func(float64) float64, value float64) float64 {
		return math.Pow(10, round(math.Log10(value)))
	}
	return axis{power(math.Floor, slices.Min(values)), power(math.Ceil, slices.Max(values)), from, to}
}

// at returns where a value is drawn.
func (a axis) at(value float64) string {
	part := math.Log10(value/a.least) / math.Log10(a.most/a.least)
	return fmt.Sprintf("%.1f", a.from+part*(a.to-a.from))
}

// Ticks are at 1, 2 … 9 times each power of ten.
func (a axis) Ticks() (all []tick) {
	for power := a.least; power <= a.most; power *= 10 {
		all = append(all, tick{a.at(power), thousand(power)})
		for n := 2.0; n < 10 && power < a.most; n++ {
			all = append(all, tick{At: a.at(n * power)})
		}
	}
	return all
}

// plotBatches draws how many items a second are enriched, by the size of the batch: a solid line
// for the enricher and a dashed one for the bare calls, for each time that a call takes. The same
// figures give the same bytes.
func plotBatches(batches []batchSpeed, path string) error {
	var sizes, rates []float64
	for _, b := range batches {
		sizes, rates = append(sizes, float64(b.Items)), append(rates, b.PerSecond(b.Enricher), b.PerSecond(b.Bare))
	}
	x, y := axisOf(sizes, 76, 606), axisOf(rates, 342, 16) // as the template has them
	var lines []plotLine
	for i, delay := range delays {
		for j, of := range []struct {
			name, class string
			pick        func(batchSpeed) speed
		}{
			{"the enricher", "", func(b batchSpeed) speed { return b.Enricher }},
			{"bare SDK calls", " bare", func(b batchSpeed) speed { return b.Bare }},
		} {
			var points []string
			for _, b := range batches {
				if b.Delay == delay {
					points = append(points, x.at(float64(b.Items))+" "+y.at(b.PerSecond(of.pick(b))))
				}
			}
			lines = append(lines, plotLine{
				Name: fmt.Sprintf("%s, %d ms a call", of.name, delay.Milliseconds()), Class: fmt.Sprint("line", i, of.class),
				Path: "M" + strings.Join(points, "L"), LegendY: 212 + (2*i+j)*20,
			})
		}
	}
	var out strings.Builder
	if err := template.Must(template.New("plot").Parse(plotTemplate)).Execute(&out, map[string]any{"X": x, "Y": y, "Lines": lines}); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}
