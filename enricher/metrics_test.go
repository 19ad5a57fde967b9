package enricher_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/item"
)

// wantLines compares how many invocations have ended. A line without BatchSize is of one message.
func wantLines(t *testing.T, s *stacktest.Stack, want int) {
	t.Helper()
	if got := s.Metrics.Lines("EnricherFunction"); got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
}

// wantMetrics compares the sums of the numbers in the enricher's lines. How many cold starts there
// are follows from how messages fall into batches, so they are left out.
func wantMetrics(t *testing.T, s *stacktest.Stack, want map[string]float64) {
	t.Helper()
	got := s.Sums("EnricherFunction")
	delete(got, "ColdStart")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestClassifiedItemsAreCountedByClassAndTimedFromTheirCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		items := []item.Measurements{example, sample.Nth(0), sample.Nth(1)}
		for n := 2; classOf(t, items[0]) == classOf(t, items[1]) && classOf(t, items[1]) == classOf(t, items[2]); n++ {
			items[2] = sample.Nth(n) // so that they are of two classes at least
		}
		want := map[string]float64{"BatchSize": 3, "ItemsClassified": 3, "Latency": 4500}
		var messages []string
		for _, m := range items {
			want["classes."+classOf(t, m)]++
			messages = append(messages, message(store(t, s, m)))
		}
		stacktest.Wait(1500 * time.Millisecond)
		s.Send(t, messages...)
		stacktest.Wait(time.Second)
		wantMetrics(t, s, want)
		latency := cloudwatch.Statistics{SampleCount: 3, Sum: 4500, Minimum: 1500, Maximum: 1500}
		if got := s.Metrics.Of("EnricherFunction")["Latency"]; got != latency {
			t.Errorf("Latency = %+v, want %+v", got, latency)
		}
	})
}

func TestOnlyAnItemThatThisInvocationWroteIsCountedAsClassified(t *testing.T) {
	classifiedBy := func(version string) func(*testing.T, *stacktest.Stack) {
		return func(t *testing.T, s *stacktest.Stack) {
			p := item.Prediction{Target: "another", Probability: 1, ModelVersion: version, ClassifiedAt: "then"}
			if err := s.Table.WritePrediction(t.Context(), example.ID(), p); err != nil {
				t.Error(err)
			}
		}
	}
	ofExample := "classes." + classOf(t, example)
	nothing := func(*testing.T, *stacktest.Stack) {}
	for name, test := range map[string]struct {
		messages    int
		beforeRead  func(*testing.T, *stacktest.Stack)
		beforeWrite func(*testing.T, *stacktest.Stack)
		want        map[string]float64
	}{
		"twice in a batch": {2, nothing, nothing, map[string]float64{"BatchSize": 2,
			"ItemsClassified": 1, ofExample: 1, "Latency": 1000}},
		"classified by an older model": {1, classifiedBy("2000-01-01.01"), nothing, map[string]float64{"ItemsClassified": 1, ofExample: 1}}, // its latency was told then
		"classified by an older model, and marked as failed since": {1, func(t *testing.T, s *stacktest.Stack) {
			classifiedBy("2000-01-01.01")(t, s)
			if err := s.Table.MarkFailed(t.Context(), example.ID(), "2000-01-02.01", item.Failure{Code: item.RetriesExhausted}); err != nil {
				t.Error(err)
			}
		}, nothing, map[string]float64{"ItemsClassified": 1, ofExample: 1}},
		"marked as failed, and never classified": {1, func(t *testing.T, s *stacktest.Stack) {
			if err := s.Table.MarkFailed(t.Context(), example.ID(), "2000-01-02.01", item.Failure{Code: item.RetriesExhausted}); err != nil {
				t.Error(err)
			}
		}, nothing, map[string]float64{"ItemsClassified": 1, ofExample: 1, "Latency": 1000}},
		"classified by a newer model":     {1, classifiedBy("2999-01-01.01"), nothing, map[string]float64{}},
		"classified by another meanwhile": {1, nothing, classifiedBy("2999-01-01.01"), map[string]float64{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *stacktest.Stack
				f := &fault{operation: "DynamoDB.UpdateItem", do: func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					test.beforeWrite(t, s)
					return next.RoundTrip(r)
				}}
				s = stacktest.Start(t, nil, f.disturb)
				id := store(t, s, example)
				test.beforeRead(t, s)
				stacktest.Wait(time.Second)
				s.Send(t, slices.Repeat([]string{message(id)}, test.messages)...)
				stacktest.Wait(time.Second)
				wantLines(t, s, 1)
				wantMetrics(t, s, test.want)
			})
		})
	}
}

func TestFailuresAreCountedByCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := spoil(t, s, tooSmall)
		s.Send(t, "hello", "{}", message(id))
		stacktest.Wait(time.Second)
		wantMetrics(t, s, map[string]float64{"BatchSize": 3,
			"ItemsFailed": 3, "codes.MalformedMessage": 2, "codes.InvalidItem": 1})
	})
}

func TestEveryReceiveOfAMessageThatIsGivenBackIsARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: throttles}
		s := stacktest.Start(t, nil, f.disturb)
		s.Send(t, message(store(t, s, example)))
		stacktest.Wait(time.Hour)
		wantLines(t, s, 5)
		wantMetrics(t, s, map[string]float64{"Retries": 4, "ItemsFailed": 1, "codes.RetriesExhausted": 1})
	})
}

// With 25 receives, a message that always fails is given up after hours. SQS leaves it out of the age of the oldest message,
// the enricher does not crash, and nothing is classified that could be late: of all that alarms look at, only this tells.
func TestRetriesAreLateFromTheFifthReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.UpdateItem", do: throttles}
		s := stacktest.Start(t, map[string]string{"MaxReceiveCount": "25"}, f.disturb)
		s.Send(t, message(store(t, s, example)))
		stacktest.Wait(4 * time.Minute)
		wantMetrics(t, s, map[string]float64{"Retries": 4})
		stacktest.Wait(5 * time.Minute)
		wantMetrics(t, s, map[string]float64{"Retries": 5, "LateRetries": 1})
		for n := s.Sums("EnricherFunction")["LateRetries"]; n < 20; { // the alarm adds up 15 minutes
			stacktest.Wait(15*time.Minute + time.Second)
			more := s.Sums("EnricherFunction")["LateRetries"]
			if more == n {
				t.Fatalf("no late retry within 15 minutes, after %v", n)
			}
			n = more
		}
	})
}

// An item that does not come is no fault that anybody could repair.
func TestAnOrphanIsNoLateRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, map[string]string{"MaxReceiveCount": "25"}, nil)
		s.Send(t, message(example.ID()))
		stacktest.Wait(10 * time.Minute)
		if got := s.Sums("EnricherFunction"); got["Retries"] < 5 || got["OrphanMessages"] != 1 || got["LateRetries"] != 0 {
			t.Errorf("metrics %v, want an orphan after five retries, none of them late", got)
		}
	})
}

// With the default MaxReceiveCount nothing else is one, and SQS moves the message.
func TestALastReceiveWhoseDeadLetterIsNotSentIsALateRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "SQS.SendMessage", do: throttles}
		s := stacktest.Start(t, nil, f.disturb)
		s.Send(t, "hello")
		stacktest.Wait(30 * time.Minute)
		wantMetrics(t, s, map[string]float64{"Retries": 5, "LateRetries": 1})
		if _, why := deadLetter(t, s); len(why) != 0 {
			t.Errorf("dead letter with %v, want no reason", why)
		}
	})
}

// It was received again while it waited to be handled. SQS is told of it twice.
func TestAMessageThatIsTwiceInABatchIsGivenBackTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, (&fault{operation: "DynamoDB.BatchGetItem", do: throttles}).disturb, t.Output())
		var out bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&out, slog.LevelError))
		if err != nil {
			t.Fatal(err)
		}
		twice := events.SQSMessage{MessageId: "1", Body: message(example.ID())}
		answer, err := h.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{twice, twice}})
		if err != nil || len(answer.BatchItemFailures) != 2 || !strings.Contains(out.String(), `"BatchSize":2,`) || !strings.Contains(out.String(), `"Retries":2,`) {
			t.Errorf("given back %v, %v; it wrote %s", answer.BatchItemFailures, err, out.String())
		}
	})
}

func TestADeadLetterThatIsNotSentIsARetryAndNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "SQS.SendMessage", do: throttles, limit: 4} // more than one receive's attempts
		s := stacktest.Start(t, nil, f.disturb)
		s.Send(t, "hello")
		stacktest.Wait(10 * time.Minute)
		wantLines(t, s, 2)
		wantMetrics(t, s, map[string]float64{"Retries": 1, "ItemsFailed": 1, "codes.MalformedMessage": 1})
	})
}

func TestEveryMessageOfAnItemThatIsGivenUpIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		id := spoil(t, s, tooSmall)
		s.Send(t, message(id), message(id))
		stacktest.Wait(time.Second)
		wantMetrics(t, s, map[string]float64{"BatchSize": 2, "ItemsFailed": 2, "codes.InvalidItem": 2})
	})
}

func TestADroppedMessageIsAnOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		s.Send(t, message(example.ID()))
		stacktest.Wait(10 * time.Minute)
		got := s.Sums("EnricherFunction")
		if got["OrphanMessages"] != 1 || got["Retries"] != float64(s.Metrics.Lines("EnricherFunction")-1) || got["ItemsFailed"] != 0 {
			t.Errorf("metrics %v, want one orphan after retries", got)
		}
	})
}

func TestAnInvocationThatIsCutOffWritesNoMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fault{operation: "DynamoDB.BatchGetItem", do: crashes}
		s := stacktest.Start(t, nil, f.disturb)
		s.Send(t, message(store(t, s, example)))
		stacktest.Wait(time.Hour)
		wantMetrics(t, s, map[string]float64{})
	})
}

// It is given back and listed twice, but there is one dead letter of it, and one message that is dropped.
func TestAMessageThatIsTwiceInABatchIsTwoRetriesAndOneFailureOrOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		var out bytes.Buffer
		h, err := enricher.New(environment(s.Stack), s.Config.FunctionAWS("EnricherFunction"), stacktest.FunctionLog(&out, slog.LevelError+1))
		if err != nil {
			t.Fatal(err)
		}
		var event events.SQSEvent
		for _, m := range []struct {
			id, body string
			age      time.Duration
		}{{"young", message(sample.Nth(0).ID()), 0}, {"malformed", "hello", 0}, {"orphan", message(sample.Nth(1).ID()), time.Hour}} {
			sent := map[string]string{"SentTimestamp": fmt.Sprint(time.Now().Add(-m.age).UnixMilli())}
			one := events.SQSMessage{MessageId: m.id, ReceiptHandle: m.id, Body: m.body, Attributes: sent}
			event.Records = append(event.Records, one, one)
		}
		other := event.Records[5] // of the same item
		other.MessageId = "another orphan"
		event.Records = append(event.Records, other)
		if _, err := h.Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		type counts struct{ BatchSize, Retries, ItemsFailed, OrphanMessages int }
		var got counts
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, out.Bytes())
		}
		if want := (counts{7, 2, 1, 2}); got != want {
			t.Errorf("its line has %+v, want %+v", got, want)
		}
	})
}
