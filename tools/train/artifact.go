package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/shared/item"
)

// artifact holds what is written to the file. classifier.Parse describes the form of that file.
type artifact struct {
	version                     string
	classes                     []string
	scaling                     *scaling    // nil if the measurements are not scaled
	parameters                  [][]float64 // as fit returns them
	sizes                       []float64   // as sizesOf returns them
	rows                        int         // rows that it was fitted to
	trainAccuracy, testAccuracy float64     // shares of rows, 0 to 1
}

// fitArtifact fits the model to the rows that are marked Train. The caller fills in the accuracies.
func fitArtifact(version string, rows []dataset.Row, scaled bool) (artifact, error) {
	a := artifact{version: version, classes: dataset.Classes(rows)}
	if err := checkRows(rows); err != nil {
		return a, err
	}
	var examples []example
	for _, row := range rows {
		if row.Train {
			examples = append(examples, example{row.Measurements[:], slices.Index(a.classes, row.Class)})
		}
	}
	s := standardize(examples)
	a.rows, a.sizes = len(examples), sizesOf(examples, s, scaled)
	if scaled {
		a.scaling = &s
	}
	var err error
	a.parameters, err = fit(examples, len(a.classes), s, scaled)
	if errors.Is(err, errNoOptimum) && !scaled {
		err = fmt.Errorf("%w: try -scale, which makes the features equally large", err)
	}
	return a, err
}

// sizesOf returns the largest absolute number that each parameter of a class is multiplied by.
func sizesOf(examples []example, s scaling, scaled bool) []float64 {
	sizes := make([]float64, len(s.means)+1)
	sizes[len(s.means)] = 1 // the intercept
	for _, e := range examples {
		inputs := e.inputs
		if scaled {
			inputs = s.apply(inputs)
		}
		for j, input := range inputs {
			sizes[j] = max(sizes[j], math.Abs(input))
		}
	}
	return sizes
}

// checkRows says what keeps a model from being fitted to the rows, or from being tested on them.
func checkRows(rows []dataset.Row) error {
	var train, test []dataset.Row
	for i, row := range rows {
		switch {
		case row.Class == "":
			return fmt.Errorf("data.csv: row %d has no class: the columns class and split are needed", i+1)
		case !utf8.ValidString(row.Class):
			return fmt.Errorf("data.csv: row %d: the class %q is not UTF-8: save the file as UTF-8", i+1, row.Class)
		case row.Train:
			train = append(train, row)
		default:
			test = append(test, row)
		}
	}
	classes := dataset.Classes(train)
	switch {
	case len(train) == 0:
		return fmt.Errorf("data.csv: none of its %d rows is marked train: mark most of them so in the column split", len(rows))
	case len(test) == 0:
		return fmt.Errorf("data.csv: none of its %d rows is marked test, so nothing tells how good the model is: mark some rows so in the column split", len(rows))
	}
	for _, class := range dataset.Classes(test) {
		if !slices.Contains(classes, class) {
			return fmt.Errorf("data.csv: no row of the class %q is marked train: mark some of its rows so in the column split", class)
		}
	}
	if len(classes) < 2 {
		return fmt.Errorf("data.csv: all rows are of the class %q: at least 2 classes are needed", classes[0])
	}
	return nil
}

const layout = `{
  "version": %s,
  "features": [%s],
  "classes": [%s],%s
  "coefficients": [
    %s
  ],
  "intercepts": [%s],
  "trained": {
    "source": "enricher/classifier/dataset/data.csv, the rows marked train",
    "objective": "C*sum(cross-entropy) + 0.5*||coefficients||^2, C=%g, intercepts not penalised%s",
    "rows": %d,
    "train_accuracy": %s,
    "test_accuracy": %s
  }
}
`

const scalingLayout = `
  "scaling": {
    "means": [%s],
    "deviations": [%s]
  },`

// encode returns the artifact as JSON that people can read: each line has the coefficients of one class.
func (a artifact) encode() []byte {
	var features, rows, intercepts []string
	for _, feature := range item.Features {
		features = append(features, feature.Name)
	}
	for _, row := range a.parameters {
		var texts []string
		for j, parameter := range row {
			texts = append(texts, decimal(parameter, a.sizes[j]))
		}
		rows = append(rows, "["+strings.Join(texts[:len(row)-1], ", ")+"]")
		intercepts = append(intercepts, texts[len(row)-1])
	}
	scaling, scaled := "", ""
	if a.scaling != nil {
		scaling = fmt.Sprintf(scalingLayout, numbers(a.scaling.means), numbers(a.scaling.deviations))
		scaled = ", measurements scaled"
	}
	return fmt.Appendf(nil, layout, quoted(a.version), quoted(features...), quoted(a.classes...), scaling,
		strings.Join(rows, ",\n    "), strings.Join(intercepts, ", "),
		C, scaled, a.rows, decimal(a.trainAccuracy, 1), decimal(a.testAccuracy, 1))
}

// quoted writes texts as JSON has them in a list.
func quoted(texts ...string) string {
	var list []string
	for _, text := range texts {
		quoted, err := json.Marshal(text)
		if err != nil {
			panic(err) // cannot be: every text has a form in JSON
		}
		list = append(list, string(quoted))
	}
	return strings.Join(list, ", ")
}

// numbers writes numbers as JSON has them in a list, each so that it reads back as the same float64.
func numbers(list []float64) string {
	var texts []string
	for _, number := range list {
		texts = append(texts, item.FormatNumber(number))
	}
	return strings.Join(texts, ", ")
}

// decimals is how many decimal places a parameter has at least. Machines differ in the last bits of a
// float64, and this is coarse enough to hide that. It is far finer than any answer of the model needs.
const decimals = 9

// decimal rounds a number that will be multiplied by others up to this size. It rounds to 9 decimal
// places, and to more if the others are large, so that the products differ by about 1e-9, too. For others
// up to 1,000,000 these are 15.
func decimal(number, size float64) string {
	places := decimals
	if size > 1 {
		places += int(math.Log10(size))
	}
	text := strconv.FormatFloat(number, 'f', places, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-") // the sign of a rounding error differs from machine to machine
	}
	return text
}
