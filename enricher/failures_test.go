package enricher_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// deadLetter returns the only message in the dead-letter queue.
func deadLetter(t *testing.T, s *stacktest.Stack) (types.Message, map[string]string) {
	t.Helper()
	messages := s.DeadLetters(t)
	if len(messages) != 1 {
		t.Fatalf("the dead-letter queue holds %d messages, want 1", len(messages))
	}
	attributes := map[string]string{}
	for name, a := range messages[0].MessageAttributes {
		attributes[name] = aws.ToString(a.StringValue)
	}
	return messages[0], attributes
}

func TestAMalformedMessageIsDeadLetteredAndItsNeighboursAreNot(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON":       "hello",
		"null":           "null",
		"no id":          `{"key":"x"}`,
		"empty id":       `{"id":""}`,
		"id a number":    `{"id":5}`,
		"id in capitals": message(strings.ToUpper(example.ID())),
		"two objects":    message(example.ID()) + message(example.ID()),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				id := store(t, s, example)
				s.Send(t, body, message(id))
				stacktest.Wait(time.Second)
				if got := get(t, s, id).Status(); got != item.Classified {
					t.Errorf("the neighbour is %s", got)
				}
				m, why := deadLetter(t, s)
				if *m.Body != body || why["failure_code"] != "MalformedMessage" || why["receive_count"] != "1" {
					t.Errorf("dead letter %q with %v", *m.Body, why)
				}
				for _, name := range []string{"failure_reason", "failed_at", "original_message_id", "request_id"} {
					if why[name] == "" {
						t.Errorf("the dead letter has no %s", name)
					}
				}
				s.WantEmpty(t, "EnrichQueue")
			})
		})
	}
}

// SQS counts the attributes towards its 1 MiB, so a body of that size leaves no room for a reason.
func TestAMessageOfTheLargestSizeIsDeadLetteredWithItsReason(t *testing.T) {
	const size = 1 << 20
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		s.Send(t, strings.Repeat("日", size/3)+"!")
		stacktest.Wait(time.Second)
		m, why := deadLetter(t, s)
		if why["failure_code"] != "MalformedMessage" || why["receive_count"] != "1" || why["original_body_bytes"] != "1048576" {
			t.Errorf("the dead letter says %v", why)
		}
		if n := len(*m.Body); n < size-1000 || n > size || strings.Trim(*m.Body, "日") != "" {
			t.Errorf("its body is %d bytes and ends with %q", n, (*m.Body)[n-9:])
		}
		s.WantEmpty(t, "EnrichQueue")
	})
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		key := message(spoil(t, s, &dynamodbtypes.AttributeValueMemberNULL{Value: true}))
		s.Send(t, key+strings.Repeat(" ", size-len(key)))
		stacktest.Wait(time.Second)
		if m, why := deadLetter(t, s); *m.Body != key || why["failure_code"] != "InvalidItem" || why["original_body_bytes"] != "1048576" {
			t.Errorf("the dead letter is %.60q with %v, want the key alone", *m.Body, why)
		}
		s.WantEmpty(t, "EnrichQueue")
	})
}

// spoiledFeature is the one that [spoil] spoils.
var spoiledFeature = item.Features[len(item.Features)-1]

// tooSmall is a number that is out of the range of the feature.
var tooSmall = &dynamodbtypes.AttributeValueMemberN{Value: item.FormatNumber(sample.Below(spoiledFeature))}

// spoil stores an item, and then puts another value in the place of one measurement.
func spoil(t *testing.T, s *stacktest.Stack, value dynamodbtypes.AttributeValue) (id string) {
	t.Helper()
	id = store(t, s, example)
	_, err := s.DynamoDB.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(s.Ref(s.Names.Table)), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: id}},
		UpdateExpression:          aws.String("SET #feature = :value"),
		ExpressionAttributeNames:  map[string]string{"#feature": spoiledFeature.Name},
		ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{":value": value},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAnUnusableItemIsMarkedAndItsMessageDeadLettered(t *testing.T) {
	noNumber := spoiledFeature.Name + " must be a number."
	for name, test := range map[string]struct {
		value  dynamodbtypes.AttributeValue
		reason string
	}{
		"text":      {&dynamodbtypes.AttributeValueMemberS{Value: "wide"}, noNumber},
		"too small": {tooSmall, spoiledFeature.Fault()},
		"too large": {&dynamodbtypes.AttributeValueMemberN{Value: item.FormatNumber(sample.Above(spoiledFeature))}, spoiledFeature.Fault()},
		"null":      {&dynamodbtypes.AttributeValueMemberNULL{Value: true}, noNumber},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				id := spoil(t, s, test.value)
				s.Send(t, message(id))
				stacktest.Wait(time.Second)
				_, why := deadLetter(t, s)
				got := s.Request(t, "GET", s.Names.Items+"/"+id, "")
				want := map[string]any{"failure_code": "InvalidItem", "failure_reason": test.reason, "status": "FAILED"}
				for attribute, wanted := range want {
					if got.Body[attribute] != wanted {
						t.Errorf("GET shows %s %v, want %v", attribute, got.Body[attribute], wanted)
					}
					if attribute != "status" && why[attribute] != wanted {
						t.Errorf("the dead letter says %s %q, want %q", attribute, why[attribute], wanted)
					}
				}
				if got.Status != 200 || got.Body["failed_at"] != why["failed_at"] {
					t.Errorf("GET answers %d %v; the dead letter failed at %s", got.Status, got.Body, why["failed_at"])
				}
				s.WantEmpty(t, "EnrichQueue")
			})
		})
	}
}

func TestADisturbanceIsOutlasted(t *testing.T) {
	for name, f := range map[string]*fault{
		"throttled reads":        {operation: "DynamoDB.BatchGetItem", do: throttles, limit: 8},
		"throttled writes":       {operation: "DynamoDB.UpdateItem", do: throttles, limit: 8},
		"5xx":                    {operation: "DynamoDB.UpdateItem", do: answers(500, `{}`), limit: 8},
		"hanging reads":          {operation: "DynamoDB.BatchGetItem", do: hangs, limit: 8},
		"hanging writes":         {operation: "DynamoDB.UpdateItem", do: hangs, limit: 8},
		"lost answers":           {operation: "DynamoDB.UpdateItem", do: losesTheAnswer, limit: 8},
		"crash while reading":    {operation: "DynamoDB.BatchGetItem", do: crashes, limit: 2},
		"failing to give back":   {operation: "SQS.ChangeMessageVisibility", do: throttles},
		"garbage for an answer":  {operation: "DynamoDB.BatchGetItem", do: answers(200, `<html>`), limit: 3},
		"every key unprocessed":  {operation: "DynamoDB.BatchGetItem", do: answers(200, unprocessedKeys), limit: 8},
		"one attempt that hangs": {operation: "DynamoDB.BatchGetItem", do: hangs, limit: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, f.disturb)
				id := store(t, s, example)
				s.Send(t, message(id))
				stacktest.Wait(20 * time.Minute)
				if got := get(t, s, id).Status(); got != item.Classified {
					t.Errorf("the item is %s", got)
				}
				s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
			})
		})
	}
}

// unprocessedKeys is DynamoDB leaving the key of the item unprocessed.
var unprocessedKeys = `{"Responses":{},"UnprocessedKeys":{"` + names.Table() + `":{"Keys":[{"id":{"S":"` + example.ID() + `"}}],"ConsistentRead":true}}}`

func TestUnprocessedKeysAreReadAgainInTheSameInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: answers(200, unprocessedKeys), limit: 2}
		s := stacktest.Start(t, nil, f.disturb)
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(time.Second)
		if got := get(t, s, id).Status(); got != item.Classified {
			t.Errorf("after a second the item is %s", got)
		}
	})
}

// An empty answer is not DynamoDB's, though the SDK takes it for a success: to believe it
// would drop the message of an item that is there, or of one that was never classified.
func TestAnAnswerThatSaysNothingSettlesNoMessage(t *testing.T) {
	for operation, marked := range map[string]item.Status{"DynamoDB.BatchGetItem": item.Failed, "DynamoDB.UpdateItem": item.Pending} {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, (&fault{operation: operation, do: answers(200, "")}).disturb)
				id := store(t, s, example)
				s.Send(t, message(id))
				stacktest.Wait(20 * time.Minute)
				if got := get(t, s, id); got.Status() != marked {
					t.Errorf("the item is %s, %+v, want %s", got.Status(), got.Failure, marked)
				}
				if _, why := deadLetter(t, s); why["failure_code"] != "RetriesExhausted" || why["failure_reason"] != "unreadable answer" {
					t.Errorf("the dead letter says %v", why)
				}
			})
		})
	}
}

func TestAHungConnectionCostsOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.UpdateItem", do: hangs, limit: 1}
		s := stacktest.Start(t, nil, f.disturb)
		id := store(t, s, example)
		s.Send(t, message(id))
		stacktest.Wait(2 * time.Second) // one attempt's timeout of 1 s, and a backoff
		if got := get(t, s, id).Status(); got != item.Classified {
			t.Errorf("the item is %s", got)
		}
		if n := s.Calls("EnricherFunction", "DynamoDB.BatchGetItem"); n != 1 {
			t.Errorf("the message was received again: %d reads", n)
		}
	})
}

// Nothing is to be done for it, so nobody has to look at it.
func TestAnItemThatIsClassifiedIsDoneWhateverItsMeasurementsAre(t *testing.T) {
	for _, version := range []string{embedded(t).Version(), "2999-01-01.01"} {
		synctest.Test(t, func(t *testing.T) {
			s := stacktest.Start(t, nil, nil)
			id := spoil(t, s, tooSmall)
			p := item.Prediction{Target: "another", Probability: 1, ModelVersion: version, ClassifiedAt: "then"}
			if err := s.Table.WritePrediction(t.Context(), id, p); err != nil {
				t.Fatal(err)
			}
			s.Send(t, message(id))
			stacktest.Wait(time.Second)
			if got := get(t, s, id); got.Status() != item.Classified || *got.Prediction != p {
				t.Errorf("with version %s the item is %s, %+v, %+v", version, got.Status(), got.Prediction, got.Failure)
			}
			s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
		})
	}
}
