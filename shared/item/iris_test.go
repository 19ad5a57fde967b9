package item_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simple-sam-demo/shared/item"
)

func ExampleParseMeasurements() {
	m, err := item.ParseMeasurements([]byte(`{"sepal_length": "5.10", "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}`))
	fmt.Println(m, err)
	fmt.Println(m.ID()) // the same for 5.1 and for "5.10"
	// Output:
	// [5.1 3.5 1.4 0.2] <nil>
	// 7a28b976958cde0e54a2c90da2b25da4
}

func ExampleParseMeasurements_faults() {
	_, err := item.ParseMeasurements([]byte(`{"sepal_length": "long", "sepal_width": -3.5, "petal_length": 1.4, "colour": "blue"}`))
	for _, fault := range err.(item.Faults) {
		fmt.Println(fault)
	}
	// Output:
	// can't parse sepal_length to float.
	// sepal_width must be over 0 and at most 100 cm.
	// missing key petal_width in body.
	// unknown key colour in body.
}

func TestTheIDOfAFlowerStaysTheSame(t *testing.T) {
	// printf 5.1,3.5,1.4,0.2 | sha256sum | cut -c 1-32
	const want = "7a28b976958cde0e54a2c90da2b25da4"
	if got := (item.Measurements{5.1, 3.5, 1.4, 0.2}).ID(); got != want {
		t.Errorf("ID() = %s, want %s: stored items would be lost under another id", got, want)
	}
}

func TestFlowersWhoseNumbersRunTogetherAlikeAreDifferentItems(t *testing.T) {
	for _, pair := range [][2]item.Measurements{{{1.1, 1, 2, 3}, {1, .11, 2, 3}}, {{1, 11, 2, 3}, {11, 1, 2, 3}}} {
		if pair[0].ID() == pair[1].ID() {
			t.Errorf("%v and %v have the same id %s", pair[0], pair[1], pair[0].ID())
		}
	}
}

// What the API has answered from its first version on.
func TestAFaultyFlowerIsRefusedInTheseWords(t *testing.T) {
	with := func(petalWidth string) string {
		return `{"sepal_length":5.1,"sepal_width":"3.5","petal_length":1.4,"petal_width":` + petalWidth + `}`
	}
	const (
		unparsable = "can't parse petal_width to float."
		outOfRange = "petal_width must be over 0 and at most 100 cm."
	)
	for body, want := range map[string]string{
		`{"sepal_length":1,"sepal_width":1,"petal_length":1}`: "missing key petal_width in body.",
		"{}":                             "missing key sepal_length in body. missing key sepal_width in body. missing key petal_length in body. missing key petal_width in body.",
		with(`"abc"`):                    unparsable,
		with("null"):                     unparsable,
		with(`"1_0"`):                    unparsable,
		with("[]"):                       unparsable,
		with(`"nan"`):                    unparsable,
		with("0"):                        outOfRange,
		with(`"-0"`):                     outOfRange,
		with("-1"):                       outOfRange,
		with("100.00001"):                outOfRange,
		with("1e-131"):                   outOfRange,
		with(`1,"note":"x"`):             "unknown key note in body.",
		with(`1,"pred_target":"setosa"`): "unknown key pred_target in body.",
		with(`1,"petal_width":1`):        "duplicate key petal_width in body.",
		`{"sepal_length":1,"sepal_width":1,"petal_width":"abc"}`: "missing key petal_length in body. can't parse petal_width to float.",
	} {
		_, err := item.ParseMeasurements([]byte(body))
		if err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", body, err, want)
		}
	}
}

func TestAFlowerIsShownAsFlatObject(t *testing.T) {
	shown := item.Item{ID: "i", Measurements: item.Measurements{5.1, 3.5, 1.4, math.NaN()}, CreatedAt: "2026-11-23T10:00:00.000Z",
		Prediction: &item.Prediction{Target: "setosa", Probability: 0.97, ModelVersion: "v", ClassifiedAt: "c"}}
	const want = `{"id":"i","sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":null,"created_at":"2026-11-23T10:00:00.000Z",` +
		`"status":"CLASSIFIED","pred_target":"setosa","pred_probability":0.97,"model_version":"v","classified_at":"c"}`
	got, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

// A struct of the same fields is written by encoding/json alone.
func TestAFlowerIsShownAsEncodingJSONWouldShowAStruct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var shown item.Item
		shown.ID = rapid.String().Draw(t, "id")
		shown.CreatedAt = rapid.String().Draw(t, "created_at")
		if rapid.Bool().Draw(t, "classified") {
			shown.Prediction = &item.Prediction{Target: rapid.String().Draw(t, "target"), Probability: 0.1}
		}
		if rapid.Bool().Draw(t, "failed") {
			shown.Failure = &item.Failure{Code: "InvalidItem", Reason: rapid.String().Draw(t, "reason")}
		}
		var numbers [4]*float64
		for i := range shown.Measurements {
			shown.Measurements[i] = rapid.Float64().Draw(t, "number")
			numbers[i] = &shown.Measurements[i]
		}
		want, err := json.Marshal(struct {
			ID          string      `json:"id"`
			SepalLength *float64    `json:"sepal_length"`
			SepalWidth  *float64    `json:"sepal_width"`
			PetalLength *float64    `json:"petal_length"`
			PetalWidth  *float64    `json:"petal_width"`
			CreatedAt   string      `json:"created_at"`
			Status      item.Status `json:"status"`
			*item.Prediction
			*item.Failure
		}{shown.ID, numbers[0], numbers[1], numbers[2], numbers[3], shown.CreatedAt, shown.Status(), shown.Prediction, shown.Failure})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(shown)
		if err != nil || string(got) != string(want) {
			t.Fatalf("shown as\n%s, %v; want\n%s", got, err, want)
		}
	})
}
