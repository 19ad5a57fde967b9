package sample_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

func TestTheItemsAreValidAndDifferent(t *testing.T) {
	seen := map[item.Measurements]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 1000 {
		for _, m := range []item.Measurements{sample.Nth(n), sample.Nth(sample.Different - 1 - n), sample.Random(random)} {
			if err := m.Validate(); err != nil || seen[m] {
				t.Errorf("%v: %v; seen before: %v", m, err, seen[m])
			}
			seen[m] = true
		}
	}
}

func TestTheItemsAreOfSeveralClasses(t *testing.T) {
	model, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]bool{}
	for n := range 1000 {
		class, _ := model.Predict(sample.Nth(n))
		classes[class] = true
	}
	if len(classes) < 2 {
		t.Errorf("a thousand items are all of the class %v", classes)
	}
}

func TestAnItemIsReadAsItWasInEachForm(t *testing.T) {
	for n := range 100 {
		m := sample.Nth(n)
		for _, body := range []string{sample.Object(m), sample.Texts(m), sample.Otherwise(m)} {
			if got, err := item.ParseMeasurements([]byte(body)); err != nil || got != m {
				t.Errorf("%s is read as %v, %v; want %v", body, got, err, m)
			}
		}
	}
}

func TestTheFaultyObjectHasTheFaults(t *testing.T) {
	object, want := sample.Faulty()
	_, err := item.ParseMeasurements([]byte(object))
	if diff := cmp.Diff(error(want), err); len(want) == 0 || diff != "" {
		t.Errorf("faults of %s (-want +got):\n%s", object, diff)
	}
}

func TestNumbersOutOfRangeAreThoseThatDynamoDBCanStore(t *testing.T) {
	for _, f := range []item.Feature{{Max: 1}, {Max: 1e100}, {Min: -1e100, Max: -1e99}, {Min: -40, Max: 60}, {Min: 1e-130, Max: 1e-129}} {
		for _, number := range []float64{sample.Below(f), sample.Above(f)} {
			if size := math.Abs(number); f.Valid(number) || size != 0 && size < 1e-130 || size > 1e125 {
				t.Errorf("of the range from %g to %g: %g is in it, or cannot be stored", f.Min, f.Max, number)
			}
		}
	}
}
