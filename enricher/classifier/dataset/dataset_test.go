package dataset

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlowersAreFishers(t *testing.T) {
	flowers := Flowers()
	if len(flowers) != 150 {
		t.Fatalf("%d flowers, want 150", len(flowers))
	}
	got := map[string][2]int{} // species to flowers of it, and how many are marked train
	for _, f := range flowers {
		n := got[f.Species]
		n[0]++
		if f.Train {
			n[1]++
		}
		got[f.Species] = n
	}
	want := map[string][2]int{"setosa": {50, 31}, "versicolor": {50, 37}, "virginica": {50, 37}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flowers and training flowers by species (-want +got):\n%s", diff)
	}
	first := Flower{
		Measurements:  [4]float64{5.1, 3.5, 1.4, 0.2},
		Species:       "setosa",
		Train:         true,
		PredTarget:    "setosa",
		Probabilities: [3]float64{0.973104995345, 0.026894868757, 0.000000135897},
	}
	if diff := cmp.Diff(first, flowers[0]); diff != "" {
		t.Errorf("first flower (-want +got):\n%s", diff)
	}
}

func TestFlowersHaveUsableNumbers(t *testing.T) {
	classes := []string{"setosa", "versicolor", "virginica"}
	right := 0
	for i, f := range Flowers() {
		for _, cm := range f.Measurements {
			if !(cm > 0 && cm < 10) {
				t.Errorf("flower %d: measurement %g cm", i, cm)
			}
		}
		best, sum := 0, 0.0
		for k, p := range f.Probabilities {
			sum += p
			if p > f.Probabilities[best] {
				best = k
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("flower %d: probabilities sum to %g", i, sum)
		}
		if classes[best] != f.PredTarget {
			t.Errorf("flower %d: PredTarget %q, most probable %q", i, f.PredTarget, classes[best])
		}
		if f.PredTarget == f.Species {
			right++
		}
	}
	if right != 146 {
		t.Errorf("the reference model is right on %d flowers, want 146", right)
	}
}

func TestFlowersBelongToTheCaller(t *testing.T) {
	Flowers()[0].Species = "rose"
	if got := Flowers()[0].Species; got != "setosa" {
		t.Errorf("a caller's change shows in the next call: %q", got)
	}
}

func TestRead(t *testing.T) {
	flower, point := strings.Join(flowerHeader, ","), strings.Join(pointHeader, ",")
	for name, tc := range map[string]struct {
		csv  string
		want []Flower
		err  string
	}{
		"flowers": {
			csv:  flower + "\n1,2,3,4,setosa,test,virginica,0.1,0.2,0.7\n",
			want: []Flower{{[4]float64{1, 2, 3, 4}, "setosa", false, "virginica", [3]float64{0.1, 0.2, 0.7}}},
		},
		"points without species and split": {
			csv:  point + "\n1,2,3,4,virginica,0.1,0.2,0.7\n",
			want: []Flower{{[4]float64{1, 2, 3, 4}, "", false, "virginica", [3]float64{0.1, 0.2, 0.7}}},
		},
		"header alone":   {csv: flower + "\n"},
		"empty":          {csv: "", err: "read header: EOF"},
		"other header":   {csv: "a,b\n1,2\n", err: `header is ["a" "b"], want`},
		"columns moved":  {csv: strings.Replace(flower, "sepal_length,sepal_width", "sepal_width,sepal_length", 1) + "\n", err: "header is"},
		"short row":      {csv: flower + "\n1,2,3\n", err: "record on line 2: wrong number of fields"},
		"not a number":   {csv: point + "\n1,2,x,4,virginica,0.1,0.2,0.7\n", err: `line 2: petal_length: strconv.ParseFloat: parsing "x"`},
		"neither split":  {csv: flower + "\n1,2,3,4,setosa,valid,setosa,1,0,0\n", err: `line 2: split: split is "valid", want train or test`},
		"bad last value": {csv: point + "\n1,2,3,4,setosa,1,0,0\n1,2,3,4,setosa,1,0,\n", err: "line 3: p_virginica"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(strings.NewReader(tc.csv))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("error %v, want one with %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
