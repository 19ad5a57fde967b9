package classifier_test

import (
	"math"
	"os"
	"testing"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
)

// tolerance is how far a probability may be from the reference model's, which stopped a little
// short of the optimum.
const tolerance = 5e-4

func embedded(t testing.TB) *classifier.Model {
	t.Helper()
	m, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEmbeddedAgreesWithReferenceOnAllFlowers(t *testing.T) {
	agree(t, dataset.Flowers(), 150)
}

func TestEmbeddedAgreesWithReferenceOnGrid(t *testing.T) {
	file, err := os.Open("testdata/grid.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	points, err := dataset.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, points, 3000)
}

func agree(t *testing.T, points []dataset.Flower, want int) {
	t.Helper()
	if len(points) != want {
		t.Fatalf("%d points, want %d", len(points), want)
	}
	m := embedded(t)
	worst := 0.0
	for _, p := range points {
		class, probability := m.Predict(p.Measurements)
		if class != p.PredTarget {
			t.Errorf("%v: %s, want %s", p.Measurements, class, p.PredTarget)
		}
		highest := 0.0
		for k, got := range m.Probabilities(p.Measurements) {
			worst = max(worst, math.Abs(got-p.Probabilities[k]))
			highest = max(highest, got)
		}
		if probability != highest {
			t.Errorf("%v: Classify says %g, the highest of Probabilities is %g", p.Measurements, probability, highest)
		}
	}
	if !(worst <= tolerance) {
		t.Errorf("a probability is off by %.2g, more than %.2g", worst, tolerance)
	}
	t.Logf("largest deviation of a probability: %.2g", worst)
}

// small returns a model of three classes whose scores are easy to see: the first measurement times
// each coefficient.
func small(t *testing.T, a, b, c string) *classifier.Model {
	t.Helper()
	m, err := classifier.Parse([]byte(`{"version": "2026-11-23.01",
		"features": ["sepal_length", "sepal_width", "petal_length", "petal_width"],
		"classes": ["a", "b", "c"],
		"coefficients": [[` + a + `, 0, 0, 0], [` + b + `, 0, 0, 0], [` + c + `, 0, 0, 0]],
		"intercepts": [0, 0, 0],
		"trained": {"source": "", "objective": "", "rows": 0, "train_accuracy": 0, "test_accuracy": 0}}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestClassify(t *testing.T) {
	for name, tc := range map[string]struct {
		a, b, c     string
		class       string
		probability float64
	}{
		"all equal goes to the first":          {"0", "0", "0", "a", 1. / 3},
		"two equal goes to the earlier":        {"0", "1", "1", "b", math.E / (1 + 2*math.E)},
		"last is best":                         {"0", "0", "2", "c", math.Exp(2) / (2 + math.Exp(2))},
		"scores too high for exp":              {"5000", "5001", "0", "b", 1 / (1 + math.Exp(-1))},
		"scores too low for exp":               {"-5000", "-5001", "-9000", "a", 1 / (1 + math.Exp(-1))},
		"the largest parameters do not go NaN": {"-1e300", "1e300", "0", "b", 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := small(t, tc.a, tc.b, tc.c)
			class, probability := m.Predict([4]float64{1, 1, 1, 1})
			if class != tc.class || !(math.Abs(probability-tc.probability) < 1e-15) {
				t.Errorf("%s %.17g, want %s %.17g", class, probability, tc.class, tc.probability)
			}
		})
	}
}

func TestProbabilitiesSumToOne(t *testing.T) {
	var sum float64
	for _, p := range small(t, "0", "1", "2").Probabilities([4]float64{3, 1, 1, 1}) {
		sum += p
	}
	if math.Abs(sum-1) > 1e-15 {
		t.Errorf("sum is %.17g", sum)
	}
}

func TestClassifyDoesNotAllocate(t *testing.T) {
	m := embedded(t)
	if n := testing.AllocsPerRun(1000, func() { m.Predict([4]float64{5.1, 3.5, 1.4, 0.2}) }); n != 0 {
		t.Errorf("%g allocations a call, want none", n)
	}
}

func TestVersionIsTheArtifacts(t *testing.T) {
	if got := small(t, "0", "0", "0").Version(); got != "2026-11-23.01" {
		t.Errorf("version %q", got)
	}
}

func BenchmarkClassify(b *testing.B) {
	m := embedded(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Predict([4]float64{5.9, 3.0, 4.2, 1.5})
	}
}
