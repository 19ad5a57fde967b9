package enricher_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

const batchWrite = "DynamoDB.BatchExecuteStatement"

// answersStatements lets DynamoDB answer the statements that name one of the ids with an
// error, and run the others.
func answersStatements(code string, ids ...string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		return stacktest.Statements(r, next, func(statement string) string {
			if slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(statement, id) }) {
				return code
			}
			return ""
		})
	}
}

// storedIDs stores n items, from a number on, and returns their ids, and an event with their keys.
func storedIDs(t *testing.T, s *stacktest.Stack, from, n int) (ids []string, event events.SQSEvent) {
	t.Helper()
	for i := range n {
		id := store(t, s, sample.Nth(from+i))
		ids = append(ids, id)
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i), Body: message(id)})
	}
	return ids, event
}

func wantAll(t *testing.T, s *stacktest.Stack, ids []string, want item.Status) {
	t.Helper()
	for i, id := range ids {
		if got := get(t, s, id); got.Status() != want || got.Failure != nil && want == item.Classified {
			t.Errorf("item %d is %s with failure %v, want %s", i, got.Status(), got.Failure, want)
		}
	}
}

// A DynamoDB that takes no batches, or not these statements, costs time and loses nothing.
func TestWhatDynamoDBDoesNotTakeInABatchIsWrittenAlone(t *testing.T) {
	some := []string{sample.Nth(0).ID(), sample.Nth(24).ID(), sample.Nth(29).ID()}
	for name, do := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"the statements are not valid":    answersStatements("ValidationError", some...),
		"the statements are not allowed":  answersStatements("AccessDenied", some...),
		"an error that is not documented": answersStatements("Whatever", some...),
		"an INSERT's error":               answersStatements("DuplicateItem", some...),
		"answers are left out":            answersStatements(stacktest.Ignored, some...),
		"the calls are not valid":         answers(400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"arn:aws:secret"}`),
		"the calls are not allowed":       answers(400, `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"arn:aws:secret"}`),
		"the calls are not known":         answers(400, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`),
		"the calls are answered {}":       answers(200, `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: do}).disturb, t.Output())
				h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"),
					slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
				if err != nil {
					t.Fatal(err)
				}
				for from := range 2 {
					ids, event := storedIDs(t, s, from*30, 30)
					if out, err := h.Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
						t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
					}
					wantAll(t, s, ids, item.Classified)
				}
				if n := strings.Count(log.String(), "as DynamoDB refuses them in batches"); n != 1 {
					t.Errorf("said %d times that batches are refused, want once:\n%s", n, log.String())
				}
			})
		})
	}
}

func TestStatementsThatAreThrottledAreTriedAgainInTheSameInvocation(t *testing.T) {
	for _, code := range []string{"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "TransactionConflict", "InternalServerError"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				throttled := sample.Nth(3).ID()
				f := &fault{operation: batchWrite, do: answersStatements(code, throttled), limit: 2}
				s := stacktest.Build(t, nil, f.disturb, t.Output())
				ids, event := storedIDs(t, s, 0, 10)
				if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
					t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
				}
				wantAll(t, s, ids, item.Classified)
				if n := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); n != 0 {
					t.Errorf("%d items were written alone", n)
				}
			})
		})
	}
}

func TestAStatementThatStaysThrottledIsRetriedAndItsNeighboursAreDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttled := sample.Nth(3).ID()
		s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: answersStatements("ThrottlingError", throttled)}).disturb, t.Output())
		ids, event := storedIDs(t, s, 0, 10)
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "3" {
			t.Errorf("%v; given back %v, want 3", err, out.BatchItemFailures)
		}
		wantAll(t, s, slices.Delete(ids, 3, 4), item.Classified)
	})
}

// What fails as a whole may do so because of one item: the second time each is written alone.
func TestABatchThatFailsIsRetriedItemByItem(t *testing.T) {
	for name, do := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"throttled": throttles, "5xx": answers(500, `{}`), "hanging": hangs, "nobody answers": answers(200, ""), "garbage": answers(200, "<html>"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, (&fault{operation: batchWrite, do: do}).disturb)
				var ids, bodies []string
				for i := range 10 {
					ids = append(ids, store(t, s, sample.Nth(i)))
					bodies = append(bodies, message(ids[i]))
				}
				s.Send(t, bodies...)
				stacktest.Wait(10 * time.Second)
				wantAll(t, s, ids, item.Classified)
				s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
			})
		})
	}
}

func TestABatchWhoseAnswerIsLostIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: losesTheAnswer, limit: 1}).disturb, t.Output())
		ids, event := storedIDs(t, s, 0, 10)
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
		}
		wantAll(t, s, ids, item.Classified)
		if n := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); n != 0 {
			t.Errorf("%d items were written again", n)
		}
	})
}

// An item that changes between being read and being written is not overwritten blindly.
func TestAnItemThatChangedSinceItWasReadIsDecidedAlone(t *testing.T) {
	newer := item.Prediction{Target: "newer", Probability: 1, ModelVersion: "2999-01-01.01", ClassifiedAt: "then"}
	older := item.Prediction{Target: "older", Probability: 1, ModelVersion: "2001-01-01.01", ClassifiedAt: "then"}
	changed := sample.Nth(3).ID()
	for name, test := range map[string]struct {
		change    func(*testing.T, *stacktest.Stack) error
		target    string
		givenBack int
	}{
		"classified by a newer model": {func(t *testing.T, s *stacktest.Stack) error {
			return s.Table.WritePrediction(t.Context(), changed, newer)
		}, "newer", 0},
		"classified by an older one": {func(t *testing.T, s *stacktest.Stack) error {
			return s.Table.WritePrediction(t.Context(), changed, older)
		}, classOf(t, sample.Nth(3)), 0},
		"failed": {func(t *testing.T, s *stacktest.Stack) error {
			return s.Table.MarkFailed(t.Context(), changed, "2001-01-01.01", item.Failure{Code: "RetriesExhausted"})
		}, classOf(t, sample.Nth(3)), 0},
		"deleted": {func(t *testing.T, s *stacktest.Stack) error {
			_, err := s.DynamoDB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
				TableName: aws.String(s.Ref(s.Names.Table)), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: changed}},
			})
			return err
		}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *stacktest.Stack
				s = stacktest.Build(t, nil, (&fault{operation: batchWrite, do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if err := test.change(t, s); err != nil {
						t.Error(err)
					}
					return next.RoundTrip(r)
				}}).disturb, t.Output())
				ids, event := storedIDs(t, s, 0, 10)
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) != test.givenBack {
					t.Errorf("%v; given back %v, want %d", err, out.BatchItemFailures, test.givenBack)
				}
				wantAll(t, s, slices.DeleteFunc(ids, func(id string) bool { return id == changed && test.target == "" }), item.Classified)
				if test.target == "" {
					return
				}
				if got := get(t, s, changed).Prediction.Target; got != test.target {
					t.Errorf("the changed item is classified as %s, want %s", got, test.target)
				}
			})
		})
	}
}

func TestWhatIsNotNewIsWrittenAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statements := 0
		s := stacktest.Build(t, nil, (&fault{operation: batchWrite, do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			return stacktest.Statements(r, next, func(string) string {
				statements++
				return ""
			})
		}}).disturb, t.Output())
		ids, event := storedIDs(t, s, 0, 10)
		older := item.Prediction{Target: "older", Probability: 1, ModelVersion: "2001-01-01.01", ClassifiedAt: "then"}
		if err := s.Table.WritePrediction(t.Context(), ids[0], older); err != nil {
			t.Fatal(err)
		}
		if err := s.Table.MarkFailed(t.Context(), ids[1], "2001-01-01.01", item.Failure{Code: "RetriesExhausted"}); err != nil {
			t.Fatal(err)
		}
		event.Records[2].Attributes = map[string]string{"ApproximateReceiveCount": "2"}
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; %d messages given back", err, len(out.BatchItemFailures))
		}
		wantAll(t, s, ids, item.Classified)
		if alone, calls := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"), s.Calls("EnricherFunction", batchWrite); alone != 3 || calls != 1 || statements != 7 {
			t.Errorf("%d items were written alone, and %d by %d calls, want 3, and 7 by 1", alone, statements, calls)
		}
	})
}

// Found by the simulation: while other writes hung, a message became old enough to be dropped,
// and its item was stored.
func TestAnItemThatIsStoredWhileOthersAreWrittenKeepsItsMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: hangs}).disturb, t.Output())
		hanging, late := sample.Nth(0), sample.Nth(1)
		var event events.SQSEvent
		for i, m := range []item.Measurements{hanging, late} {
			sent := map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-18 * time.Second).UnixMilli())} // dropped from 20 s on
			event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i), Body: message(m.ID()), Attributes: sent})
		}
		go func() {
			time.Sleep(150 * time.Millisecond) // seen at the last of the reads
			store(t, s, hanging)
			time.Sleep(time.Second)
			store(t, s, late)
		}()
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != 2 {
			t.Errorf("%v; given back %v, want both", err, out.BatchItemFailures)
		}
	})
}

// A table that throttles gets no more calls than it must.
func TestItemsThatComeAgainAndFailAreWrittenOnceAndAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: answers(400, `{"__type":"x#AccessDeniedException"}`)}).disturb, t.Output())
		_, event := storedIDs(t, s, 0, 200)
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "2"}
		}
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) != 200 {
			t.Errorf("%v; %d messages given back, want 200", err, len(out.BatchItemFailures))
		}
		if alone, calls := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"), s.Calls("EnricherFunction", batchWrite); alone != 200 || calls != 0 {
			t.Errorf("%d items were written alone, and there were %d calls for several; want 200 and none", alone, calls)
		}
	})
}

func TestAnItemThatHangsAgainHarmsNoOthersThatComeAgain(t *testing.T) {
	for _, n := range []int{0, 50, 99} {
		synctest.Test(t, func(t *testing.T) {
			hanging := sample.Nth(n).ID()
			s := stacktest.Build(t, nil, func(function, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
				if operation == batchWrite || operation == "DynamoDB.UpdateItem" {
					if strings.Contains(body(t, r), hanging) {
						return hangs(r, next)
					}
				}
				return next.RoundTrip(r)
			}, t.Output())
			ids, event := storedIDs(t, s, 0, 100)
			for i := range event.Records {
				event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "2"}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			out, err := newHandler(t, s).Handle(ctx, event)
			if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != fmt.Sprint(n) {
				t.Errorf("%v; given back %v, want %d", err, out.BatchItemFailures, n)
			}
			wantAll(t, s, slices.Delete(ids, n, n+1), item.Classified)
		})
	}
}

// Their writes take longer than an invocation lasts.
func TestItemsThatComeAgainAndHangDoNotKeepNewOnesFromBeingWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: hangs}).disturb, t.Output())
		_, again := storedIDs(t, s, 50, 300)
		for i := range again.Records {
			again.Records[i].MessageId = fmt.Sprint("again ", i)
			again.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "2"}
		}
		ids, event := storedIDs(t, s, 0, 50)
		event.Records = append(again.Records, event.Records...)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if out, err := newHandler(t, s).Handle(ctx, event); err != nil || len(out.BatchItemFailures) != 300 {
			t.Errorf("%v; %d messages given back, want 300", err, len(out.BatchItemFailures))
		}
		wantAll(t, s, ids, item.Classified)
	})
}

// An item that somebody deletes between its read and its write is missing, like one that was not stored yet: the age
// of its message decides.
func TestAnItemThatIsDeletedMeanwhileIsMissing(t *testing.T) {
	for age, givenBack := range map[time.Duration]int{5 * time.Second: 1, 20 * time.Second: 0} { // the writer's 10 s, and 10 s more
		t.Run(age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *stacktest.Stack
				s = stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					_, err := s.DynamoDB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
						TableName: aws.String(s.Ref(s.Names.Table)), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: example.ID()}},
					})
					if err != nil {
						t.Error(err)
					}
					return next.RoundTrip(r)
				}}).disturb, t.Output())
				sent := map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-age).UnixMilli())}
				event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(store(t, s, example)), Attributes: sent}}}
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) != givenBack {
					t.Errorf("%v; given back %v, want %d", err, out.BatchItemFailures, givenBack)
				}
				s.WantEmpty(t, "EnrichDeadLetterQueue")
			})
		})
	}
}
