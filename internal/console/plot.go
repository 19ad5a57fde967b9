package console

import (
	"fmt"
	"math"
	"strings"

	"simple-sam-demo/shared/iris"
)

// plot is a scatter of petal length and width as an SVG. Each group of points is one path, so that
// thousands of them stay small.
type plot struct {
	Groups   []*group
	Across   []tick // petal length
	Up       []tick // petal width
	Total    int
	Unusable int // items whose petal has no length or no width
	Whole    bool
	ReadOnly bool
	Units    float64
	Version  string // changes with the picture
}

// The frame of the points, in the SVG's own units.
const (
	plotLeft, plotTop     = 46.0, 12.0
	plotWidth, plotHeight = 580.0, 330.0

	petalLength, petalWidth = 2, 3 // in iris.Features
)

// group is the points that look alike.
type group struct {
	Name  string
	Mark  string // class of the style sheet
	Path  string
	Count int
}

// tick is a place on an axis.
type tick struct {
	At    float64
	Label string
}

// species are the classes that have a mark of their own. Their shapes differ, too.
var species = []string{"setosa", "versicolor", "virginica"}

func newPlot(items []iris.Item) plot {
	p := plot{Total: len(items)}
	byName := map[string]*group{}
	for _, name := range append(species, "other class", "pending", "failed") {
		g := &group{Name: name, Mark: strings.ReplaceAll(name, " ", "-")}
		byName[name] = g
		p.Groups = append(p.Groups, g)
	}
	right, top := 7.0, 2.6 // the 150 flowers fit
	for _, item := range items {
		if x, y, ok := petal(item); ok {
			right, top = max(right, x), max(top, y)
		}
	}
	paths := map[*group]*strings.Builder{}
	for _, item := range items {
		g := byName[groupOf(item)]
		g.Count++
		x, y, ok := petal(item)
		if !ok {
			p.Unusable++
			continue
		}
		if paths[g] == nil {
			paths[g] = &strings.Builder{}
		}
		mark(paths[g], g.Mark, plotLeft+x/right*plotWidth, plotTop+plotHeight-y/top*plotHeight)
	}
	for g, path := range paths {
		g.Path = path.String()
	}
	p.Across = ticks(right, func(x float64) float64 { return plotLeft + x/right*plotWidth })
	p.Up = ticks(top, func(y float64) float64 { return plotTop + plotHeight - y/top*plotHeight })
	return p
}

// petal returns an item's petal length and width, in centimetres.
func petal(item iris.Item) (length, width float64, ok bool) {
	length, width = item.Measurements[petalLength], item.Measurements[petalWidth]
	return length, width, length >= 0 && length <= 1000 && width >= 0 && width <= 1000 // false for NaN
}

func groupOf(item iris.Item) string {
	switch item.Status() {
	case iris.Failed:
		return "failed"
	case iris.Pending:
		return "pending"
	}
	for _, name := range species {
		if item.Prediction.Target == name {
			return name
		}
	}
	return "other class"
}

// mark draws a point: a dot is a line of no length with round ends.
func mark(path *strings.Builder, kind string, x, y float64) {
	switch kind {
	case "versicolor": // a square
		fmt.Fprintf(path, "M%.0f %.0fh6v6h-6z", x-3, y-3)
	case "virginica": // a triangle
		fmt.Fprintf(path, "M%.0f %.0fl4 7h-8z", x, y-4)
	case "failed": // a cross
		fmt.Fprintf(path, "M%.0f %.0fl8 8m0-8l-8 8", x-4, y-4)
	default:
		fmt.Fprintf(path, "M%.0f %.0fh0", x, y)
	}
}

// ticks returns round numbers from 0 to a maximum, at most ten.
func ticks(maximum float64, at func(float64) float64) (all []tick) {
	step := math.Pow(10, math.Floor(math.Log10(maximum/4)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if maximum/(step*factor) <= 8 {
			step *= factor
			break
		}
	}
	for i := 0; float64(i)*step <= maximum; i++ {
		value := float64(i) * step
		all = append(all, tick{math.Round(at(value)), strings.TrimSuffix(fmt.Sprintf("%.1f", value), ".0")})
	}
	return all
}
