package classifier_test

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

var versionForm = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)\.(\d[1-9]|[1-9]0)$`)

// FuzzParse loads any artifact and classifies any valid flower with what was loaded: a
// model has a version, and names a class with a probability that can be one.
func FuzzParse(f *testing.F) {
	shipped, err := os.ReadFile("model.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped, 5.1, 3.5, 1.4, 0.2)
	extremes := strings.NewReplacer("[1, 2, 3, 4]", "[1e300, -1e300, 1e300, 1e300]", "[5, 6, 7, 8]", "[-1e300, 1e300, 1e300, 5e-324]", "[9, 10]", "[-1e300, 1e300]")
	for _, artifact := range []string{
		good, extremes.Replace(good), strings.ReplaceAll(extremes.Replace(good), "e300", "e308"), strings.Replace(good, "virginica", "", 1),
		strings.ReplaceAll(strings.ReplaceAll(good, "virginica", "\xff"), "setosa", "\xfe"),
		strings.Replace(good, "2026-11-23.01", "2026-02-30.01", 1), strings.Replace(good, "[9, 10]", "[9, null]", 1), "", "{}", "null", good + good,
	} {
		f.Add([]byte(artifact), 100., 1e-130, 100., 100.)
	}
	f.Fuzz(func(t *testing.T, artifact []byte, a, b, c, d float64) {
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
		if flower := (item.Measurements{a, b, c, d}); flower.Validate() == nil {
			wantProbabilities(t, m, flower)
		}
	})
}

func wantProbabilities(t *testing.T, m *classifier.Model, flower item.Measurements) {
	t.Helper()
	class, probability := m.Predict(flower)
	all := m.Probabilities(flower)
	if class == "" || len(all) < 2 || !(probability >= 1/float64(len(all)) && probability <= 1) {
		t.Errorf("%v is a %q with probability %g, of %d classes", flower, class, probability, len(all))
	}
	sum, highest := 0.0, 0.0
	for _, p := range all {
		if !(p >= 0 && p <= 1) {
			t.Errorf("%v: probabilities %g", flower, all)
		}
		sum, highest = sum+p, max(highest, p)
	}
	if highest != probability || !(math.Abs(sum-1) < 1e-9) {
		t.Errorf("%v: probability %g, but of all %g the highest is %g and the sum %g", flower, probability, all, highest, sum)
	}
}
