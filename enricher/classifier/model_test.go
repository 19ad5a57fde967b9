package classifier_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
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

// points returns what a reference model answers for more points than there are items.
func points(t *testing.T) []dataset.Row {
	t.Helper()
	file, err := os.Open("dataset/points.csv")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there is no dataset/points.csv")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	points, err := dataset.Read(file)
	if err != nil {
		t.Fatalf("dataset/points.csv: %v", err)
	}
	return points
}

func TestTheEmbeddedModelAgreesWithTheReferenceOnAllRows(t *testing.T) {
	rows := dataset.Rows()
	if !rows[0].HasReference() {
		t.Skip("the data set has no reference to compare with: no columns pred_target and p_…")
	}
	agree(t, rows)
}

func TestTheEmbeddedModelAgreesWithTheReferenceOnThePoints(t *testing.T) {
	points := points(t)
	if len(points) == 0 || !points[0].HasReference() {
		t.Fatal("dataset/points.csv has no points with the columns pred_target and p_…: add some, or delete the file")
	}
	agree(t, points)
}

func agree(t *testing.T, rows []dataset.Row) {
	t.Helper()
	m := embedded(t)
	classes := m.Classes()
	worst := 0.0
	for _, row := range rows {
		class, probability := m.Predict(row.Measurements)
		if class != row.PredTarget {
			t.Errorf("%v: %s, want %s", row.Measurements, class, row.PredTarget)
		}
		highest := 0.0
		for k, got := range m.Probabilities(row.Measurements) {
			want, found := row.Probabilities[classes[k]]
			if !found {
				t.Fatalf("the reference has no probability of %s", classes[k])
			}
			worst = max(worst, math.Abs(got-want))
			highest = max(highest, got)
		}
		if probability != highest {
			t.Errorf("%v: Predict says %g, the highest of Probabilities is %g", row.Measurements, probability, highest)
		}
	}
	if !(worst <= tolerance) {
		t.Errorf("a probability is off by %.2g, more than %.2g", worst, tolerance)
	}
	t.Logf("largest deviation of a probability: %.2g", worst)
}

func TestTheEmbeddedModelIsThatOfTheDataSet(t *testing.T) {
	text, err := os.ReadFile("model.json")
	if err != nil {
		t.Fatal(err)
	}
	type trained struct {
		Rows          int
		TrainAccuracy float64 `json:"train_accuracy"`
		TestAccuracy  float64 `json:"test_accuracy"`
	}
	var got struct {
		Features []string
		Trained  trained
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, feature := range item.Features {
		names = append(names, feature.Name)
	}
	if diff := cmp.Diff(names, got.Features); diff != "" {
		t.Errorf("features of the item (-) and of the model (+):\n%s", diff)
	}
	m, rows := embedded(t), dataset.Rows()
	if diff := cmp.Diff(dataset.Classes(rows), m.Classes()); diff != "" {
		t.Errorf("classes of the data set (-) and of the model (+):\n%s", diff)
	}
	right, all := map[bool]float64{}, map[bool]float64{}
	for _, row := range rows {
		all[row.Train]++
		if class, _ := m.Predict(row.Measurements); class == row.Class {
			right[row.Train]++
		}
	}
	round := func(share float64) float64 { return math.Round(share*1e9) / 1e9 }
	want := trained{int(all[true]), round(right[true] / all[true]), round(right[false] / all[false])}
	if diff := cmp.Diff(want, got.Trained); diff != "" {
		t.Errorf("what the model gets right (-), and what its artifact says (+):\n%s", diff)
	}
}

func TestClassesBelongToTheCaller(t *testing.T) {
	m := small(t, "0", "0", "0")
	m.Classes()[0] = "another"
	if diff := cmp.Diff([]string{"a", "b", "c"}, m.Classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}

// small returns a model of three classes whose scores are easy to see: the first measurement times
// each coefficient.
func small(t *testing.T, a, b, c string) *classifier.Model {
	t.Helper()
	zeros := list(func(int) string { return "0" })
	text := strings.Replace(good, `"low", "high"`, `"a", "b", "c"`, 1)
	text = strings.Replace(text, firstRow+", "+secondRow, first(zeros, a)+", "+first(zeros, b)+", "+first(zeros, c), 1)
	m, err := classifier.Parse([]byte(strings.Replace(text, "[9, 10]", "[0, 0, 0]", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPredict(t *testing.T) {
	for name, tc := range map[string]struct {
		a, b, c     string
		number      float64
		class       string
		probability float64
	}{
		"all equal goes to the first":          {"0", "0", "0", 1, "a", 1. / 3},
		"two equal goes to the earlier":        {"0", "1", "1", 1, "b", math.E / (1 + 2*math.E)},
		"last is best":                         {"0", "0", "2", 1, "c", math.Exp(2) / (2 + math.Exp(2))},
		"a negative number":                    {"0", "1", "-2", -1, "c", math.Exp(2) / (1 + math.Exp(-1) + math.Exp(2))},
		"scores too high for exp":              {"5000", "5001", "0", 1, "b", 1 / (1 + math.Exp(-1))},
		"scores too low for exp":               {"-5000", "-5001", "-9000", 1, "a", 1 / (1 + math.Exp(-1))},
		"the largest parameters do not go NaN": {"-1e150", "1e150", "0", 1e100, "b", 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := small(t, tc.a, tc.b, tc.c)
			measurements := ones()
			measurements[0] = tc.number
			class, probability := m.Predict(measurements)
			if class != tc.class || !(math.Abs(probability-tc.probability) < 1e-15) {
				t.Errorf("%s %.17g, want %s %.17g", class, probability, tc.class, tc.probability)
			}
		})
	}
}

func TestProbabilitiesSumToOne(t *testing.T) {
	measurements := ones()
	measurements[0] = 3
	var sum float64
	for _, p := range small(t, "0", "1", "2").Probabilities(measurements) {
		sum += p
	}
	if math.Abs(sum-1) > 1e-15 {
		t.Errorf("sum is %.17g", sum)
	}
}

func TestAScalingIsThatOfTheMeasurements(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var means, deviations, measurements item.Measurements
		var coefficients [2]item.Measurements
		intercepts := [2]float64{random.NormFloat64(), random.NormFloat64()}
		var scores [2]float64
		copy(scores[:], intercepts[:])
		for i := range means {
			size := math.Pow(10, random.Float64()*6-3) // features of very different sizes
			means[i], deviations[i] = 3*size*random.NormFloat64(), size*(0.1+random.Float64())
			measurements[i] = means[i] + deviations[i]*random.NormFloat64()
			for class := range coefficients {
				coefficients[class][i] = random.NormFloat64()
				scores[class] += coefficients[class][i] * ((measurements[i] - means[i]) / deviations[i])
			}
		}
		m, err := classifier.Parse(marshal(t, map[string]any{"means": means[:], "deviations": deviations[:]}, coefficients, intercepts))
		if err != nil {
			t.Fatal(err)
		}
		want := []float64{1 / (1 + math.Exp(scores[1]-scores[0])), 1 / (1 + math.Exp(scores[0]-scores[1]))}
		for class, got := range m.Probabilities(measurements) {
			if !(math.Abs(got-want[class]) <= 1e-12) {
				t.Fatalf("%v of means %v and deviations %v: probability %.17g, want %.17g", measurements, means, deviations, got, want[class])
			}
		}
	}
}

func TestAScalingByMeanZeroAndDeviationOneIsNone(t *testing.T) {
	coefficients := [2]item.Measurements{sample.Nth(0), sample.Nth(1)}
	zeros := make([]float64, len(item.Features))
	ones := ones()
	plain, err := classifier.Parse(marshal(t, nil, coefficients, [2]float64{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := classifier.Parse(marshal(t, map[string]any{"means": zeros, "deviations": ones[:]}, coefficients, [2]float64{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain.Probabilities(sample.Example()), scaled.Probabilities(sample.Example())); diff != "" {
		t.Errorf("probabilities without (-) and with (+) the scaling:\n%s", diff)
	}
}

func TestPredictDoesNotAllocate(t *testing.T) {
	example := sample.Example()
	for name, m := range map[string]*classifier.Model{"the embedded one": embedded(t), "a forest": parsed(t, forest), "boosting": parsed(t, ofThree)} {
		if n := testing.AllocsPerRun(1000, func() { m.Predict(example) }); n != 0 {
			t.Errorf("%s: %g allocations a call, want none", name, n)
		}
	}
}

func TestVersionIsTheArtifacts(t *testing.T) {
	if got := small(t, "0", "0", "0").Version(); got != "2026-11-23.01" {
		t.Errorf("version %q", got)
	}
}

func BenchmarkPredict(b *testing.B) {
	m, example := embedded(b), sample.Example()
	b.ReportAllocs()
	for b.Loop() {
		m.Predict(example)
	}
}
