package main

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"strconv"
	"sync"

	"simple-sam-demo/internal/template"
)

// corner says which values of the template's parameters a plain scenario has: the defaults, or the
// least or greatest of each. Parameters that work together are least or greatest together.
type corner struct {
	extreme      bool
	largeBatches bool // the greatest batch size, batching window and concurrency; else the least
	manyReceives bool // the most receives and the shortest retention; else the fewest and the longest
}

var corners = []corner{
	{},
	{extreme: true},
	{extreme: true, largeBatches: true},
	{extreme: true, manyReceives: true},
	{extreme: true, largeBatches: true, manyReceives: true},
}

func (c corner) String() string {
	if !c.extreme {
		return "defaults"
	}
	batches, receives := "small batches", "few receives"
	if c.largeBatches {
		batches = "large batches"
	}
	if c.manyReceives {
		receives = "many receives"
	}
	return batches + ", " + receives
}

func templatePath() string { return filepath.Join(root(), "template.yaml") }

// declared are the template's parameters.
var declared = sync.OnceValue(func() map[string]template.Parameter {
	t, err := template.Read(templatePath(), nil)
	must(err)
	return t.Parameters
})

// settings returns the template with values for its parameters. They are drawn from all the values
// that it allows.
func (w *world) settings() *template.Template {
	for attempt := 0; ; attempt++ {
		values := w.values(declared(), attempt)
		if canUpgrade() {
			values[modelURI] = w.modelPath
		}
		t, err := template.Read(templatePath(), values)
		if err == nil {
			return t
		}
		if attempt == 100 { // so many draws in a row do not all break the template's Rules
			must(err)
		}
	}
}

func (w *world) values(declared map[string]template.Parameter, attempt int) map[string]string {
	values := map[string]string{}
	for name, p := range declared {
		switch {
		case name == "EnricherEnabled":
			values[name] = strconv.FormatBool(w.consumer != byWorker)
		case !ranges(p):
		case !w.plain:
			values[name] = w.draw(name, p, attempt)
		case w.corner.extreme:
			values[name] = w.corner.value(name, p)
		}
	}
	if w.scenario.steps { // then one run of TLC does for all traces
		values["MaxReceiveCount"] = *declared["MaxReceiveCount"].Default
	}
	switch {
	case w.plain && !w.corner.extreme:
		values["BatchWindow"], values["MaximumConcurrency"] = "1", "2" // a batch is one invocation
	case w.floods():
		maps.Copy(values, map[string]string{"BatchSize": "100", "BatchWindow": "5", "MaximumConcurrency": "2"})
	}
	return values
}

// ranges tells whether a parameter has a least and a greatest value, or a list of values.
func ranges(p template.Parameter) bool {
	return len(p.AllowedValues) > 0 || p.MinValue != nil && p.MaxValue != nil
}

// draw draws a value. The least, the greatest and the default come often, and small values come more
// often than large ones.
func (w *world) draw(name string, p template.Parameter, attempt int) string {
	again := fmt.Sprint(attempt)
	if len(p.AllowedValues) > 0 {
		return p.AllowedValues[w.seed.below(len(p.AllowedValues), name, again)]
	}
	least, greatest := *p.MinValue, *p.MaxValue
	switch x := w.seed.number(name, "extreme", again); {
	case x < 0.15:
		return whole(least)
	case x < 0.3:
		return whole(greatest)
	case x < 0.6:
		return *p.Default
	}
	return whole(least * math.Pow(greatest/least, w.seed.number(name, again)))
}

func (c corner) value(name string, p template.Parameter) string {
	high := c.largeBatches
	switch name {
	case "MaxReceiveCount":
		high = c.manyReceives
	case "MessageRetentionSeconds":
		high = !c.manyReceives
	}
	switch n := len(p.AllowedValues); {
	case n > 0 && high:
		return p.AllowedValues[n-1]
	case n > 0:
		return p.AllowedValues[0]
	case high:
		return whole(*p.MaxValue)
	default:
		return whole(*p.MinValue)
	}
}

func whole(number float64) string { return strconv.FormatFloat(math.Floor(number), 'f', -1, 64) }
