// Package dataset holds the 150 iris flowers that the model is trained and tested on, and what
// the reference model (scikit-learn 1.2.1, LogisticRegression with its defaults) answers for each.
//
// It is for training, demonstrations and tests. The deployed functions do not have it, and it classifies
// nothing; package classifier does.
//
// Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
// Eugenics 7 (1936), pp. 179–188, as distributed with scikit-learn.
package dataset

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
)

//go:embed iris.csv
var iris []byte

// Flower is one set of measurements with what is known about it.
type Flower struct {
	Measurements  [4]float64 // sepal length, sepal width, petal length, petal width, cm
	Species       string     // what a botanist says; empty for a point that is no real flower
	Train         bool       // the model is fitted on this flower; otherwise it is held out for the test
	PredTarget    string     // what the reference model answers
	Probabilities [3]float64 // the reference model's, of setosa, versicolor, virginica
}

// The two headers that Read knows: real flowers, and points with nothing but predictions.
var (
	flowerHeader = []string{
		"sepal_length", "sepal_width", "petal_length", "petal_width",
		"species", "split",
		"pred_target", "p_setosa", "p_versicolor", "p_virginica",
	}
	pointHeader = slices.Concat(flowerHeader[:4], flowerHeader[6:])
)

// Flowers returns all 150 flowers, 50 of each species, 105 of them marked Train. The slice is the
// caller's own. It panics only if the embedded file is broken, which no input can cause.
func Flowers() []Flower {
	flowers, err := Read(bytes.NewReader(iris))
	if err != nil {
		panic(fmt.Sprintf("dataset: embedded iris.csv: %v", err))
	}
	return flowers
}

// Read parses CSV laid out as iris.csv, or the same without the columns species and split; then
// Species is empty and Train false. The error names the faulty line and column.
func Read(r io.Reader) ([]Flower, error) {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if !slices.Equal(header, flowerHeader) && !slices.Equal(header, pointHeader) {
		return nil, fmt.Errorf("header is %q, want %q or %q", header, flowerHeader, pointHeader)
	}
	var flowers []Flower
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return flowers, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		flower, err := parseRow(header, row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		flowers = append(flowers, flower)
	}
}

// parseRow reads one row, which encoding/csv has made as long as the header.
func parseRow(header, row []string) (Flower, error) {
	var f Flower
	for i, column := range header {
		var err error
		switch column {
		case "species":
			f.Species = row[i]
		case "split":
			f.Train, err = parseSplit(row[i])
		case "pred_target":
			f.PredTarget = row[i]
		default:
			*f.number(column), err = strconv.ParseFloat(row[i], 64)
		}
		if err != nil {
			return Flower{}, fmt.Errorf("%s: %w", column, err)
		}
	}
	return f, nil
}

// number returns the field that a numeric column fills.
func (f *Flower) number(column string) *float64 {
	i := slices.Index(pointHeader, column)
	if i < len(f.Measurements) {
		return &f.Measurements[i]
	}
	return &f.Probabilities[i-len(f.Measurements)-1] // pred_target stands in between
}

func parseSplit(split string) (train bool, err error) {
	if split != "train" && split != "test" {
		return false, fmt.Errorf("split is %q, want train or test", split)
	}
	return split == "train", nil
}
