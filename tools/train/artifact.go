package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/shared/item"
)

// artifact holds what is written to the file. classifier.Parse describes the form of that file.
type artifact struct {
	version                     string
	classes                     []string
	parameters                  [][columns]float64 // as fit returns them
	rows                        int                // rows that it was fitted to
	trainAccuracy, testAccuracy float64            // shares of rows, 0 to 1
}

// fitArtifact fits the model to the rows that are marked Train. The caller fills in the accuracies.
func fitArtifact(version string, rows []dataset.Row) (artifact, error) {
	a := artifact{version: version, classes: dataset.Classes(rows)}

	var examples []example
	for _, f := range rows {
		if f.Train {
			e := example{class: slices.Index(a.classes, f.Class)}
			copy(e.inputs[:], f.Measurements[:])
			e.inputs[columns-1] = 1
			examples = append(examples, e)
		}
	}
	a.rows = len(examples)
	var err error
	a.parameters, err = fit(examples, len(a.classes))
	return a, err
}

const layout = `{
  "version": %q,
  "features": [%s],
  "classes": [%s],
  "coefficients": [
    %s
  ],
  "intercepts": [%s],
  "trained": {
    "source": "enricher/classifier/dataset/data.csv, the rows marked train",
    "objective": "C*sum(cross-entropy) + 0.5*||coefficients||^2, C=%g, intercepts not penalised",
    "rows": %d,
    "train_accuracy": %s,
    "test_accuracy": %s
  }
}
`

// encode returns the artifact as JSON that people can read: each line has the coefficients of one class.
// The strings are plain ASCII, and for these Go quotes in the same way as JSON.
func (a artifact) encode() []byte {
	var features, classes, rows, intercepts []string
	for _, feature := range item.Features {
		features = append(features, strconv.Quote(feature.Name))
	}
	for k, row := range a.parameters {
		classes = append(classes, strconv.Quote(a.classes[k]))
		var coefficients []string
		for _, coefficient := range row[:columns-1] {
			coefficients = append(coefficients, decimal(coefficient))
		}
		rows = append(rows, "["+strings.Join(coefficients, ", ")+"]")
		intercepts = append(intercepts, decimal(row[columns-1]))
	}
	return fmt.Appendf(nil, layout, a.version, strings.Join(features, ", "), strings.Join(classes, ", "),
		strings.Join(rows, ",\n    "), strings.Join(intercepts, ", "),
		C, a.rows, decimal(a.trainAccuracy), decimal(a.testAccuracy))
}

// decimal rounds to 9 decimal places. Machines differ in the last bits of a float64, and this is coarse
// enough to hide that. It is far finer than any answer of the model needs.
func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 9, 64) }
