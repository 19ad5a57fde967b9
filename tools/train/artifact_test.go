package main

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

const version = "2027-01-31.42"

func parse(t rapid.TB, a artifact) *classifier.Model {
	t.Helper()
	m, err := classifier.Parse(a.encode())
	if err != nil {
		t.Fatalf("%v\n%s", err, a.encode())
	}
	return m
}

// rowsOf makes up a train row and a test row of each class.
func rowsOf(classes ...string) (rows []dataset.Row) {
	for i, class := range classes {
		rows = append(rows,
			dataset.Row{Measurements: sample.Nth(2 * i), Class: class, Train: true},
			dataset.Row{Measurements: sample.Nth(2*i + 1), Class: class})
	}
	return rows
}

// Adding the same numbers in another order rounds differently, and so does another processor. The bytes of
// the artifact must not show it.
func TestRoundingHidesTheOrderOfSums(t *testing.T) {
	for name, scaled := range map[string]bool{"as measured": false, "scaled": true} {
		t.Run(name, func(t *testing.T) {
			rows := dataset.Rows()
			a, err := fitArtifact(version, rows, scaled)
			if err != nil {
				t.Skip(err) // without -scale, not all data sets can be fitted
			}
			slices.Reverse(rows)
			reversed, err := fitArtifact(version, rows, scaled)
			if err != nil {
				t.Fatal(err)
			}
			if cmp.Equal(a.parameters, reversed.parameters) {
				t.Fatal("the order makes no difference even before rounding: the test proves nothing")
			}
			if diff := cmp.Diff(string(a.encode()), string(reversed.encode())); diff != "" {
				t.Errorf("artifacts differ (-order +reversed):\n%s", diff)
			}
		})
	}
}

// The wanted probabilities are computed here from scaled measurements, and the model's are not.
func TestScaledArtifactPredictsFromMeasurements(t *testing.T) {
	rows := dataset.Rows()
	a, err := fitArtifact(version, rows, true)
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, a)
	for _, row := range rows {
		var want []float64
		total := 0.0
		for _, parameters := range a.parameters {
			score := parameters[len(item.Features)]
			for j, number := range row.Measurements {
				score += parameters[j] * (number - a.scaling.means[j]) / a.scaling.deviations[j]
			}
			want = append(want, math.Exp(score))
			total += math.Exp(score)
		}
		for k, got := range m.Probabilities(row.Measurements) {
			if !(math.Abs(got-want[k]/total) <= 1e-7) {
				t.Errorf("%v: probability of %s is %g, want %g", row.Measurements, a.classes[k], got, want[k]/total)
			}
		}
	}
}

func TestArtifactSaysHowItWasTrained(t *testing.T) {
	for name, tc := range map[string]struct {
		scaled    bool
		objective string
	}{
		"as measured": {false, "C*sum(cross-entropy) + 0.5*||coefficients||^2, C=1, intercepts not penalised"},
		"scaled":      {true, "C*sum(cross-entropy) + 0.5*||coefficients||^2, C=1, intercepts not penalised, measurements scaled"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := fitArtifact(version, rowsOf("a", "b"), tc.scaled)
			if err != nil {
				t.Fatal(err)
			}
			a.trainAccuracy, a.testAccuracy = 1, 0.5
			var got struct {
				Scaling *struct{ Means, Deviations []float64 }
				Trained map[string]any
			}
			if err := json.Unmarshal(a.encode(), &got); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"source":         "enricher/classifier/dataset/data.csv, the rows marked train",
				"objective":      tc.objective,
				"rows":           2.0,
				"train_accuracy": 1.0,
				"test_accuracy":  0.5,
			}
			if diff := cmp.Diff(want, got.Trained); diff != "" {
				t.Errorf("trained (-want +got):\n%s", diff)
			}
			if (got.Scaling != nil) != tc.scaled {
				t.Fatalf("scaling %v", got.Scaling)
			}
			if tc.scaled && !(slices.Equal(got.Scaling.Means, a.scaling.means) && slices.Equal(got.Scaling.Deviations, a.scaling.deviations)) {
				t.Errorf("scaling %v, want %v to the last bit", got.Scaling, a.scaling)
			}
		})
	}
}

func TestClassesCanBeAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.SliceOfNDistinct(rapid.StringN(1, 20, -1), 2, 5, rapid.ID).Draw(t, "classes")
		checkClasses(t, classes)
	})
	checkClasses(t, []string{"a,b", `"quoted"`, `back\slash`, "grün", "<&>", "\u2028", "line\nbreak", " "})
}

func checkClasses(t rapid.TB, classes []string) {
	t.Helper()
	rows := rowsOf(classes...)
	a, err := fitArtifact(version, rows, true)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Classes []string }
	if err := json.Unmarshal(a.encode(), &got); err != nil {
		t.Fatalf("%v\n%s", err, a.encode())
	}
	want := slices.Sorted(slices.Values(classes))
	if diff := cmp.Diff(want, got.Classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	var report bytes.Buffer
	if err := evaluate(parse(t, a), a.classes, rows).print(&report); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(report.String(), "\n"), "\n")
	if len(lines) != 5+len(classes) {
		t.Errorf("%d lines, want one a class after the first 5:\n%s", len(lines), report.String())
	}
}

func TestRowsThatNoModelCanBeFittedToAreRefused(t *testing.T) {
	row := func(class string, train bool) dataset.Row { return dataset.Row{Class: class, Train: train} }
	for name, tc := range map[string]struct {
		rows []dataset.Row
		want string
	}{
		"no rows":              {nil, "none of its 0 rows is marked train"},
		"no train rows":        {[]dataset.Row{row("a", false), row("b", false)}, "none of its 2 rows is marked train"},
		"no test rows":         {[]dataset.Row{row("a", true), row("b", true)}, "none of its 2 rows is marked test"},
		"one class":            {[]dataset.Row{row("a", true), row("a", false)}, `all rows are of the class "a": at least 2 classes are needed`},
		"a class only in test": {[]dataset.Row{row("a", true), row("b", true), row("a", false), row("c, d", false)}, `no row of the class "c, d" is marked train`},
		"no classes":           {[]dataset.Row{row("", true)}, "row 1 has no class"},
		"Latin-1":              {[]dataset.Row{row("a", true), row("gr\xfcn", true)}, `row 2: the class "gr\xfcn" is not UTF-8`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fitArtifact(version, tc.rows, false)
			if err == nil || !strings.Contains(err.Error(), "data.csv: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// Two classes so far apart, in a number so large, have an optimum that no float64 can tell.
func TestFitThatFindsNoOptimumAsksForScale(t *testing.T) {
	var large [2]item.Measurements
	for f := range item.Features {
		large[1][f] = 1e60 / (1 + 1e50*float64(f%2))
	}
	rows := []dataset.Row{{Measurements: large[0], Class: "a", Train: true}, {Measurements: large[1], Class: "b", Train: true}, {Class: "a"}}
	_, err := fitArtifact(version, rows, false)
	if err == nil || !strings.Contains(err.Error(), "the fit does not find the optimum") || !strings.Contains(err.Error(), "try -scale") {
		t.Errorf("error %v, want one that asks for -scale", err)
	}
	if _, err := fitArtifact(version, rows, true); err != nil {
		t.Errorf("with -scale: %v", err)
	}
}

func TestDecimal(t *testing.T) {
	for _, tc := range []struct {
		number, size float64
		want         string
	}{
		{-11.0727364661, 1, "-11.072736466"},
		{0.72036895, 7.9, "0.720368950"},
		{1.23456789e-7, 2e6, "0.000000123456789"}, // 15 places, since the size has 6 more before the point
		{1.23456789e-7, 1e-6, "0.000000123"},
		{123456.7890123, 0, "123456.789012300"},
		{-1e-12, 1, "0.000000000"}, // the sign is that of a rounding error
		{-1e-9, 1, "-0.000000001"},
		{10, 1, "10.000000000"},
	} {
		if got := decimal(tc.number, tc.size); got != tc.want {
			t.Errorf("%g, multiplied by up to %g: %s, want %s", tc.number, tc.size, got, tc.want)
		}
	}
}
