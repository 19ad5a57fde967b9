package enricher_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

var flower = item.Measurements{5.1, 3.5, 1.4, 0.2}

// store puts a flower into the table without telling the queue.
func store(t testing.TB, s *stacktest.Stack, m item.Measurements) (id string) {
	t.Helper()
	item := item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())}
	if err := s.Table.Create(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	return item.ID
}

func message(id string) string { return fmt.Sprintf(`{"id":%q}`, id) }

// get reads an item from the table.
func get(t *testing.T, s *stacktest.Stack, id string) item.Item {
	t.Helper()
	item, err := s.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestAnItemIsClassifiedAsTheModelSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := store(t, s, flower)
		s.Send(t, message(id))
		stacktest.Wait(time.Millisecond)
		m, err := classifier.Embedded()
		if err != nil {
			t.Fatal(err)
		}
		target, probability := m.Predict(flower)
		item := get(t, s, id)
		want := &item.Prediction{Target: target, Probability: probability, ModelVersion: m.Version(), ClassifiedAt: item.CreatedAt}
		want.ClassifiedAt = item.Prediction.ClassifiedAt
		if diff := cmp.Diff(want, item.Prediction); diff != "" {
			t.Errorf("prediction (-want +got):\n%s", diff)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

func TestModelVersionsOnlyGoUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		embedded, err := classifier.Embedded()
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			version   string
			rewritten bool
		}{
			{"2000-01-01.01", true},
			{embedded.Version(), false},
			{"2999-01-01.01", false},
		} {
			m := flower
			m[3] = float64(len(test.version)) / 10 * map[bool]float64{true: 1, false: 2}[test.rewritten]
			m[0] += float64(test.version[1])
			id := store(t, s, m)
			old := item.Prediction{Target: "old", Probability: 0.5, ModelVersion: test.version, ClassifiedAt: "then"}
			if err := s.Table.WritePrediction(t.Context(), id, old); err != nil {
				t.Fatal(err)
			}
			before := s.Calls("EnricherFunction", "DynamoDB.UpdateItem")
			s.Send(t, message(id))
			stacktest.Wait(time.Second)
			if got := get(t, s, id).Prediction.Target != "old"; got != test.rewritten {
				t.Errorf("an item of version %s is written again: %v, want %v", test.version, got, test.rewritten)
			}
			if wrote := s.Calls("EnricherFunction", "DynamoDB.UpdateItem") > before; wrote != test.rewritten {
				t.Errorf("an item of version %s costs a write: %v, want %v", test.version, wrote, test.rewritten)
			}
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

// What somebody else wrote in the place of a prediction is none, and is replaced by one.
func TestAnItemWithoutAPredictionThatCanBeShownIsClassified(t *testing.T) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for name, attributes := range map[string]map[string]types.AttributeValue{
		"a version that is a number": {"model_version": &types.AttributeValueMemberN{Value: "1"}, "pred_target": text("rose")},
		"a version that is null":     {"model_version": &types.AttributeValueMemberNULL{Value: true}, "pred_target": text("rose")},
		"a version that is a word":   {"model_version": text("latest"), "pred_target": text("rose")},
		"no target":                  {"model_version": text("2999-01-01.01")},
		"a target that is a number":  {"model_version": text("2999-01-01.01"), "pred_target": &types.AttributeValueMemberN{Value: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				id := store(t, s, item.Measurements{5.1, 3.5, 1.4, 0.2})
				in := &dynamodb.UpdateItemInput{
					TableName: aws.String(s.Ref("IrisTable")), Key: map[string]types.AttributeValue{"id": text(id)},
					ExpressionAttributeValues: map[string]types.AttributeValue{},
				}
				var set []string
				for attribute, value := range attributes {
					set = append(set, attribute+" = :"+attribute)
					in.ExpressionAttributeValues[":"+attribute] = value
				}
				in.UpdateExpression = aws.String("SET " + strings.Join(set, ", "))
				if _, err := s.DynamoDB.UpdateItem(t.Context(), in); err != nil {
					t.Fatal(err)
				}
				if item := get(t, s, id); item.Status() != item.Pending {
					t.Errorf("before, the item is %s", item.Status())
				}
				s.Send(t, message(id))
				stacktest.Wait(time.Second)
				if item := get(t, s, id); item.Status() != item.Classified || item.Prediction.Target != "setosa" {
					t.Errorf("the item is %s, %+v", item.Status(), item.Prediction)
				}
				s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
			})
		})
	}
}

func TestAKeyThatIsTwiceInABatchIsReadAndWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := store(t, s, flower)
		s.Send(t, message(id), message(id))
		stacktest.Wait(5 * time.Second)
		if reads, writes := s.Calls("EnricherFunction", "DynamoDB.BatchGetItem"), s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); reads != 1 || writes != 1 {
			t.Errorf("%d reads and %d writes, want 1 and 1", reads, writes)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

func TestALargeBatchIsClassified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, map[string]string{"BatchSize": "250", "BatchWindow": "5", "MaximumConcurrency": "2"}, nil)
		var ids []string
		for i := range 250 {
			ids = append(ids, store(t, s, item.Measurements{5.1, 3.5, 1.4, float64(i+1) / 100}))
		}
		var messages []string
		for _, id := range ids {
			messages = append(messages, message(id))
		}
		s.Send(t, messages...)
		stacktest.Wait(time.Minute)
		for _, id := range ids {
			if get(t, s, id).Status() != item.Classified {
				t.Errorf("item %s is not classified", id)
			}
		}
	})
}

func TestAMessageThatOvertakesItsItemWaitsForIt(t *testing.T) {
	for name, delay := range map[string]time.Duration{
		"within the invocation":   100 * time.Millisecond,
		"in a later receive":      3 * time.Second,
		"as late as a writer can": 9 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				s.Send(t, message(flower.ID()))
				stacktest.Wait(delay)
				id := store(t, s, flower)
				stacktest.Wait(time.Minute)
				if got := get(t, s, id).Status(); got != item.Classified {
					t.Errorf("the item is %s", got)
				}
				s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
			})
		})
	}
}

func TestAMessageWithoutAnItemIsDroppedOnceNoWriterCanStoreIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		s.Send(t, message(flower.ID()))
		stacktest.Wait(19 * time.Second)
		if s.Backlog(t, "EnrichQueue").Total() == 0 {
			t.Error("the message was dropped while a writer might still store its item")
		}
		stacktest.Wait(time.Minute)
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

func TestAWorkingItemShowsItsPrediction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := store(t, s, flower)
		s.Send(t, message(id))
		stacktest.Wait(time.Second)
		got := s.Request(t, "GET", "/v0/iris/"+id, "").Body
		if got["status"] != "CLASSIFIED" || got["pred_target"] != "setosa" || math.Abs(got["pred_probability"].(float64)-0.9731) > 5e-4 {
			t.Errorf("GET shows %v", got)
		}
	})
}
