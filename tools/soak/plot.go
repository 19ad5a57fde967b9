package main

import (
	_ "embed"
	"fmt"
	"math"
	"os"
	"strings"
	"text/template"
	"time"
)

//go:embed soak.svg.tmpl
var plotTemplate string

// The sizes of the picture: two panels side by side.
const (
	panelWidth, panelHeight = 380, 150
	left, right, top, foot  = 56, 14, 30, 26 // around a panel's frame
	head                    = 64             // above all panels
	margin                  = 12             // beside the last panel: its last minute is written half beyond its frame
)

// drawn is a panel, as the template wants it. Its places are inside the panel.
type drawn struct {
	X, Y   int
	Title  string
	Legend []string
	Ticks  []tick // of the vertical axis
	Paths  []string
}

// tick is a line of the grid.
type tick struct{ At, Label string }

// scale maps values to places.
type scale struct {
	least, most float64
	from, to    float64
	log         bool
}

func (s scale) at(value float64) string {
	place := func(v float64) float64 {
		if s.log {
			return math.Log10(max(v, s.least))
		}
		return v
	}
	part := (place(value) - place(s.least)) / (place(s.most) - place(s.least))
	return fmt.Sprintf("%.1f", s.from+part*(s.to-s.from))
}

// verticalScale is one that the values fit on, and its ticks: from 0 on, or of powers of ten.
func verticalScale(most, least float64, log bool) (s scale, ticks []tick) {
	s = scale{from: panelHeight - foot, to: top, log: log}
	if log {
		s.least, s.most = math.Pow(10, math.Floor(math.Log10(max(least, 0.1)))), math.Pow(10, math.Ceil(math.Log10(max(most, 1))))
		for power := s.least; power <= s.most*1.01; power *= 10 {
			ticks = append(ticks, tick{s.at(power), short(power)})
		}
		return s, ticks
	}
	power := math.Pow(10, math.Floor(math.Log10(max(most, 1e-9))))
	step := 2.5 * power
	for _, smaller := range []float64{2, 1, 0.5} {
		if most <= 4*smaller*power {
			step = smaller * power
		}
	}
	s.most = step * math.Ceil(max(most, step)/step)
	for value := 0.0; value <= s.most*1.01; value += step {
		ticks = append(ticks, tick{s.at(value), short(value)})
	}
	return s, ticks
}

// plot draws all samples. The same samples give the same bytes.
func (s *soak) plot(path string) error {
	end := s.samples[len(s.samples)-1].After
	x := scale{most: end, from: left, to: panelWidth - right}
	var panels []drawn
	for i, p := range s.plan.panels() {
		d := s.draw(p, x)
		d.X, d.Y = i%2*panelWidth, head+i/2*panelHeight
		panels = append(panels, d)
	}
	var upgrades []string
	for _, e := range s.events {
		if strings.HasPrefix(e.what, "model ") {
			upgrades = append(upgrades, x.at(e.after.Seconds()))
		}
	}
	rows := (len(panels) + 1) / 2
	var out strings.Builder
	err := template.Must(template.New("plot").Parse(plotTemplate)).Execute(&out, map[string]any{
		"Width": 2*panelWidth + margin, "Height": head + rows*panelHeight + 8, "Panels": panels, "Upgrades": upgrades, "Minutes": minuteTicks(x),
		"Left": left, "Right": panelWidth - right, "Top": top, "Bottom": panelHeight - foot, "Warm": x.at(min(end, s.plan.warmUp().Seconds())),
		"Rate": s.plan.rate, "Duration": spoken(s.lasted()),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

// draw draws the lines of a panel.
func (s *soak) draw(p panel, x scale) drawn {
	d := drawn{Title: p.title}
	most, least := 0.0, math.Inf(1)
	for _, m := range p.measures {
		for _, one := range s.samples {
			most, least = max(most, m.of(one)), min(least, m.of(one))
		}
		d.Legend = append(d.Legend, m.legend)
	}
	var y scale
	y, d.Ticks = verticalScale(most, least, p.log)
	for _, m := range p.measures {
		var points []string
		for _, one := range s.samples {
			points = append(points, x.at(one.After)+" "+y.at(m.of(one)))
		}
		d.Paths = append(d.Paths, "M"+strings.Join(points, "L"))
	}
	return d
}

// lasted is how long the load has lasted.
func (s *soak) lasted() time.Duration {
	last := time.Duration(s.samples[len(s.samples)-1].After * float64(time.Second))
	if left := s.plan.duration - last; left < 2*s.plan.every { // the last sample comes a little before the end
		return s.plan.duration
	}
	return last.Round(time.Second)
}

// spoken writes a duration without what is zero at its end.
func spoken(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// minuteTicks are at whole minutes, at most seven of them, or at whole seconds in a short run.
func minuteTicks(x scale) (ticks []tick) {
	for _, step := range []float64{1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600} {
		if x.most/step > 7 {
			continue
		}
		for at := 0.0; at <= x.most; at += step {
			label := fmt.Sprintf("%.0f min", at/60)
			if step < 60 {
				label = fmt.Sprintf("%.0f s", at)
			}
			ticks = append(ticks, tick{x.at(at), label})
		}
		return ticks
	}
	return nil
}
