package table_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// The bucket of a client has tokens for 35 retries, or for 100 after throttles. They are for calls that fail.
func TestTheRepetitionsOfStatementsTakeNoTokens(t *testing.T) {
	for _, code := range []string{"InternalServerError", "RequestLimitExceeded"} {
		synctest.Test(t, func(t *testing.T) {
			failed := `{"Error":{"Code":"` + code + `"}}`
			items, calls := answering(200, `{"Responses":[`+failed+`,`+failed+`]}`)
			for range 100 {
				if errors.Join(items.CreateBatch(t.Context(), []item.Item{{ID: "1"}, {ID: "2"}})...) == nil {
					t.Fatalf("%s: the items are stored", code)
				}
			}
			if len(calls.Requests) != 3*100 {
				t.Errorf("%s: %d calls for 100 batches, want three for each", code, len(calls.Requests))
			}
		})
	}
}

// The error tells the caller whether the items are to be written one by one.
func TestARepetitionThatFailsSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		s := stacktest.Build(t, nil, func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "DynamoDB.BatchExecuteStatement" {
				calls++
			}
			if calls < 2 {
				return answersStatements("ThrottlingError")(caller, operation, r, next)
			}
			return &http.Response{StatusCode: 400, Body: io.NopCloser(strings.NewReader(`{"__type":"ValidationException"}`)), Request: r}, nil
		}, t.Output())
		items := table.New(s.Config.FunctionAWS("WriterFunction"), s.Ref(s.Names.Table))
		for i, err := range items.CreateBatch(t.Context(), []item.Item{{ID: "1"}, {ID: "2"}}) {
			if !errors.Is(err, table.ErrRefused) || !strings.Contains(err.Error(), "ValidationException") {
				t.Errorf("item %d: %v, want the refusal of the second call", i+1, err)
			}
		}
		if calls != 2 {
			t.Errorf("%d calls, want two", calls)
		}
	})
}

// Otherwise an item that is stored would be given up.
func TestARepetitionThatSucceedsAsTheTimeEndsHasSucceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		s := stacktest.Build(t, nil, func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation != "DynamoDB.BatchExecuteStatement" {
				return next.RoundTrip(r)
			}
			if calls++; calls == 1 {
				return answersStatements("ThrottlingError")(caller, operation, r, next)
			}
			answer, err := next.RoundTrip(r)
			cancel()
			return answer, err
		}, t.Output())
		items := table.New(s.Config.FunctionAWS("WriterFunction"), s.Ref(s.Names.Table))
		if err := errors.Join(items.CreateBatch(ctx, []item.Item{{ID: "1"}, {ID: "2"}})...); err != nil || calls != 2 {
			t.Errorf("%d calls: %v", calls, err)
		}
	})
}

// A statement that was throttled, and not answered again, is no case of too little time.
func TestAStatementKeepsTheLastAnswerWhenTheTimeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		calls := 0
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation != "DynamoDB.BatchExecuteStatement" {
				return next.RoundTrip(r)
			}
			if calls++; calls > 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return stacktest.Statements(r, next, func(statement string) string {
				if strings.Contains(statement, "second") {
					return "ThrottlingError"
				}
				return ""
			})
		}, t.Output())
		items := table.New(s.Config.FunctionAWS("WriterFunction"), s.Ref(s.Names.Table))
		errs := items.CreateBatch(ctx, []item.Item{{ID: "first"}, {ID: "second"}})
		if errs[0] != nil || !strings.Contains(fmt.Sprint(errs[1]), "ThrottlingError") || calls != 2 {
			t.Errorf("%d calls: %v", calls, errs)
		}
	})
}
