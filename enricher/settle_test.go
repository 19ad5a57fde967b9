package enricher_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// unusable is a batch of messages for n items whose measurements are not valid, each at its first receive.
func unusable(t *testing.T, s *stacktest.Stack, n int) (ids []string, event events.SQSEvent) {
	t.Helper()
	ids, event = storedIDs(t, s, 0, n)
	for _, id := range ids {
		_, err := s.DynamoDB.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String(s.Ref(s.Names.Table)), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: id}},
			UpdateExpression: aws.String("REMOVE #feature"), ExpressionAttributeNames: map[string]string{"#feature": spoiledFeature.Name},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return ids, event
}

func TestAMarkThatFailsHarmsNoOther(t *testing.T) {
	for name, fails := range map[string]func(*http.Request, http.RoundTripper) (*http.Response, error){
		"throttled":       throttles,
		"refused":         answers(400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}`),
		"an error of AWS": answers(500, `{}`),
		"a lost answer":   losesTheAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				poison := ""
				s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if strings.Contains(body(t, r), poison) {
						return fails(r, next)
					}
					return next.RoundTrip(r)
				}}).disturb, t.Output())
				ids, event := unusable(t, s, 30)
				poison = ids[0] // its mark is among the first ten
				out, err := newHandler(t, s).Handle(t.Context(), event)
				if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "0" {
					t.Errorf("%v; given back %v, want the message whose mark failed", err, out.BatchItemFailures)
				}
				for _, id := range ids[1:] {
					if got := get(t, s, id); got.Failure == nil || got.Failure.Code != "InvalidItem" {
						t.Errorf("%s has the failure %+v", id, got.Failure)
					}
				}
				if letters := s.Backlog(t, "EnrichDeadLetterQueue").Visible; letters != 29 {
					t.Errorf("%d dead letters, want 29", letters)
				}
			})
		})
	}
}

// Ten marks are under way when the first one gets no answer, with three attempts each. The others are not tried. A
// message is dead-lettered without a mark only if it was received for the last time.
func TestAfterAMarkThatHangsNoOthersBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: hangs}).disturb, t.Output())
		_, event := unusable(t, s, 14)
		event.Records[12].Attributes = map[string]string{"ApproximateReceiveCount": "4"}
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if n := s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); err != nil || n != 30 || len(out.BatchItemFailures) != 14 {
			t.Errorf("%v; %d attempts to mark, and %d messages given back, want 30 and 14", err, n, len(out.BatchItemFailures))
		}
		s.WantEmpty(t, "EnrichDeadLetterQueue")
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "5"}
		}
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("at the last receive: %v; given back %v", err, out.BatchItemFailures)
		}
		letters := s.DeadLetters(t)
		letters = append(letters, s.DeadLetters(t)...)
		for _, letter := range letters {
			if code := aws.ToString(letter.MessageAttributes["failure_code"].StringValue); code != "InvalidItem" || letter.MessageAttributes["failed_at"].StringValue == nil {
				t.Errorf("a dead letter says %q", code)
			}
		}
	})
}

// A message whose item was deleted has nothing to be marked, and people still have to see it.
func TestAnUnusableItemThatIsDeletedMeanwhileIsDeadLettered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *stacktest.Stack
		var ids []string
		s = stacktest.Build(t, nil, (&fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			_, err := s.DynamoDB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
				TableName: aws.String(s.Ref(s.Names.Table)), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: ids[0]}},
			})
			if err != nil {
				t.Error(err)
			}
			return next.RoundTrip(r)
		}}).disturb, t.Output())
		var event events.SQSEvent
		ids, event = unusable(t, s, 1)
		out, err := newHandler(t, s).Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; given back %v", err, out.BatchItemFailures)
		}
		if _, why := deadLetter(t, s); why["failure_code"] != "InvalidItem" {
			t.Errorf("the dead letter says %v", why)
		}
	})
}

// The writer may be slower than the last read. An item that is stored then is marked like any other: nobody else would
// ever look at it.
func TestAnItemThatIsStoredAfterTheLastReadOfItsLastReceiveIsMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *stacktest.Stack
		reads := &fault{operation: "DynamoDB.BatchGetItem"}
		reads.do = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if reads.calls.Load() == 4 {
				store(t, s, sample.Nth(1))
			}
			return response, err
		}
		s = stacktest.Build(t, nil, reads.disturb, t.Output())
		event := events.SQSEvent{Records: []events.SQSMessage{{
			MessageId: "m", ReceiptHandle: "h", Body: message(sample.Nth(1).ID()), Attributes: map[string]string{"ApproximateReceiveCount": "5"},
		}}}
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; given back %v", err, out.BatchItemFailures)
		}
		_, why := deadLetter(t, s)
		if got := get(t, s, sample.Nth(1).ID()); got.Failure == nil || got.Failure.Reason != "item not found" || why["failure_reason"] != "item not found" {
			t.Errorf("the item is %s with failure %+v, and its dead letter says %v", got.Status(), got.Failure, why)
		}
	})
}

// If the item turns out to be classified, no message of it has anything left to do.
func TestAnItemThatIsClassifiedMeanwhileSettlesAllOfItsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: throttles}).disturb, t.Output())
		id := store(t, s, sample.Nth(1))
		newer := item.Prediction{Target: "newer", Probability: 1, ModelVersion: "2999-01-01.01", ClassifiedAt: "then"}
		if err := s.Table.WritePrediction(t.Context(), id, newer); err != nil {
			t.Fatal(err)
		}
		var event events.SQSEvent
		for i, count := range []string{"5", "1", "4"} {
			event.Records = append(event.Records, events.SQSMessage{
				MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i), Body: message(id), Attributes: map[string]string{"ApproximateReceiveCount": count},
			})
		}
		if out, err := newHandler(t, s).Handle(t.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%v; given back %v", err, out.BatchItemFailures)
		}
		s.WantEmpty(t, "EnrichDeadLetterQueue")
		if got := get(t, s, id); got.Failure != nil || got.Prediction.Target != "newer" {
			t.Errorf("the item is %+v", got)
		}
	})
}

// Whoever keeps the message invisible has to stop before another visibility timeout is set.
func TestAMessageIsReleasedBeforeItIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		s := stacktest.Build(t, nil, func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch operation {
			case "DynamoDB.BatchGetItem":
				return throttles(r, next)
			case "SQS.ChangeMessageVisibility":
				order = append(order, "given back")
				return answers(200, "{}")(r, next)
			}
			return next.RoundTrip(r)
		}, t.Output())
		h := newHandler(t, s)
		h.Release = func(_ context.Context, receiptHandle string) time.Time {
			order = append(order, "released "+receiptHandle)
			return time.Now().Add(time.Minute)
		}
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(example.ID())}}}
		if _, err := h.Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"released h", "given back"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// The worker's calls have ten connections. A call that gets none in time would take the message from whoever has it then.
func TestAMessageIsGivenBackOnlyWhileNobodyElseMayHaveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			switch operation {
			case "DynamoDB.BatchGetItem":
				return throttles(r, next)
			case "SQS.ChangeMessageVisibility":
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return next.RoundTrip(r)
		}, t.Output())
		h := newHandler(t, s)
		h.Release = func(context.Context, string) time.Time { return start.Add(1500 * time.Millisecond) }
		event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", ReceiptHandle: "h", Body: message(example.ID())}}}
		if _, err := h.Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 1500*time.Millisecond {
			t.Errorf("the call ends after %s, want 1.5s", took)
		}
	})
}
