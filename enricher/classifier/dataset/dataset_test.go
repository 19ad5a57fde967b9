package dataset_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

func TestTheDataSetCanTrainAndTestAModel(t *testing.T) {
	rows := dataset.Rows()
	train, test := map[string]int{}, 0
	for _, row := range rows {
		if row.Train {
			train[row.Class]++
		} else {
			test++
		}
	}
	classes := dataset.Classes(rows)
	if len(classes) < 2 {
		t.Errorf("data.csv has the classes %q: expected two at least", classes)
	}
	for _, class := range classes {
		if train[class] == 0 {
			t.Errorf("data.csv has no row of class %q that is marked train", class)
		}
	}
	if test == 0 {
		t.Error("data.csv has no row that is marked test")
	}
}

func TestTheReferenceIsThatOfAModelOfTheseClasses(t *testing.T) {
	rows := dataset.Rows()
	if !rows[0].HasReference() {
		t.Skip("data.csv has no reference")
	}
	classes := dataset.Classes(rows)
	for i, row := range rows {
		sum, highest := 0.0, 0.0
		for _, class := range classes {
			p, found := row.Probabilities[class]
			if !found || !(p >= 0 && p <= 1) {
				t.Errorf("row %d: the probability of %q is %g, found: %v", i+1, class, p, found)
			}
			sum, highest = sum+p, max(highest, p)
		}
		if len(row.Probabilities) != len(classes) || !(math.Abs(sum-1) <= 1e-6) {
			t.Errorf("row %d: %d probabilities sum to %g, want %d and 1", i+1, len(row.Probabilities), sum, len(classes))
		}
		if row.Probabilities[row.PredTarget] != highest {
			t.Errorf("row %d: pred_target is %q, but the highest of %v is another's", i+1, row.PredTarget, row.Probabilities)
		}
	}
}

func TestRowsBelongToTheCaller(t *testing.T) {
	want := dataset.Rows()[0]
	rows := dataset.Rows()
	rows[0].Class = "another"
	for class := range rows[0].Probabilities {
		rows[0].Probabilities[class] = 2
	}
	if diff := cmp.Diff(want, dataset.Rows()[0]); diff != "" {
		t.Errorf("a caller's change shows in the next call (-want +got):\n%s", diff)
	}
}

func TestClassesAreSortedAndDifferent(t *testing.T) {
	rows := []dataset.Row{{Class: "b"}, {Class: "a,1"}, {Class: "B"}, {Class: "b"}, {Class: "ü"}}
	if diff := cmp.Diff([]string{"B", "a,1", "b", "ü"}, dataset.Classes(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The columns of features, and a row of them: each feature at its maximum, which it can always have.
var (
	features, numbers []string
	measurements      item.Measurements
)

func init() {
	for i, feature := range item.Features {
		features = append(features, feature.Name)
		numbers = append(numbers, item.FormatNumber(feature.Max))
		measurements[i] = feature.Max
	}
}

// csv joins lines that are made of cells.
func csv(lines ...[]string) string {
	var text strings.Builder
	for _, cells := range lines {
		text.WriteString(strings.Join(cells, ",") + "\n")
	}
	return text.String()
}

// cells joins rows of cells to one row.
func cells(some []string, others ...string) []string { return slices.Concat(some, others) }

func TestRead(t *testing.T) {
	reference := map[string]float64{"a": 0.25, "b,c": 0.75}
	backwards := func(cells []string) []string {
		cells = slices.Clone(cells)
		slices.Reverse(cells)
		return cells
	}
	whole := cells(features, "class", "split", "pred_target", "p_a", `"p_b,c"`)
	for name, tc := range map[string]struct {
		csv  string
		want []dataset.Row
	}{
		"rows": {
			csv(whole, cells(numbers, "a", "test", `"b,c"`, "0.25", "0.75"), cells(numbers, "ü x", "train", "a", "1", "0")),
			[]dataset.Row{
				{measurements, "a", false, "b,c", reference},
				{measurements, "ü x", true, "a", map[string]float64{"a": 1, "b,c": 0}},
			},
		},
		"rows without a reference": {
			csv(cells(features, "class", "split"), cells(numbers, "a", "train")),
			[]dataset.Row{{measurements, "a", true, "", nil}},
		},
		"points": {
			csv(cells(features, "pred_target", "p_a", `"p_b,c"`), cells(numbers, "a", "0.25", "0.75")),
			[]dataset.Row{{measurements, "", false, "a", reference}},
		},
		"columns in another order": {
			csv(backwards(whole), backwards(cells(numbers, "a", "test", `"b,c"`, "0.25", "0.75"))),
			[]dataset.Row{{measurements, "a", false, "b,c", reference}},
		},
		"header alone": {csv(whole), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dataset.Read(strings.NewReader(tc.csv))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	first, last := item.Features[0], len(features)-1
	with := func(value string) []string { return cells(numbers[:last], value) }
	rows := cells(features, "class", "split")
	points := cells(features, "pred_target", "p_a")
	for name, tc := range map[string]struct{ csv, want string }{
		"empty":              {"", "read header: EOF"},
		"unknown column":     {csv(cells(features, "colour")), `column "colour" is not known: expected the features, class, split, pred_target, or p_ and a class`},
		"feature in capital": {csv(cells(features[:last], strings.ToUpper(features[last]))), `column "` + strings.ToUpper(features[last]) + `" is not known`},
		"feature missing":    {csv(cells(features[:last], "class", "split")), `column "` + features[last] + `" is missing`},
		"column twice":       {csv(cells(features, features[0])), `column "` + features[0] + `" is there twice`},
		"class alone":        {csv(cells(features, "class")), "of the columns class and split, only one is there"},
		"split alone":        {csv(cells(features, "split")), "of the columns class and split, only one is there"},
		"pred_target alone":  {csv(cells(features, "pred_target")), "of the columns pred_target and p_…, only one kind is there"},
		"p_ alone":           {csv(cells(features, "p_a")), "of the columns pred_target and p_…, only one kind is there"},
		"short row":          {csv(rows, numbers), "record on line 2: wrong number of fields"},
		"no number":          {csv(points, cells(with("x"), "a", "1")), "line 2: " + features[last] + `: strconv.ParseFloat: parsing "x"`},
		"NaN":                {csv(points, cells(with("NaN"), "a", "1")), "line 2: " + item.Features[last].Name + " must be a number."},
		"out of range": {csv(points, cells(cells([]string{item.FormatNumber(sample.Above(first))}, numbers[1:]...), "a", "1")),
			"line 2: " + first.Fault()},
		"class empty":             {csv(rows, cells(numbers, "", "test")), "line 2: class: is empty"},
		"neither train nor test":  {csv(rows, cells(numbers, "a", "valid")), `line 2: split: split is "valid", want train or test`},
		"pred_target empty":       {csv(points, cells(numbers, "", "1")), "line 2: pred_target: is empty"},
		"probability empty, late": {csv(points, cells(numbers, "a", "1"), cells(numbers, "a", "")), "line 3: p_a: strconv.ParseFloat"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := dataset.Read(strings.NewReader(tc.csv))
			if err == nil || !strings.Contains(err.Error(), tc.want) || rows != nil {
				t.Errorf("%d rows, error %v, want one with %q", len(rows), err, tc.want)
			}
		})
	}
}
