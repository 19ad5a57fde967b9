package enricher_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
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
	failByNewer(t, s, id, version)
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
	wantFailureOfNewer(t, s, id)
	if n := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); n > 0 { // which would be refused
		t.Errorf("%d attempts to mark an item that is marked", n)
	}
}

var failureOfNewer = item.Failure{Code: item.RetriesExhausted, Reason: "throttled", FailedAt: "later"}

// failByNewer writes a prediction of a version, and lets a newer version mark the item as failed.
func failByNewer(t *testing.T, s *stacktest.Stack, id, version string) {
	p := item.Prediction{Target: "another", Probability: 1, ModelVersion: version, ClassifiedAt: "then"}
	if err := errors.Join(s.Table.WritePrediction(t.Context(), id, p), s.Table.MarkFailed(t.Context(), id, "9999-01-01.01", failureOfNewer)); err != nil {
		t.Error(err)
	}
}

func wantFailureOfNewer(t *testing.T, s *stacktest.Stack, id string) {
	t.Helper()
	if got := get(t, s, id); got.Failure == nil || *got.Failure != failureOfNewer {
		t.Errorf("the failure is %v, want that of the newer model", got.Failure)
	}
}

// Its own mark is refused because of the prediction, which does not mean that the item is done. This may be the dead letter
// of the newer enricher, which was moved back. (Seed 698 of the simulation's record.)
func TestAnOlderEnricherThatCanNotReadAnItemAtTheLastReceiveKeepsTheMessage(t *testing.T) {
	for name, do := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"it was left unprocessed": answers(200, unprocessedKeys),
		"it was throttled":        throttles,
	} {
		for last, attributes := range map[string]func() map[string]string{
			"by its receives": func() map[string]string { return map[string]string{"ApproximateReceiveCount": "5"} },
			"by its age": func() map[string]string { // of 96 hours
				return map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-95 * time.Hour).UnixMilli())}
			},
		} {
			t.Run(name+", the last "+last, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: do}).disturb, t.Output())
					id := store(t, s, example)
					failByNewer(t, s, id, embedded(t).Version())
					event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(id), Attributes: attributes()}}}
					if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
						t.Errorf("%v; given back %v", err, out.BatchItemFailures)
					}
					_, why := deadLetter(t, s)
					if why["failure_code"] != item.RetriesExhausted || why["failure_reason"] != "a newer model could not classify the item" || why["failed_at"] == "" {
						t.Errorf("the dead letter says %v", why)
					}
					wantFailureOfNewer(t, s, id)
				})
			})
		}
	}
}

// Others have classified the item and marked it as failed since it was read.
func TestAWriteThatIsRefusedSaysIfANewerModelCouldNotClassifyTheItem(t *testing.T) {
	for name, n := range map[string]int{"alone": 1, "together with another": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *stacktest.Stack
				id := sample.Nth(0).ID()
				read := &fault{operation: "DynamoDB.BatchGetItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					response, err := next.RoundTrip(r)
					failByNewer(t, s, id, embedded(t).Version())
					return response, err
				}}
				s = stacktest.Build(t, nil, read.disturb, t.Output())
				_, event := storedIDs(t, s, 0, n)
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "0" {
					t.Errorf("%v; given back %v, want the first message", err, out.BatchItemFailures)
				}
				wantFailureOfNewer(t, s, id)
			})
		})
	}
}

// docs/metrics.md: codes says how many of ItemsFailed have each failure_code.
func TestTheLineCountsTheCodeThatTheDeadLetterHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *stacktest.Stack
		var ids []string
		s = stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			failByNewer(t, s, ids[0], embedded(t).Version()) // since the item was read
			return next.RoundTrip(r)
		}}).disturb, t.Output())
		var log bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&log, slog.LevelError+1))
		if err != nil {
			t.Fatal(err)
		}
		var event events.SQSEvent
		ids, event = unusable(t, s, 1)
		event.Records[0].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		if _, err := h.Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		_, why := deadLetter(t, s)
		if !strings.Contains(log.String(), `"codes":{"`+why["failure_code"]+`":1}`) {
			t.Errorf("the dead letter has the code %s, and the line is %s", why["failure_code"], log.String())
		}
	})
}
