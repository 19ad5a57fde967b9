package table_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"simple-sam-demo/shared/item"
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
