package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// mutation is one change of the code: a mutant is the program with it.
type mutation struct {
	number     int // from 1 on; MUTANT has it
	file       *file
	importPath string
	function   string // or the name of a declared constant, variable or type
	start, end int    // offsets in the file
	with       string // what stands there instead
	nth        int    // 1 for the first of equal mutations of the function

	// alone says that the mutation can't be switched on at run time, and needs a build of its own. A constant
	// is such a case.
	alone bool
}

// longestShown is how many bytes of the code a mutation's name shows.
const longestShown = 100

// name identifies a mutation, also when lines were added elsewhere.
func (m *mutation) name() string {
	with := oneLine(m.with)
	if with == "" {
		with = "(nothing)"
	}
	name := fmt.Sprintf("%s %s: %s → %s", m.file.name, m.function, oneLine(string(m.file.text[m.start:m.end])), with)
	if m.nth > 1 {
		name += fmt.Sprintf(" #%d", m.nth)
	}
	return name
}

func oneLine(code string) string {
	code = strings.Join(strings.Fields(code), " ")
	if len(code) > longestShown {
		code = strings.ToValidUTF8(code[:longestShown/2], "") + " … " + strings.ToValidUTF8(code[len(code)-longestShown/2:], "")
	}
	return code
}

// mutated returns the text of the file with the change.
func (m *mutation) mutated() []byte {
	return slices.Concat(m.file.text[:m.start], []byte(m.with), m.file.text[m.end:])
}

// diff shows the lines that change.
func (m *mutation) diff() string {
	first := strings.LastIndexByte(string(m.file.text[:m.start]), '\n') + 1
	last := len(m.file.text)
	if i := strings.IndexByte(string(m.file.text[m.end:]), '\n'); i >= 0 {
		last = m.end + i
	}
	line := strings.Count(string(m.file.text[:first]), "\n") + 1
	before := string(m.file.text[first:last])
	after := string(m.file.text[first:m.start]) + m.with + string(m.file.text[m.end:last])
	return fmt.Sprintf("%s:%d\n-%s\n+%s\n", m.file.name, line, strings.ReplaceAll(before, "\n", "\n-"), strings.ReplaceAll(after, "\n", "\n+"))
}

// edit is a part of the way from a file to the file that holds all its mutants.
type edit struct {
	start, end int
	text       string
	kind       editKind
	numbers    []int // of the mutations that it belongs to
}

// editKind orders edits at the same offset.
type editKind int

const (
	closes   editKind = iota // text that ends a wrapper
	replaces                 // text in the place of other text
	opens                    // text that begins a wrapper
)

// apply makes all edits. Whatever was added first is the outer one.
func apply(text []byte, edits []edit) []byte {
	order := make([]int, len(edits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := edits[i], edits[j]
		nesting := i - j
		if a.kind == closes {
			nesting = -nesting
		}
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.kind, b.kind), nesting)
	})
	var out []byte
	at := 0
	for _, i := range order {
		e := edits[i]
		out = append(append(out, text[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, text[at:]...)
}
