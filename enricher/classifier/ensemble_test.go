package classifier_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

// Good artifacts of trees. The first tree splits by the first feature, at 1.5 and at 2.5. The second is one
// leaf.
var (
	forest   = ofKind("random_forest", `"low", "high"`, `"trees": [`+splits+`"leaves": [[1, 0], [0.25, 0.75], [0.5, 0.5]]}, `+oneLeaf+`"leaves": [[0.1, 0.9]]}]`)
	boosting = ofKind("gradient_boosting", `"low", "high"`, `"initial": [0.5], "trees": [`+splits+`"leaves": [1, -2, 3]}, `+oneLeaf+`"leaves": [0.25]}]`)
	ofThree  = ofKind("gradient_boosting", `"low", "middle", "high"`, `"initial": [0.1, 0.2, 0.3], "trees": [`+
		splits+`"leaves": [1, -2, 3]}, `+oneLeaf+`"leaves": [0.25]}, `+oneLeaf+`"leaves": [-0.5]}]`)
)

const (
	splits  = `{"features": [0, -1, 0, -1, -1], "thresholds": [1.5, 2.5], `
	oneLeaf = `{"features": [-1], "thresholds": [], `
)

// ofKind returns an artifact of a kind with its parameters.
func ofKind(kind, classes, parameters string) string {
	_, rest, _ := strings.Cut(good, `"classes": ["low", "high"],`)
	_, trained, _ := strings.Cut(rest, `"trained"`)
	return `{"version": "2026-11-23.01", "kind": "` + kind + `", "features": ` + features + `, "classes": [` + classes + `], ` + parameters + `, "trained"` + trained
}

func parsed(t testing.TB, artifact string) *classifier.Model {
	t.Helper()
	m, err := classifier.Parse([]byte(artifact))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// of returns an item whose first measurement is x.
func of(x float64) item.Measurements {
	m := ones()
	m[0] = x
	return m
}

func TestAnEnsembleAddsUpItsTrees(t *testing.T) {
	sigmoid := func(score float64) []float64 { p := 1 / (1 + math.Exp(-score)); return []float64{1 - p, p} }
	softmax := func(scores ...float64) (p []float64) {
		total := 0.0
		for _, s := range scores {
			total += math.Exp(s)
		}
		for _, s := range scores {
			p = append(p, math.Exp(s)/total)
		}
		return p
	}
	for name, test := range map[string]struct {
		artifact string
		want     map[float64][]float64 // probabilities, by the first measurement
	}{
		"of a forest":               {forest, map[float64][]float64{1: {0.55, 0.45}, 1.5: {0.55, 0.45}, 2: {0.175, 0.825}, 3: {0.3, 0.7}}},
		"of boosting":               {boosting, map[float64][]float64{1: sigmoid(1.75), 2: sigmoid(-1.25), 3: sigmoid(3.75)}},
		"of boosting three classes": {ofThree, map[float64][]float64{1: softmax(1.1, 0.45, -0.2), 2: softmax(-1.9, 0.45, -0.2), 3: softmax(3.1, 0.45, -0.2)}},
	} {
		t.Run(name, func(t *testing.T) {
			m := parsed(t, test.artifact)
			for x, want := range test.want {
				if diff := cmp.Diff(want, m.Probabilities(of(x)), cmpopts.EquateApprox(0, 1e-15)); diff != "" {
					t.Errorf("probabilities at %g (-want +got):\n%s", x, diff)
				}
				wantProbabilities(t, m, of(x))
			}
		})
	}
}

// scikit-learn rounds the measurement to float32, and not the threshold. float32(0.1) is over 0.1, and
// float32(0.7) is under 0.7.
func TestAMeasurementIsRoundedAsInScikitLearn(t *testing.T) {
	for threshold, right := range map[float64]bool{0.1: true, 0.7: false, 0.5: false} {
		m := parsed(t, strings.Replace(forest, "1.5, 2.5", fmt.Sprintf("%g, 1e9", threshold), 1))
		want := 0.55
		if right {
			want = 0.175
		}
		if got := m.Probabilities(of(threshold))[0]; math.Abs(got-want) > 1e-15 {
			t.Errorf("at the threshold %g: probability %g, want %g", threshold, got, want)
		}
	}
}

// A measurement beyond float32 must not become infinite: -Inf is not over a leaf's threshold, which is -Inf, too.
func TestAMeasurementBeyondFloat32StaysInItsLeaf(t *testing.T) {
	const left, middle, right = 0.55, 0.175, 0.3
	for x, thresholds := range map[float64]map[string]float64{
		-1e100: {"1.5, 2.5": left, "-3e38, 1e9": left},
		1e100:  {"1.5, 2.5": right, "1.5, 1e39": middle},              // float32 has nothing over 1e39
		3.3e38: {"3e38, 1e39": middle}, -3.3e38: {"-3e38, 1e9": left}, // and all up to 3.4e38
	} {
		for threshold, want := range thresholds {
			m := parsed(t, strings.Replace(forest, "1.5, 2.5", threshold, 1))
			if got := m.Probabilities(of(x))[0]; math.Abs(got-want) > 1e-15 {
				t.Errorf("at %g with thresholds %s: probability %g, want %g", x, threshold, got, want)
			}
		}
	}
}

// scikit-learn's predict does the same.
func TestOfEquallyProbableClassesAnEnsemblePredictsTheFirst(t *testing.T) {
	for name, artifact := range map[string]string{
		"forest":   ofKind("random_forest", `"low", "high"`, `"trees": [`+oneLeaf+`"leaves": [[0.5, 0.5]]}]`),
		"boosting": ofKind("gradient_boosting", `"low", "high"`, `"initial": [0], "trees": [`+oneLeaf+`"leaves": [0]}]`),
	} {
		if class, probability := parsed(t, artifact).Predict(ones()); class != "low" || probability != 0.5 {
			t.Errorf("%s: %s with %g, want low with 0.5", name, class, probability)
		}
	}
}

func TestArtifactsWithoutAKindAreRegressions(t *testing.T) {
	m, named := parsed(t, good), parsed(t, strings.Replace(good, `"version"`, `"kind": "logistic_regression", "version"`, 1))
	if diff := cmp.Diff(m.Probabilities(ones()), named.Probabilities(ones())); diff != "" {
		t.Errorf("without a kind and with it (-without +with):\n%s", diff)
	}
}

func TestParseSaysWhatIsWrongWithAnEnsemble(t *testing.T) {
	beyond := fmt.Sprintf("want 0 to %d, or -1 for a leaf", len(item.Features)-1)
	for name, tc := range map[string]struct{ artifact, old, new, want string }{
		"another kind":            {forest, "random_forest", "svm", `kind is "svm", want logistic_regression, random_forest or gradient_boosting`},
		"kind null":               {forest, `"random_forest"`, "null", `field "kind" is null`},
		"kind twice":              {forest, `"kind"`, `"kind": "random_forest", "kind"`, `field "kind" appears twice`},
		"of another kind":         {good, `"version"`, `"kind": "random_forest", "version"`, `unknown field "coefficients"`},
		"no trees":                {forest, `"trees": [` + splits, `"trees": [], "x": [` + splits, `unknown field "x"`},
		"trees empty":             {ofKind("random_forest", `"a", "b"`, `"trees": []`), "2026-11-23.01", "2026-11-23.02", "0 trees, want 1 to 10000"},
		"too many trees":          {ofKind("random_forest", `"a", "b"`, `"trees": [`+strings.Repeat("{},", 10_000)+`{}]`), "2026-11-23.01", "2026-11-23.02", "10001 trees"},
		"tree null":               {forest, oneLeaf + `"leaves": [[0.1, 0.9]]}`, "null", "tree 1: it holds null"},
		"threshold null":          {forest, "1.5,", "null,", "tree 0: it holds null"},
		"leaf null":               {boosting, "[0.25]", "[null]", "tree 1: it holds null"},
		"unknown member":          {forest, `"thresholds"`, `"weights": [], "thresholds"`, `tree 0: unknown field "weights"`},
		"member missing":          {forest, `"thresholds": [1.5, 2.5], `, "", `tree 0: field "thresholds" is missing`},
		"no nodes":                {forest, `"features": [-1]`, `"features": []`, "tree 1: it ends after 0 nodes, and 1 are missing"},
		"node missing":            {forest, "[0, -1, 0, -1, -1]", "[0, -1, 0, -1]", "tree 0: it ends after 4 nodes, and 1 are missing"},
		"node too many":           {forest, "[0, -1, 0, -1, -1]", "[0, -1, -1, 0, -1, -1]", "tree 0: node 3 belongs to no split"},
		"another feature":         {forest, "[0, -1, 0,", fmt.Sprintf("[0, -1, %d,", len(item.Features)), beyond},
		"a feature far beyond":    {forest, "[0, -1, 0,", "[0, -1, 1000,", beyond},
		"feature too low":         {forest, "[0, -1, 0,", "[0, -1, -2,", "tree 0: node 2 splits by feature -2, " + beyond},
		"feature no integer":      {forest, "[0, -1, 0,", "[0, -1, 0.5,", `tree 0: field "features": json: cannot unmarshal number 0.5`},
		"feature beyond int32":    {forest, "[0, -1, 0,", "[0, -1, 4294967296,", `tree 0: field "features": json: cannot unmarshal number`},
		"threshold missing":       {forest, "[1.5, 2.5]", "[1.5]", "tree 0: 1 thresholds for 2 splits"},
		"threshold too many":      {forest, "[1.5, 2.5]", "[1.5, 2.5, 3.5]", "tree 0: 3 thresholds for 2 splits"},
		"threshold absurd":        {forest, "[1.5, 2.5]", "[1.5, 1e151]", "tree 0: threshold 1 is 1e+151, beyond ±1e+150"},
		"threshold far below":     {forest, "[1.5, 2.5]", "[-1e151, 2.5]", "tree 0: threshold 0 is -1e+151, beyond ±1e+150"},
		"threshold infinite":      {forest, "[1.5, 2.5]", "[1.5, 1e999]", "tree 0: field \"thresholds\": json: cannot unmarshal number 1e999"},
		"leaf missing":            {forest, ", [0.5, 0.5]", "", "tree 0: 2 leaves, want 3"},
		"leaf too many":           {forest, ", [0.5, 0.5]", ", [0.5, 0.5], [1, 0]", "tree 0: 4 leaves, want 3"},
		"probability missing":     {forest, "[0.5, 0.5]", "[1]", "tree 0: leaf 2: 1 probabilities for 2 classes"},
		"probability negative":    {forest, "[0.5, 0.5]", "[1.5, -0.5]", "tree 0: leaf 2: probability 0 is 1.5, want 0 to 1"},
		"probability below 0":     {forest, "[0.5, 0.5]", "[-0.5, 1.5]", "tree 0: leaf 2: probability 0 is -0.5, want 0 to 1"},
		"a little more than 1":    {forest, "[0.5, 0.5]", "[0.5, 0.50000000011]", "tree 0: leaf 2: the probabilities sum up to 1.00000000011, want 1"},
		"a little less than 1":    {forest, "[0.5, 0.5]", "[0.5, 0.49999999989]", "tree 0: leaf 2: the probabilities sum up to 0.99999999989, want 1"},
		"probabilities not 1":     {forest, "[0.5, 0.5]", "[0.5, 0.6]", "tree 0: leaf 2: the probabilities sum up to 1.1, want 1"},
		"a number for a leaf":     {forest, "[0.5, 0.5]", "0.5", "tree 0: leaves: json: cannot unmarshal number"},
		"a list for a number":     {boosting, "[0.25]", "[[0.25]]", "tree 1: leaves: json: cannot unmarshal array"},
		"leaf absurd":             {boosting, "[0.25]", "[1e147]", "tree 1: leaf 0 is 1e+147, beyond ±1e+146"},
		"leaf far below":          {boosting, "[0.25]", "[-1e147]", "tree 1: leaf 0 is -1e+147, beyond ±1e+146"},
		"initial absurd":          {boosting, "[0.5]", "[-1e151]", "initial: number 0 is -1e+151, beyond ±1e+150"},
		"initial missing":         {boosting, `"initial": [0.5], `, "", `field "initial" is missing`},
		"initial too many":        {boosting, "[0.5]", "[0.5, 0.5]", "initial: 2 numbers, want 1"},
		"initial too few":         {ofThree, "[0.1, 0.2, 0.3]", "[0.1, 0.2]", "initial: 2 numbers, want 3"},
		"initial null":            {boosting, "[0.5]", "[null]", "initial: number 0 is null"},
		"initial of a forest":     {forest, `"trees"`, `"initial": [0.5], "trees"`, `unknown field "initial"`},
		"a stage that is not all": {ofThree, ", " + oneLeaf + `"leaves": [-0.5]}`, "", "2 trees, want a multiple of 3: one a stage for each of the 3 classes"},
		"too many classes":        {forest, `"high"`, `"high"` + manyClasses(255), "257 classes, want at most 256"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, tc.artifact, tc.old, tc.new, tc.want) })
	}
	t.Run("kind null at the end", func(t *testing.T) { // it says which other fields there may be
		wantRefused(t, strings.Replace(forest, `"kind": "random_forest", `, "", 1), `"trained"`, `"kind": null, "trained"`, `field "kind" is null`)
	})
}

// docs/model.md has these limits.
func TestAnEnsembleMayReachItsLimits(t *testing.T) {
	for name, artifact := range map[string]string{
		"256 classes": ofKind("gradient_boosting", `"a", "b"`+manyClasses(254), `"initial": [0`+strings.Repeat(",0", 255)+`], "trees": [`+
			oneLeaf+`"leaves": [0]}`+strings.Repeat(","+oneLeaf+`"leaves": [0]}`, 255)+`]`),
		"10,000 trees":                 ofKind("gradient_boosting", `"a", "b"`, `"initial": [0], "trees": [`+oneLeaf+`"leaves": [0]}`+strings.Repeat(","+oneLeaf+`"leaves": [0]}`, 9_999)+`]`),
		"the largest threshold":        strings.Replace(forest, "[1.5, 2.5]", "[-1e150, 1e150]", 1),
		"the largest leaf":             strings.Replace(boosting, "[1, -2, 3]", "[1e146, -1e146, 3]", 1),
		"a sum a little less than one": strings.Replace(forest, "[0.5, 0.5]", "[0.5, 0.49999999991]", 1),
		"a sum a little more than one": strings.Replace(forest, "[0.5, 0.5]", "[0.5, 0.50000000009]", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := classifier.Parse([]byte(artifact)); err != nil {
				t.Error(err)
			} else if class, _ := m.Predict(ones()); class == "" {
				t.Error("no class is predicted")
			}
		})
	}
}

// Scores have any size, and only their differences count: exp(1000) is beyond float64.
func TestScoresOfAnySizeMakeProbabilities(t *testing.T) {
	stage := func(leaves ...float64) string {
		var trees []string
		for _, leaf := range leaves {
			trees = append(trees, fmt.Sprintf(`%s"leaves": [%g]}`, oneLeaf, leaf))
		}
		return ofKind("gradient_boosting", `"low", "middle", "high"`, `"initial": [0, 0, 0], "trees": [`+strings.Join(trees, ",")+`]`)
	}
	for name, test := range map[string]struct {
		artifact, class string
	}{
		"large":    {stage(1000, 2000, 3000), "high"},
		"negative": {stage(-3000, -1000, -2000), "middle"},
		"mixed":    {stage(3000, -3000, 0), "low"},
	} {
		m := parsed(t, test.artifact)
		wantProbabilities(t, m, ones())
		if class, probability := m.Predict(ones()); class != test.class || probability != 1 {
			t.Errorf("%s: %s with %g, want %s with 1", name, class, probability, test.class)
		}
	}
}

func manyClasses(n int) string {
	var classes strings.Builder
	for i := range n {
		fmt.Fprintf(&classes, `, "%d"`, i)
	}
	return classes.String()
}

// It is read at each cold start, and a tree of any form must not hold that up.
func TestParseIsQuickWithLargeTrees(t *testing.T) {
	const leaves = 30_000
	for name, nodes := range map[string]string{
		"a tree that grows to the right": strings.Repeat("0,-1,", leaves-1) + "-1",
		"a tree that grows to the left":  strings.Repeat("0,", leaves-1) + strings.Repeat("-1,", leaves-1) + "-1",
	} {
		t.Run(name, func(t *testing.T) {
			tree := `{"features": [` + nodes + `], "thresholds": [` + strings.Repeat("5,", leaves-2) + `5], "leaves": [` + strings.Repeat("1,", leaves-1) + `1]}`
			start := time.Now()
			m := parsed(t, ofKind("gradient_boosting", `"low", "high"`, `"initial": [0], "trees": [`+tree+`]`))
			wantProbabilities(t, m, of(10))
			wantProbabilities(t, m, of(1))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// grown returns a tree whose leaves are leaf, of so many splits.
func grown(random *rand.Rand, size int, leaf func() string) string {
	var features, thresholds, leaves []string
	var grow func(splits int)
	grow = func(splits int) {
		if splits == 0 {
			features, leaves = append(features, "-1"), append(leaves, leaf())
			return
		}
		f := random.IntN(len(item.Features))
		low := max(item.Features[f].Min, -100)
		features = append(features, fmt.Sprint(f))
		thresholds = append(thresholds, fmt.Sprint(low+random.Float64()*(min(item.Features[f].Max, 100)-low)))
		left := random.IntN(splits)
		grow(left)
		grow(splits - 1 - left)
	}
	grow(size)
	return fmt.Sprintf(`{"features": [%s], "thresholds": [%s], "leaves": [%s]}`, strings.Join(features, ","), strings.Join(thresholds, ","), strings.Join(leaves, ","))
}

// A thousand trees of 15 nodes each, as many as those that scikit-learn grows for the iris.
func BenchmarkForestOf1000Trees(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var trees []string
	for range 1000 {
		trees = append(trees, grown(random, 7, func() string { return []string{"[1,0]", "[0,1]"}[random.IntN(2)] }))
	}
	m := parsed(b, ofKind("random_forest", `"low", "high"`, `"trees": [`+strings.Join(trees, ",")+`]`))
	var items [1024]item.Measurements
	for i := range items {
		for f := range items[i] {
			items[i][f] = random.Float64() * 100
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Predict(items[i%len(items)])
	}
}
