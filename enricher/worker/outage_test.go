package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/poller"
)

// Ten writes of 25 items hang at once, and the other items of the batch have no turn before its deadline. A worker's
// messages are back at once, so five receives would be over in two minutes.
func TestAHangOfSomeMinutesUsesUpNoReceives(t *testing.T) {
	const items = 300
	for name, hanging := range map[string][]string{"writes": {"UpdateItem", "BatchExecuteStatement"}, "reads": {"BatchGetItem"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := withoutMapping(t)
				var ids []string
				for i := range items {
					ids = append(ids, post(t, s, i))
				}
				over := time.Now().Add(4 * time.Minute)
				well := s.Config.AWS.Config()
				w := &worker{
					getenv: s.Getenv("EnricherFunction"), log: slog.New(slog.DiscardHandler),
					settings: poller.Settings{
						QueueURL: s.Ref("EnrichQueue"), BatchSize: items, Window: 2 * time.Second, BatchesAtOnce: 1, BatchTimeout: 30 * time.Second,
						Invisible: poller.Invisible, FinishReceives: true,
					},
					serve:   func(http.Handler) (func(), error) { return func() {}, nil },
					handler: well, poller: well,
				}
				w.handler.HTTPClient = &http.Client{Timeout: awsclient.AttemptTimeout, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
					if slices.Contains(hanging, operation) && time.Now().Before(over) {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					return well.HTTPClient.(*http.Client).Transport.RoundTrip(r)
				})}
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- w.run(ctx) }()
				stacktest.Wait(time.Hour)
				for _, id := range ids {
					if !isClassified(t, s, id) {
						t.Fatalf("item %s is not classified, and %d messages are dead letters", id, s.Backlog(t, "EnrichDeadLetterQueue").Total())
					}
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
