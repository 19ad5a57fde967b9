package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
)

// count says how many of some rows were classified correctly.
type count struct{ right, all int }

func (c count) share() float64 { return float64(c.right) / float64(c.all) }

func (c count) String() string {
	return fmt.Sprintf("%.4f (%d of %d)", c.share(), c.right, c.all)
}

// comparison compares the classes that a model predicts with the true classes.
type comparison struct {
	classes     []string
	confusion   [][]int // [true class][predicted class]: how many rows
	train, test count
}

// evaluate classifies every row.
func evaluate(m *classifier.Model, classes []string, rows []dataset.Row) comparison {
	c := comparison{classes: classes}
	for range classes {
		c.confusion = append(c.confusion, make([]int, len(classes)))
	}
	for _, row := range rows {
		predicted, _ := m.Predict(row.Measurements)
		c.confusion[slices.Index(classes, row.Class)][slices.Index(classes, predicted)]++
		part := &c.test
		if row.Train {
			part = &c.train
		}
		part.all++
		if predicted == row.Class {
			part.right++
		}
	}
	return c
}

// print writes the accuracies and the confusion table.
func (c comparison) print(w io.Writer) error {
	const corner = "class \\ predicted"
	names, longest := make([]string, len(c.classes)), 0
	for i, class := range c.classes {
		names[i] = class
		if strings.ContainsFunc(class, unicode.IsControl) { // a line break would break the table
			names[i] = strconv.Quote(class)
		}
		longest = max(longest, utf8.RuneCountInString(names[i]))
	}
	first, others := max(24, longest), max(12, longest+2)

	var b strings.Builder
	all := count{c.train.right + c.test.right, c.train.all + c.test.all}
	fmt.Fprintf(&b, "train accuracy  %v\ntest accuracy   %v\nall rows        %v\n\n", c.train, c.test, all)
	fmt.Fprintf(&b, "%-*s", first, corner)
	for _, name := range names {
		fmt.Fprintf(&b, "%*s", others, name)
	}
	for i, counts := range c.confusion {
		fmt.Fprintf(&b, "\n%-*s", first, names[i])
		for _, n := range counts {
			fmt.Fprintf(&b, "%*d", others, n)
		}
	}
	fmt.Fprintln(&b)
	_, err := io.WriteString(w, b.String())
	return err
}
