package writer_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

func TestAFailureOfOursIsThatOfItsElementsAloneAndSafeToRetry(t *testing.T) {
	tenth := []item.Measurements{sample.Nth(9)}
	some := []item.Measurements{sample.Nth(0), sample.Nth(3), sample.Nth(12), sample.Nth(24)}
	isOneOfSome := func(i int) bool { return slices.Contains(some, sample.Nth(i)) }
	const send, statements, dynamodb = "SQS.SendMessageBatch", "DynamoDB.BatchExecuteStatement", "DynamoDB."
	for name, test := range map[string]struct {
		*disturbance
		failed func(i int) bool // of 35 items, sent by ten and stored 25 and 10 at a time
	}{
		"some messages refused":         {&disturbance{operation: send, items: some, do: refuses}, isOneOfSome},
		"all messages of a ten refused": {&disturbance{operation: send, items: first(10), do: refuses}, func(i int) bool { return i < 10 }},
		"one send fails":                {&disturbance{operation: send, items: tenth, do: fails}, func(i int) bool { return i < 10 }},
		"one send hangs":                {&disturbance{operation: send, items: tenth, do: hangs}, func(i int) bool { return i < 10 }},
		"one send says nothing":         {&disturbance{operation: send, items: tenth, do: saysNothing}, func(i int) bool { return i < 10 }},
		"one send panics":               {&disturbance{operation: send, items: tenth, do: panics}, func(i int) bool { return i < 10 }},
		"some statements throttled":     {&disturbance{operation: statements, items: some, do: answers("ThrottlingError")}, isOneOfSome},
		"some statements fail":          {&disturbance{operation: statements, items: some, do: answers("InternalServerError")}, isOneOfSome},
		"some statements panic":         {&disturbance{operation: dynamodb, items: some, do: panics}, isOneOfSome},
		"one call of statements fails":  {&disturbance{operation: statements, items: tenth, do: fails}, func(i int) bool { return i < 25 }},
		"one call of statements hangs":  {&disturbance{operation: statements, items: tenth, do: hangs}, func(i int) bool { return i < 25 }},
		"the last call fails":           {&disturbance{operation: statements, items: first(35)[34:], do: fails}, func(i int) bool { return i >= 25 }},
		"nobody answers the last call":  {&disturbance{operation: statements, items: first(35)[34:], do: nobodyAnswers}, func(i int) bool { return i >= 25 }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, test.fault)
				var want, again []result
				var stored []item.Measurements
				for i, m := range first(35) {
					if test.failed(i) {
						want = append(want, result{Status: 503, ID: m.ID(), Message: tryAgain})
						again = append(again, result{Status: 201, ID: m.ID(), Message: created})
						continue
					}
					stored = append(stored, m)
					want = append(want, result{Status: 201, ID: m.ID(), Message: created})
					again = append(again, result{Status: 200, ID: m.ID(), Message: exists})
				}
				wantReport(t, post(t, s, objects(35)), want...)
				stacktest.Wait(time.Minute) // until messages without an item are dropped
				wantClassified(t, s, stored...)
				test.over.Store(true)
				wantReport(t, post(t, s, objects(35)), again...)
				stacktest.Wait(time.Second)
				wantClassified(t, s, first(35)...)
			})
		})
	}
}

// first returns the first items.
func first(n int) (items []item.Measurements) {
	for i := range n {
		items = append(items, sample.Nth(i))
	}
	return items
}

func TestABatchOfWhichEverythingFailedIs503(t *testing.T) {
	for name, d := range map[string]*disturbance{
		"sends fail":       {operation: "SQS.SendMessage", do: fails},
		"sends hang":       {operation: "SQS.SendMessage", do: hangs},
		"messages refused": {operation: "SQS.SendMessage", do: refuses},
		"sends panic":      {operation: "SQS.SendMessage", do: panics},
		"stores panic":     {operation: "DynamoDB.", do: panics},
		"stores fail":      {operation: "DynamoDB.", do: fails},
		"stores hang":      {operation: "DynamoDB.", do: hangs},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d.items = first(100)
				s := stacktest.Start(t, nil, d.fault)
				defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
				for _, body := range []string{objects(100), objects(1), batch(sample.Object(sample.Nth(0)), sample.Object(sample.Nth(0)))} {
					start := time.Now()
					got := s.Request(t, "POST", s.Names.Batch, body)
					if got.Status != 503 || got.Header.Get("Retry-After") == "" || !cmp.Equal(map[string]any{"message": tryAgain}, got.Body) {
						t.Errorf("answered %d %v", got.Status, got.Body)
					}
					if took := time.Since(start); took > 9*time.Second {
						t.Errorf("took %s, too near the function's timeout", took)
					}
				}
				if n := s.Sums("WriterFunction")["ItemsUnavailable"]; n != 100+1+2 {
					t.Errorf("%v items are counted as unavailable, want 103", n)
				}
			})
		})
	}
}

// A DynamoDB that takes no batches, or not these statements, costs time and loses nothing.
func TestWhatDynamoDBDoesNotTakeInABatchIsStoredAlone(t *testing.T) {
	some := []item.Measurements{sample.Nth(0), sample.Nth(3), sample.Nth(24), sample.Nth(34)}
	const ofStatements, ofCalls = 4, 35 // how many are refused
	for name, test := range map[string]struct {
		do      func(*disturbance, *http.Request, http.RoundTripper) (*http.Response, error)
		refused float64
	}{
		"the statements are not valid":    {answers("ValidationError"), ofStatements},
		"the statements are not allowed":  {answers("AccessDenied"), ofStatements},
		"an error that is not documented": {answers("Whatever"), ofStatements},
		"an UPDATE's error":               {answers("ConditionalCheckFailed"), ofStatements},
		"answers are left out":            {answers(stacktest.Ignored), ofCalls},
		"the calls are not valid":         {answersAll(400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"arn:aws:secret"}`), ofCalls},
		"the calls are not allowed":       {answersAll(400, `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"arn:aws:secret"}`), ofCalls},
		"the calls are not known":         {answersAll(400, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`), ofCalls},
		"the calls are answered {}":       {answersAll(200, `{}`), ofCalls},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, (&disturbance{operation: "DynamoDB.BatchExecuteStatement", items: some, do: test.do}).fault)
				if got := post(t, s, objects(35)); got.Created+got.Existing != 35 { // what ran unanswered exists
					t.Errorf("answered %+v", got)
				}
				stacktest.Wait(time.Minute)
				wantClassified(t, s, first(35)...)
				if n := s.Sums("WriterFunction")["ItemsRefusedInBatch"]; n != test.refused {
					t.Errorf("%v items were counted as refused in a batch, want %v", n, test.refused)
				}
			})
		})
	}
}

func TestTheElementsThatFailedAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, (&disturbance{operation: "SQS.SendMessageBatch", do: hangs, items: first(30)[10:11]}).fault)
		if got := post(t, s, objects(30)); got.Failed != 10 {
			t.Errorf("%d failed, want one call's ten", got.Failed)
		}
		if sums := s.Sums("WriterFunction"); sums["ItemsUnavailable"] != 10 || sums["ItemsCreated"] != 20 {
			t.Errorf("metrics %v, want 10 unavailable and 20 created", sums)
		}
	})
}

func TestABatchOfWhichNotEverythingFailedIs200(t *testing.T) {
	down := &disturbance{operation: "DynamoDB.", items: first(1), do: refusesToStore}
	failed := result{Status: 503, ID: sample.Nth(0).ID(), Message: tryAgain}
	for name, test := range map[string]struct {
		other string
		want  result
	}{
		"one is rejected": {"5", result{Status: 400, Message: "Invalid body: expected a JSON object."}},
		"one is created":  {sample.Object(sample.Nth(1)), result{Status: 201, ID: sample.Nth(1).ID(), Message: created}},
		"one exists":      {example, result{Status: 200, ID: exampleID, Message: exists}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, down.fault)
				s.Request(t, "POST", s.Names.Items, example)
				got := post(t, s, batch(sample.Object(sample.Nth(0)), test.other, sample.Object(sample.Nth(0))))
				wantReport(t, got, failed, test.want, failed)
			})
		})
	}
}

func TestNearItsDeadlineTheWriterAnswersWhatIsDone(t *testing.T) {
	const timeout = 5 * time.Second
	for name, test := range map[string]struct {
		*disturbance
		failed func(i int) bool
	}{
		"a send hangs":  {&disturbance{operation: "SQS.SendMessageBatch", do: hangs, items: first(30)[10:11]}, func(i int) bool { return i/10 == 1 }},
		"a store hangs": {&disturbance{operation: "DynamoDB.", do: hangs, items: first(30)[25:26]}, func(i int) bool { return i/25 == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, test.fault)
				h := newHandler(t, s)
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				got, err := h.Handle(ctx, events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: s.Names.Batch, Body: objects(100)})
				if err != nil || got.StatusCode != 200 || ctx.Err() != nil {
					t.Fatalf("answered %d %s; %v, %v", got.StatusCode, got.Body, err, ctx.Err())
				}
				var want []result
				for i := range 100 {
					want = append(want, result{Status: 201, ID: sample.Nth(i).ID(), Message: created})
					if test.failed(i) {
						want[i] = result{Status: 503, ID: sample.Nth(i).ID(), Message: tryAgain}
					}
				}
				wantReport(t, decode(t, json.RawMessage(got.Body)), want...)
			})
		})
	}
}

// A character can have several bytes, and a limit of characters would let through more.
func TestTheLimitOfABodyIsThatOfItsBytesAndNotOfItsCharacters(t *testing.T) {
	long := func(bytes int) string { return plus(`"` + strings.Repeat("é", bytes/2) + `":1`) }
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for path, test := range map[string]struct {
			body    string
			message string
		}{
			s.Names.Items: {long(70_000), "Invalid body: larger than 65536 bytes."},
			s.Names.Batch: {batch(long(1_100_000)), "Invalid body: larger than 1048576 bytes."},
		} {
			if got := s.Request(t, "POST", path, test.body); got.Status != 413 || got.Body["message"] != test.message {
				t.Errorf("%s: answered %d %.100v, want 413 %s", path, got.Status, got.Body, test.message)
			}
		}
		wantReport(t, post(t, s, batch(long(70_000))), result{Status: 400, Message: "Invalid body: larger than 65536 bytes."})
	})
}

// The ten sends of a hundred items go at once, and then the four writes. One after the other they would take longer
// than the function may when each is slow.
func TestABatchTakesNoLongerThanOneSendAndOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "SQS.SendMessageBatch" || operation == "DynamoDB.BatchExecuteStatement" {
				<-time.After(500 * time.Millisecond)
			}
			return next.RoundTrip(r)
		}, t.Output())
		start := time.Now()
		if got := post(t, s, objects(100)); got.Created != 100 {
			t.Errorf("%d of 100 are created", got.Created)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s, want 1s", took)
		}
	})
}
