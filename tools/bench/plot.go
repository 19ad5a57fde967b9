package main

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// plotBatches draws the items a second over the batch size: lines for the enricher, dashes
// for the bare calls.
func plotBatches(batches []batchSpeed, path string) error {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "items in a batch", "items a second"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Left, p.Legend.XOffs = true, 6*vg.Centimeter // below the curves
	p.Add(plotter.NewGrid())
	colors := []color.Color{color.RGBA{31, 119, 180, 255}, color.RGBA{44, 160, 44, 255}, color.RGBA{214, 39, 40, 255}}
	for i, delay := range delays {
		for _, of := range []struct {
			name   string
			pick   func(batchSpeed) speed
			dashes []vg.Length
		}{
			{"the enricher", func(b batchSpeed) speed { return b.Enricher }, nil},
			{"bare SDK calls", func(b batchSpeed) speed { return b.Bare }, []vg.Length{vg.Points(4), vg.Points(3)}},
		} {
			var points plotter.XYs
			for _, b := range batches {
				if b.Delay == delay {
					points = append(points, plotter.XY{X: float64(b.Items), Y: b.PerSecond(of.pick(b))})
				}
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			line.Color, line.Dashes, line.Width = colors[i], of.dashes, vg.Points(1.5)
			p.Add(line)
			p.Legend.Add(fmt.Sprintf("%s, %d ms a call", of.name, delay.Milliseconds()), line)
		}
	}
	p.X.Max = 1500 // room for the last label
	return p.Save(16*vg.Centimeter, 10*vg.Centimeter, path)
}
