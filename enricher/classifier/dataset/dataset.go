// Package dataset holds the items that the model is trained and tested on. Where data.csv has it, it
// also holds what a reference model answers for each.
//
// It is for training, demonstrations and tests. The deployed functions do not have it, and it classifies
// nothing; package classifier does. README.md in this folder says where the data comes from.
package dataset

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"simple-sam-demo/shared/item"
)

//go:embed data.csv
var data []byte

// Row is an item with what is known about it.
type Row struct {
	Measurements  item.Measurements
	Class         string             // what an expert says; empty for a point that is no real item
	Train         bool               // the model is fitted on this row; otherwise it is held out for the test
	PredTarget    string             // what the reference model answers, or empty if there is none
	Probabilities map[string]float64 // the reference model's, by class; nil if there is none
}

// HasReference tells whether the reference model's answer is known.
func (r Row) HasReference() bool { return r.PredTarget != "" }

// Rows returns all rows of data.csv. The slice is the caller's own. It panics only if the file is
// broken, which no input can cause.
func Rows() []Row {
	rows, err := Read(bytes.NewReader(data))
	switch {
	case err != nil:
	case len(rows) == 0:
		err = errors.New("there are no rows")
	case rows[0].Class == "":
		err = errors.New("the columns class and split are missing")
	}
	if err != nil {
		panic(fmt.Sprintf("dataset: embedded data.csv: %v", err))
	}
	return rows
}

// Classes returns the classes of the rows in alphabetical order, which is scikit-learn's.
func Classes(rows []Row) []string {
	var classes []string
	for _, row := range rows {
		classes = append(classes, row.Class)
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// Read parses CSV. Its header names the columns, in any order:
//
//   - one for each of item.Features
//   - class and split, which is train or test; both or neither
//   - pred_target, and p_ with the name of a class for each class; all or none
//
// The error names the faulty line and column.
func Read(r io.Reader) ([]Row, error) {
	lines := csv.NewReader(r)
	header, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	var rows []Row
	for {
		values, err := lines.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		row, err := parseRow(header, values)
		if err != nil {
			line, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		rows = append(rows, row)
	}
}

// checkHeader returns what is wrong with the columns' names, or nil.
func checkHeader(header []string) error {
	seen := map[string]bool{}
	for _, column := range header {
		if seen[column] {
			return fmt.Errorf("column %q is there twice", column)
		}
		seen[column] = true
		if !isColumn(column) {
			return fmt.Errorf("column %q is not known: expected the features, class, split, pred_target, or p_ and a class", column)
		}
	}
	for _, feature := range item.Features {
		if !seen[feature.Name] {
			return fmt.Errorf("column %q is missing", feature.Name)
		}
	}
	if seen["class"] != seen["split"] {
		return fmt.Errorf("of the columns class and split, only one is there")
	}
	if seen["pred_target"] != slices.ContainsFunc(header, isProbability) {
		return fmt.Errorf("of the columns pred_target and p_…, only one kind is there")
	}
	return nil
}

func isColumn(column string) bool {
	return indexOf(column) >= 0 || isProbability(column) || column == "class" || column == "split" || column == "pred_target"
}

// isProbability tells whether the column has the probability of a class. A feature can begin with p_, too.
func isProbability(column string) bool {
	return strings.HasPrefix(column, "p_") && indexOf(column) < 0
}

// indexOf returns the index of the feature with this name, or -1.
func indexOf(name string) int {
	return slices.IndexFunc(item.Features[:], func(f item.Feature) bool { return f.Name == name })
}

// parseRow reads one row, which encoding/csv has made as long as the header.
func parseRow(header, values []string) (Row, error) {
	var row Row
	for i, column := range header {
		if err := row.set(column, values[i]); err != nil {
			return Row{}, fmt.Errorf("%s: %w", column, err)
		}
	}
	if err := row.Measurements.Validate(); err != nil {
		return Row{}, err
	}
	return row, nil
}

// set fills the field that a column stands for.
func (r *Row) set(column, value string) (err error) {
	switch feature := indexOf(column); {
	case feature >= 0:
		r.Measurements[feature], err = strconv.ParseFloat(value, 64)
	case column == "class":
		r.Class, err = value, checkText(value)
	case column == "split":
		r.Train, err = parseSplit(value)
	case column == "pred_target":
		r.PredTarget, err = value, checkText(value)
	default:
		if r.Probabilities == nil {
			r.Probabilities = map[string]float64{}
		}
		r.Probabilities[strings.TrimPrefix(column, "p_")], err = strconv.ParseFloat(value, 64)
	}
	return err
}

func checkText(value string) error {
	if value == "" {
		return fmt.Errorf("is empty")
	}
	return nil
}

func parseSplit(split string) (train bool, err error) {
	if split != "train" && split != "test" {
		return false, fmt.Errorf("split is %q, want train or test", split)
	}
	return split == "train", nil
}
