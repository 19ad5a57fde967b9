package events_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/item"
)

// sentences joins sentences, and leaves out those that are empty.
func sentences(all ...string) string {
	return strings.Join(strings.FieldsFunc(strings.Join(all, "\n"), func(r rune) bool { return r == '\n' }), " ")
}

// The API answers with these sentences. They are empty for a feature that the item does not have: the event
// has no such fault then.

func missing(feature int) string { return sentenceOf(feature, "missing key %s in body.") }

func noNumber(feature int) string { return sentenceOf(feature, "can't parse %s to float.") }

func sentenceOf(feature int, format string) string {
	if feature >= len(item.Features) {
		return ""
	}
	return fmt.Sprintf(format, item.Features[feature].Name)
}

// outside is the sentence for the second feature, or for the only one.
func outside() string {
	f := item.Features[min(1, len(item.Features)-1)]
	from := "at least"
	if f.OverMin {
		from = "over"
	}
	return strings.TrimSpace(fmt.Sprintf("%s must be %s %v and at most %v %s", f.Name, from, f.Min, f.Max, f.Unit)) + "."
}

// shown returns an item that is not classified yet, as the API shows it.
func shown(m item.Measurements) string {
	members := []string{`"id":"` + m.ID() + `"`}
	for i, feature := range item.Features {
		number, err := json.Marshal(m[i])
		if err != nil {
			panic(err)
		}
		members = append(members, `"`+feature.Name+`":`+string(number))
	}
	members = append(members, `"created_at":"(time)"`, `"status":"PENDING"`)
	return "{" + strings.Join(members, ",") + "}"
}

// items returns a map of the items, by id.
func items(all ...map[string]string) map[string]map[string]string {
	byID := map[string]map[string]string{}
	for _, stored := range all {
		byID[stored["id"]] = stored
	}
	return byID
}

// pending returns an item as it is in the table before it is classified.
func pending(m item.Measurements) map[string]string {
	stored := map[string]string{"id": m.ID(), "created_at": "(time)"}
	for i, feature := range item.Features {
		stored[feature.Name] = "N " + strconv.FormatFloat(m[i], 'f', -1, 64)
	}
	return stored
}

// enqueued returns an item's message in EnrichQueue.
func enqueued(m item.Measurements) map[string]string {
	return map[string]string{"body": `{"id":"` + m.ID() + `"}`, "AWSTraceHeader": trace}
}

// classified returns an item as it is in the table with the embedded model's prediction.
func classified(t *testing.T, m item.Measurements) map[string]string {
	t.Helper()
	model := embedded(t)
	target, probability := model.Predict(m)
	stored := pending(m)
	stored["pred_target"] = target
	stored["pred_probability"] = fmt.Sprintf("N %v", probability)
	stored["model_version"] = model.Version()
	stored["classified_at"] = "(time)"
	return stored
}

// counts returns an invocation's metrics, with how many of the items the embedded model puts into each class.
func counts(t *testing.T, metrics map[string]float64, all ...item.Measurements) map[string]float64 {
	t.Helper()
	model, counted := embedded(t), maps.Clone(metrics)
	for _, m := range all {
		class, _ := model.Predict(m)
		counted["classes."+class]++
	}
	return counted
}

func embedded(t *testing.T) *classifier.Model {
	t.Helper()
	model, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return model
}
