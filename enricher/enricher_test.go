package enricher_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
	_ "simple-sam-demo/internal/testgc"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// example is the item of the tests that need only one.
var example = sample.Example()

// store puts an item into the table without telling the queue.
func store(t testing.TB, s *stacktest.Stack, m item.Measurements) (id string) {
	t.Helper()
	created := item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())}
	if err := s.Table.Create(t.Context(), created); err != nil {
		t.Fatal(err)
	}
	return created.ID
}

func message(id string) string { return fmt.Sprintf(`{"id":%q}`, id) }

// get reads an item from the table.
func get(t *testing.T, s *stacktest.Stack, id string) item.Item {
	t.Helper()
	stored, err := s.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// embedded returns the model that classifies where a test names no other.
func embedded(t *testing.T) *classifier.Model {
	t.Helper()
	m, err := classifier.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// classOf returns the class of an item.
func classOf(t *testing.T, m item.Measurements) string {
	t.Helper()
	class, _ := embedded(t).Predict(m)
	return class
}

func TestAnItemIsClassifiedAsTheModelSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(time.Millisecond)
		m := embedded(t)
		target, probability := m.Predict(example)
		got := get(t, s, id).Prediction
		// A test's time begins with the year 2000.
		want := &item.Prediction{Target: target, Probability: probability, ModelVersion: m.Version(), ClassifiedAt: "2000-01-01T00:00:00.000Z"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("prediction (-want +got):\n%s", diff)
		}
		s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
	})
}

func TestModelVersionsOnlyGoUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for i, test := range []struct {
			version   string
			rewritten bool
		}{
			{"2000-01-01.01", true},
			{embedded(t).Version(), false},
			{"2999-01-01.01", false},
		} {
			id := store(t, s, sample.Nth(i))
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
		"a version that is a number": {"model_version": &types.AttributeValueMemberN{Value: "1"}, "pred_target": text("another")},
		"a version that is null":     {"model_version": &types.AttributeValueMemberNULL{Value: true}, "pred_target": text("another")},
		"a version that is a word":   {"model_version": text("latest"), "pred_target": text("another")},
		"no target":                  {"model_version": text("2999-01-01.01")},
		"a target that is a number":  {"model_version": text("2999-01-01.01"), "pred_target": &types.AttributeValueMemberN{Value: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				id := store(t, s, example)
				in := &dynamodb.UpdateItemInput{
					TableName: aws.String(s.Ref(s.Names.Table)), Key: map[string]types.AttributeValue{"id": text(id)},
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
				if got := get(t, s, id); got.Status() != item.Pending {
					t.Errorf("before, the item is %s", got.Status())
				}
				s.Send(t, message(id))
				stacktest.Wait(time.Second)
				if got := get(t, s, id); got.Status() != item.Classified || got.Prediction.Target != classOf(t, example) {
					t.Errorf("the item is %s, %+v", got.Status(), got.Prediction)
				}
				s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
			})
		})
	}
}

func TestAKeyThatIsTwiceInABatchIsReadAndWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := store(t, s, example)
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
		s := stacktest.Start(t, map[string]string{"BatchSize": "100", "BatchWindow": "5", "MaximumConcurrency": "2"}, nil)
		var ids []string
		for i := range 250 {
			ids = append(ids, store(t, s, sample.Nth(i)))
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
				s.Send(t, message(example.ID()))
				stacktest.Wait(delay)
				id := store(t, s, example)
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
		s.Send(t, message(example.ID()))
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
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(time.Second)
		target, probability := embedded(t).Predict(example)
		got := s.Request(t, "GET", s.Names.Items+"/"+id, "").Body
		if got["status"] != "CLASSIFIED" || got["pred_target"] != target || got["pred_probability"] != probability {
			t.Errorf("GET shows %v", got)
		}
	})
}
