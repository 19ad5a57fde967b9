package enricher_test

import (
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// While a new model is rolled out, execution environments with the old one still run. The item has the prediction of the
// enricher's own version, or of one between the two.
func TestAnItemThatANewerModelCouldNotClassifyIsNotDoneForAnOlderOne(t *testing.T) {
	for _, version := range []string{embedded(t).Version(), "5000-01-01.01"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { wantLetterOfNewerModel(t, version) })
		})
	}
}

// wantLetterOfNewerModel redrives an item with a prediction of a version, which a newer one has marked as failed.
func wantLetterOfNewerModel(t *testing.T, version string) {
	s := stacktest.Start(t, nil, nil)
	id := store(t, s, example)
	p := item.Prediction{Target: "another", Probability: 1, ModelVersion: version, ClassifiedAt: "then"}
	if err := s.Table.WritePrediction(t.Context(), id, p); err != nil {
		t.Fatal(err)
	}
	failure := item.Failure{Code: item.RetriesExhausted, Reason: "throttled", FailedAt: "later"}
	if err := s.Table.MarkFailed(t.Context(), id, "9999-01-01.01", failure); err != nil {
		t.Fatal(err)
	}
	s.Send(t, message(id))
	stacktest.Wait(time.Minute)
	if backlog := s.Backlog(t, "EnrichQueue"); backlog.Total() != 1 {
		t.Errorf("%+v, want the message, for an enricher with the newer model", backlog)
	}
	stacktest.Wait(time.Hour)
	letters := s.DeadLetters(t)
	if len(letters) != 1 || *letters[0].MessageAttributes["failure_code"].StringValue != item.RetriesExhausted {
		t.Errorf("dead letters %v, want one with its reason", letters)
	}
	if got := get(t, s, id); got.Failure == nil || *got.Failure != failure {
		t.Errorf("the failure is %v, want that of the newer model", got.Failure)
	}
}
