package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-graphviz"
)

// style gives the picture its colours for light and dark pages. Graphviz itself draws in one set of colours.
//
//go:embed style.css
var style string

// shapes are Graphviz's, by class. https://graphviz.org/doc/info/shapes.html
var shapes = map[string]string{
	"api": "box", "function": "box", "queue": `cds margin="0.2,0.1"`, "table": "cylinder", "topic": "box", "alarms": "box", "person": "oval",
}

// dot writes the graph in Graphviz's language. The font tells Graphviz how wide texts are.
// https://graphviz.org/doc/info/attrs.html
func (g *graph) dot() string {
	var b strings.Builder
	b.WriteString(`digraph architecture {
		rankdir=LR bgcolor=transparent nodesep=0.25 ranksep=0.15
		node [fontname="Arial" fontsize=12 style=rounded margin="0.13,0.08"]
		edge [fontname="Arial" fontsize=10.5 arrowsize=0.7]
	`)
	for _, n := range g.nodes {
		fmt.Fprintf(&b, "%q [class=%q shape=%s label=%q]\n", n.id, n.classes(), shapes[n.class], n.label())
	}
	for _, a := range g.arrows {
		label := strings.ReplaceAll("  "+a.label+"  ", "\n", "  \n  ") // room on both sides
		fmt.Fprintf(&b, "%q -> %q [label=%q]\n", a.from, a.to, label)
		if a.from == client { // above the API, where it needs no room from left to right
			fmt.Fprintf(&b, "{rank=same %q %q}\n", a.from, a.to)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// classes are the names that the style has for a node.
func (n node) classes() string {
	classes := fmt.Sprintf("%s title%d", n.class, len(n.titleLines()))
	if n.optional {
		classes += " optional"
	}
	return classes
}

// label is the text of a node. Graphviz leaves room for lines of one size, and the style makes all lines but
// the title's smaller. So there is room for a font that is wider than Arial.
func (n node) label() string {
	return strings.Join(slices.Concat(n.titleLines(), []string{n.kind}, n.lines), "\n")
}

// titleLines cuts a long logical id in two, at the capital letter nearest to its middle.
func (n node) titleLines() []string {
	const longest = 11 // letters in a line
	middle, cut := len(n.title)/2, 0
	for i, letter := range n.title {
		if unicode.IsUpper(letter) && max(i-middle, middle-i) < max(cut-middle, middle-cut) {
			cut = i
		}
	}
	if len(n.title) <= longest || cut == 0 {
		return []string{n.title}
	}
	return []string{n.title[:cut], n.title[cut:]}
}

// wrapped cuts a text into lines.
func wrapped(text string) []string {
	const width = 17
	var lines []string
	for _, word := range strings.Fields(text) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+len(word) < width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// svg lays the graph out with Graphviz.
func (g *graph) svg(ctx context.Context) ([]byte, error) {
	viz, err := graphviz.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("start Graphviz: %w", err)
	}
	defer viz.Close()
	parsed, err := graphviz.ParseBytes([]byte(g.dot()))
	if err != nil {
		return nil, fmt.Errorf("parse for Graphviz: %w", err)
	}
	defer parsed.Close()
	var svg bytes.Buffer
	if err := viz.Render(ctx, parsed, graphviz.SVG, &svg); err != nil {
		return nil, fmt.Errorf("lay out with Graphviz: %w", err)
	}
	const begin = `<g id="graph0"`
	before, after, ok := strings.Cut(svg.String(), begin)
	if !ok {
		return nil, fmt.Errorf("the SVG of Graphviz has no %s before which the style could go", begin)
	}
	return []byte(before + "<style>\n" + style + "</style>\n" + begin + after), nil
}
