package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
)

// Ten writes hang at once, so some items have no turn before the batch's deadline. If messages came back at once each time,
// five receives would be over in two minutes.
func TestAHangOfSomeMinutesUsesUpNoReceives(t *testing.T) {
	const items = 100 // the largest batch
	for name, hanging := range map[string][]string{"writes": {"UpdateItem", "BatchExecuteStatement"}, "reads": {"BatchGetItem"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := withoutMapping(t)
				ctx, stop := context.WithCancel(t.Context())
				w := start(ctx, t, s, items)
				over, next := time.Now().Add(4*time.Minute), w.handler.next
				w.handler.next = roundTrip(func(r *http.Request) (*http.Response, error) {
					_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
					if slices.Contains(hanging, operation) && time.Now().Before(over) {
						ctx, cancel := context.WithTimeout(r.Context(), awsclient.AttemptTimeout)
						defer cancel()
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return next.RoundTrip(r)
				})
				var ids []string
				for i := range items {
					ids = append(ids, post(t, s, i))
				}
				stacktest.Wait(time.Hour)
				if left := slices.DeleteFunc(ids, func(id string) bool { return isClassified(t, s, id) }); len(left) > 0 {
					t.Errorf("%d of %d items are not classified, and %d messages are dead letters", len(left), items, s.Backlog(t, "EnrichDeadLetterQueue").Total())
				}
				stop()
				if err := <-w.ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
