package console

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// plot is a scatter of the two features item.Plotted as an SVG. Each group of points is one path, so that
// thousands of them stay small.
type plot struct {
	Right, Top axis
	Groups     []*group
	Total      int
	Unusable   int // items of which one of the two numbers is missing or not valid
	Whole      bool
	ReadOnly   bool
	Units      float64
	Version    string  // changes with the picture
	Advice     *advice // why there is no picture, or nil
	Unread     bool    // nobody has tried to read the table, because something else is wrong
}

// The frame of the points, in the SVG's own units.
const (
	plotLeft, plotTop     = 46.0, 12.0
	plotWidth, plotHeight = 580.0, 330.0
)

// group is the points that look alike.
type group struct {
	Name  string
	Mark  string // class of the style sheet, and shape
	Path  string
	Count int
}

// axis is one of the two features. It has 0, the data set, and all items.
type axis struct {
	item.Feature
	Ticks     []tick
	low, high float64
}

// tick is a place on an axis.
type tick struct {
	At    float64
	Label string
}

// marks is how many classes have a mark of their own: so many colours of the style sheet, each with its shape.
const marks = 6

// classes are the classes that have a mark of their own, those of the embedded model.
var classes = sync.OnceValue(func() []string {
	model, err := classifier.Embedded()
	if err != nil {
		return nil // the enricher that is built with it says so
	}
	all := model.Classes()
	return all[:min(len(all), marks)]
})

func newPlot(items []item.Item) plot {
	p := plot{Total: len(items), Right: newAxis(item.Plotted[0], items), Top: newAxis(item.Plotted[1], items)}
	byMark := map[string]*group{}
	add := func(name, mark string) {
		byMark[mark] = &group{Name: name, Mark: mark}
		p.Groups = append(p.Groups, byMark[mark])
	}
	for i, class := range classes() {
		add(class, classMark(i))
	}
	add("another class", otherClass)
	add(pending, pending)
	add(failed, failed)
	right := func(number float64) float64 { return plotLeft + p.Right.share(number)*plotWidth }
	up := func(number float64) float64 { return plotTop + plotHeight - p.Top.share(number)*plotHeight }
	paths := map[*group]*strings.Builder{}
	for _, one := range items {
		g := byMark[markOf(one)]
		g.Count++
		x, y := one.Measurements[item.Plotted[0]], one.Measurements[item.Plotted[1]]
		if !p.Right.Valid(x) || !p.Top.Valid(y) {
			p.Unusable++
			continue
		}
		if paths[g] == nil {
			paths[g] = &strings.Builder{}
		}
		paths[g].WriteString(shape(g.Mark, right(x), up(y)))
	}
	for g, path := range paths {
		g.Path = path.String()
	}
	p.Right.setTicks(right)
	p.Top.setTicks(up)
	return p
}

// The marks of items that have no class of the model.
const otherClass, pending, failed = "other-class", "pending", "failed"

func classMark(i int) string { return "class-" + strconv.Itoa(i+1) }

func markOf(one item.Item) string {
	switch one.Status() {
	case item.Failed:
		return failed
	case item.Pending:
		return pending
	}
	if i := slices.Index(classes(), one.Prediction.Target); i >= 0 {
		return classMark(i)
	}
	return otherClass
}

// Shape draws the group's mark in the legend, around the middle of a square of 16.
func (g *group) Shape() string { return shape(g.Mark, 8, 8) }

// shape draws a point: a dot is a line of no length with round ends.
func shape(mark string, x, y float64) string {
	switch mark {
	case "class-2": // a square
		return fmt.Sprintf("M%.0f %.0fh6v6h-6z", x-3, y-3)
	case "class-3": // a triangle
		return fmt.Sprintf("M%.0f %.0fl4 7h-8z", x, y-4)
	case "class-4": // a diamond
		return fmt.Sprintf("M%.0f %.0fl4 4l-4 4l-4 -4z", x, y-4)
	case "class-5": // a triangle that stands on its tip
		return fmt.Sprintf("M%.0f %.0fl4 -7h-8z", x, y+4)
	case "class-6": // a bar
		return fmt.Sprintf("M%.0f %.0fh8v3h-8z", x-4, y-1)
	case failed: // a cross
		return fmt.Sprintf("M%.0f %.0fl8 8m0-8l-8 8", x-4, y-4)
	default:
		return fmt.Sprintf("M%.0f %.0fh0", x, y)
	}
}

// newAxis returns the axis of a feature, for items that are about to be drawn.
func newAxis(feature int, items []item.Item) axis {
	a := axis{Feature: item.Features[feature]}
	low, high := sample.Range(feature)
	a.low, a.high = min(0, low), max(0, high)
	for _, one := range items {
		if number := one.Measurements[feature]; a.Valid(number) {
			a.low, a.high = min(a.low, number), max(a.high, number)
		}
	}
	return a
}

// share is where a number is on the axis, from 0 at its beginning to 1 at its end.
func (a axis) share(number float64) float64 { return (number - a.low) / (a.high - a.low) }

// setTicks finds round numbers on the axis, at most ten.
func (a *axis) setTicks(at func(float64) float64) {
	const most = 8
	span := a.high - a.low
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if span/(step*factor) <= most {
			step *= factor
			break
		}
	}
	for i := math.Ceil(a.low / step); i*step <= a.high; i++ {
		a.Ticks = append(a.Ticks, tick{math.Round(at(i * step)), strconv.FormatFloat(i*step, 'g', 4, 64)})
	}
}
