package enricher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// With few messages, not all goroutines that share something run at once, and the race detector would not see it. Each
// seventh call is throttled, but no call twice.
func TestALargeBatchIsSettledMessageByMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var refused sync.Map
		s := stacktest.Build(t, nil, func(_, _ string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			request := body(t, r)
			if calls.Add(1)%7 == 0 {
				if _, again := refused.LoadOrStore(request, true); !again {
					return throttles(r, next)
				}
			}
			return next.RoundTrip(r)
		}, io.Discard)
		const messages, part = 2_500, 2_500 / 25
		var event events.SQSEvent
		var good, unusable []item.Item
		for n := range messages {
			m := sample.Nth(n)
			created := item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())}
			body, receiveCount, age := message(created.ID), 1, time.Duration(0)
			switch n % 25 {
			case 0:
				created.Measurements[len(m)-1] = sample.Above(item.Features[len(m)-1])
				unusable = append(unusable, created)
			case 1:
				body = "no key"
			case 2:
				body = message(fmt.Sprintf("%032x", n)) // not stored yet
			case 3:
				body, receiveCount, age = message(fmt.Sprintf("%032x", n)), 2, time.Hour // an orphan
			default:
				good = append(good, created)
			}
			event.Records = append(event.Records, events.SQSMessage{
				MessageId: strconv.Itoa(n), ReceiptHandle: strconv.Itoa(n), Body: body, Attributes: map[string]string{
					"ApproximateReceiveCount": strconv.Itoa(receiveCount), "SentTimestamp": strconv.FormatInt(time.Now().Add(-age).UnixMilli(), 10),
				},
			})
		}
		all := append(good, unusable...)
		for some := range slices.Chunk(all, table.MaxStatements) {
			if err := errors.Join(s.Table.CreateBatch(t.Context(), some)...); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		answer, err := newHandler(t, s).Handle(ctx, event)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{"given back": len(answer.BatchItemFailures), "dead letters": s.Backlog(t, "EnrichDeadLetterQueue").Total()}
		for some := range slices.Chunk(all, table.MaxBatchKeys) {
			ids := make([]string, len(some))
			for i, stored := range some {
				ids[i] = stored.ID
			}
			found, _, err := s.Table.GetBatch(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			for _, stored := range found {
				got[string(stored.Status())]++
			}
		}
		want := map[string]int{"CLASSIFIED": len(good), "FAILED": part, "given back": part, "dead letters": 2 * part}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages and items (-want +got):\n%s", diff)
		}
	})
}
