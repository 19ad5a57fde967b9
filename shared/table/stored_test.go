package table_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/shared/item"
)

// Somebody may write to the table by hand. What can't be read does not hide the rest, and nothing is made up.
func TestAnItemIsReadAsFarAsItIsReadable(t *testing.T) {
	const prediction = `"model_version":{"S":"2026-11-23.01"},"pred_target":{"S":"a"},"classified_at":{"S":"then"}`
	var nothing item.Measurements
	for i := range nothing {
		nothing[i] = math.NaN()
	}
	first := nothing
	first[0] = 5.5
	for name, test := range map[string]struct {
		attributes string
		want       item.Item
	}{
		"nothing but an id": {`"id":{"S":"1"}`, item.Item{ID: "1", Measurements: nothing}},
		"an id that is no text": {`"id":{"N":"1"},"created_at":{"S":"then"}`,
			item.Item{CreatedAt: "then", Measurements: nothing}},
		"a measurement":                {`"` + item.Features[0].Name + `":{"N":"5.5"}`, item.Item{Measurements: first}},
		"a measurement that is text":   {`"` + item.Features[0].Name + `":{"S":"5.5"}`, item.Item{Measurements: nothing}},
		"a number that cannot be read": {`"` + item.Features[0].Name + `":{"N":"five"}`, item.Item{Measurements: nothing}},
		"a prediction": {prediction + `,"pred_probability":{"N":"0.9"}`,
			item.Item{Measurements: nothing, Prediction: &item.Prediction{Target: "a", Probability: 0.9, ModelVersion: "2026-11-23.01", ClassifiedAt: "then"}}},
		"a prediction without a probability": {prediction,
			item.Item{Measurements: nothing, Prediction: &item.Prediction{Target: "a", ModelVersion: "2026-11-23.01", ClassifiedAt: "then"}}},
		"the last possible version": {`"model_version":{"S":"9999-12-31.99"},"pred_target":{"S":"a"}`,
			item.Item{Measurements: nothing, Prediction: &item.Prediction{Target: "a", ModelVersion: "9999-12-31.99"}}},
		"a text behind the last possible version": {`"model_version":{"S":"9999-12-31.990"},"pred_target":{"S":"a"}`,
			item.Item{Measurements: nothing}},
		"an empty version":             {`"model_version":{"S":""},"pred_target":{"S":"a"}`, item.Item{Measurements: nothing}},
		"a prediction without a class": {`"model_version":{"S":"2026-11-23.01"}`, item.Item{Measurements: nothing}},
		"a failure": {`"failure_code":{"S":"InvalidItem"},"failure_reason":{"S":"why"},"failed_at":{"S":"then"}`,
			item.Item{Measurements: nothing, Failure: &item.Failure{Code: "InvalidItem", Reason: "why", FailedAt: "then"}}},
		"a failure whose code is no text": {`"failure_code":{"N":"1"}`,
			item.Item{Measurements: nothing, Failure: &item.Failure{}}},
	} {
		t.Run(name, func(t *testing.T) {
			items, _ := answering(200, `{"Item":{`+test.attributes+`}}`)
			got, err := items.Get(t.Context(), "1")
			if diff := cmp.Diff(test.want, got, cmpopts.EquateNaNs()); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
