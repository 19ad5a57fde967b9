package classifier_test

import (
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

var versionForm = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)\.(\d[1-9]|[1-9]0)$`)

// FuzzParse loads any artifact and classifies any valid item with what was loaded: a
// model has a version, and names a class with a probability that can be one.
func FuzzParse(f *testing.F) {
	shipped, err := os.ReadFile("model.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped, 5.1, 3.5)
	extreme := strings.NewReplacer(firstRow, first(firstRow, "1e150"), secondRow, first(secondRow, "-1e150"), "[9, 10]", "[-1e150, 1e150]")
	least := strings.NewReplacer(means, first(means, "1e150"), deviations, first(deviations, "5e-324"))
	for _, artifact := range []string{
		forest, boosting, ofThree, strings.Replace(forest, "[0, -1, 0, -1, -1]", "[0, 0, -1, -1, -1]", 1), strings.Replace(boosting, "-2", "-1e146", 1),
		strings.Replace(forest, "[0.5, 0.5]", "[0.50000000001, 0.5]", 1), strings.Replace(ofThree, "[0.25]", "[1e146]", 1),
		good, extreme.Replace(good), strings.ReplaceAll(extreme.Replace(good), "e150", "e308"), strings.Replace(good, "high", "", 1),
		strings.ReplaceAll(strings.ReplaceAll(good, "high", "\xff"), "low", "\xfe"),
		strings.Replace(good, "2026-11-23.01", "2026-02-30.01", 1), strings.Replace(good, "[9, 10]", "[9, null]", 1), "", "{}", "null", good + good,
		scaled, extreme.Replace(scaled), least.Replace(scaled), strings.Replace(scaled, deviations, first(deviations, "0"), 1),
		strings.Replace(scaled, deviations, first(deviations, "1e150"), 1), strings.Replace(scaled, means, first(means, "-1e150"), 1),
	} {
		f.Add([]byte(artifact), 1e100, -1e-130)
	}
	f.Fuzz(func(t *testing.T, artifact []byte, a, b float64) {
		m, err := classifier.Parse(artifact)
		if err != nil {
			if m != nil {
				t.Error("a model beside the error")
			}
			return
		}
		date := versionForm.FindStringSubmatch(m.Version())
		if date == nil {
			t.Fatalf("version %q", m.Version())
		}
		if _, err := time.Parse(time.DateOnly, date[1]); err != nil {
			t.Fatal(err)
		}
		wantProbabilities(t, m, valid(a, b))
	})
}

// valid returns an item with these numbers, by turns, or with the next ones that its features can have.
func valid(numbers ...float64) (m item.Measurements) {
	for i, f := range item.Features {
		m[i] = min(max(numbers[i%len(numbers)], f.Min), f.Max)
		if !f.Valid(m[i]) { // NaN, the least number, or almost 0
			m[i] = f.Max
		}
	}
	return m
}

func wantProbabilities(t *testing.T, m *classifier.Model, measurements item.Measurements) {
	t.Helper()
	class, probability := m.Predict(measurements)
	all := m.Probabilities(measurements)
	if class == "" || len(all) < 2 || !(probability >= 1/float64(len(all)) && probability <= 1) {
		t.Errorf("%v is a %q with probability %g, of %d classes", measurements, class, probability, len(all))
	}
	sum, highest := 0.0, 0.0
	for _, p := range all {
		if !(p >= 0 && p <= 1) {
			t.Errorf("%v: probabilities %g", measurements, all)
		}
		sum, highest = sum+p, max(highest, p)
	}
	if highest != probability || !(math.Abs(sum-1) < 1e-9) {
		t.Errorf("%v: probability %g, but of all %g the highest is %g and the sum %g", measurements, probability, all, highest, sum)
	}
	if first := slices.Index(all, highest); first < 0 || class != m.Classes()[first] {
		t.Errorf("%v is a %q, but the first with the highest probability is number %d of %q", measurements, class, first, m.Classes())
	}
}
