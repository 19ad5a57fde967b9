package poller_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
)

// Lambda starts with 5 batches at once and adds 300 a minute.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
func TestAPollerHandlesMoreAtOnceWhenAllAreBusy(t *testing.T) {
	for name, test := range map[string]struct {
		atOnce, messages int
		took             time.Duration // a batch
		want             []time.Duration
	}{
		"from five on, one more each 200 ms": {8, 20, time.Minute, []time.Duration{0, 0, 0, 0, 0, 200, 400, 600}},
		"up to the most":                     {6, 20, time.Minute, []time.Duration{0, 0, 0, 0, 0, 200}},
		"from fewer on":                      {2, 20, time.Minute, []time.Duration{0, 0}},
		// Six receives bring a message, and then five loops wait for one.
		"but not when they were free again": {8, 6, 100 * time.Millisecond, []time.Duration{0, 0, 0, 0, 0, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				busy, most := 0, 0
				f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = test.atOnce }, func(_ context.Context, f *fixture, _ events.SQSMessage) bool {
					f.mu.Lock()
					busy++
					most = max(most, busy)
					f.mu.Unlock()
					<-time.After(test.took)
					f.mu.Lock()
					busy--
					f.mu.Unlock()
					return false
				})
				for n := range test.messages {
					f.send(fmt.Sprint(n))
				}
				var receives atomic.Int32
				f.disturb = func(operation string, _ *http.Request) error {
					if operation == "ReceiveMessage" {
						receives.Add(1)
					}
					return nil
				}
				f.run()
				stacktest.Wait(15 * time.Second)
				if n := receives.Load(); test.messages == 6 && n != 11 {
					t.Errorf("%d receives, want 11", n)
				}
				stacktest.Wait(15 * time.Second)
				var began []time.Duration
				for _, b := range f.seen() {
					began = append(began, b.After/time.Millisecond)
				}
				if diff := cmp.Diff(test.want, slices.Sorted(slices.Values(began))); diff != "" || most > test.atOnce {
					t.Errorf("up to %d at once; batches began after ms (-want +got):\n%s", most, diff)
				}
			})
		})
	}
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#example-standard-queue-message-event
func TestAMessageIsHandedOverAsLambdaDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got events.SQSEvent
		var requestID string
		var left time.Duration
		handle := func(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
			got = event
			if c, ok := lambdacontext.FromContext(ctx); ok {
				requestID = c.AwsRequestID
			}
			if deadline, ok := ctx.Deadline(); ok {
				left = time.Until(deadline)
			}
			return events.SQSEventResponse{}, nil
		}
		first := true
		s := poller.Settings{BatchSize: 1, BatchesAtOnce: 1, QueueARN: "arn:aws:sqs:us-east-1:000000000000:Orders"}
		pollFrom(t, 3*time.Second, s, handle, func(operation string, _ []byte) (int, string) {
			if operation == "ReceiveMessage" && first {
				first = false
				return 200, `{"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":"b","MD5OfBody":"92eb5ffee6ae2fec3ad71c777531578f","MD5OfMessageAttributes":"y","Attributes":{"SentTimestamp":"1"},` +
					`"MessageAttributes":{"a":{"DataType":"String","StringValue":"v"},"c":{"DataType":"Binary","BinaryValue":"AAE="}}}]}`
			}
			return 200, waits(time.Second)
		})
		want := events.SQSEvent{Records: []events.SQSMessage{{
			MessageId: "m", ReceiptHandle: "h", Body: "b", Md5OfBody: "92eb5ffee6ae2fec3ad71c777531578f", Md5OfMessageAttributes: "y", Attributes: map[string]string{"SentTimestamp": "1"},
			MessageAttributes: map[string]events.SQSMessageAttribute{
				"a": {DataType: "String", StringValue: aws.String("v"), StringListValues: []string{}, BinaryListValues: [][]byte{}},
				"c": {DataType: "Binary", BinaryValue: []byte{0, 1}, StringListValues: []string{}, BinaryListValues: [][]byte{}},
			},
			EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:Orders", EventSource: "aws:sqs", AWSRegion: "us-east-1",
		}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if requestID == "" || left != timeout {
			t.Errorf("the request id is %q, and the deadline in %s, want one, and %s", requestID, left, timeout)
		}
	})
}

// A handler that fails as a whole has dealt with nothing. Otherwise only what failed stays.
func TestOnlyWhatDidNotFailIsDeleted(t *testing.T) {
	for name, test := range map[string]struct {
		failed  []string
		err     error
		deleted []string // receipt handles
	}{
		"nothing failed":   {nil, nil, []string{"h000", "h001", "h002"}},
		"two of three":     {[]string{"m0", "m2"}, nil, []string{"h001"}},
		"all":              {[]string{"m0", "m1", "m2"}, nil, nil},
		"the batch failed": {nil, errors.New("panic"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handle := func(context.Context, events.SQSEvent) (response events.SQSEventResponse, err error) {
					for _, id := range test.failed {
						response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
					}
					return response, test.err
				}
				first := true
				var deleted []string
				pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 3, BatchesAtOnce: 1}, handle, func(operation string, body []byte) (int, string) {
					switch {
					case operation == "DeleteMessageBatch":
						var request struct {
							Entries []struct{ ReceiptHandle string }
						}
						if err := json.Unmarshal(body, &request); err != nil {
							t.Error(err)
						}
						for _, entry := range request.Entries {
							deleted = append(deleted, entry.ReceiptHandle)
						}
						return 200, `{}`
					case first:
						first = false
						return 200, messages(3)
					}
					return 200, waits(time.Second)
				})
				if diff := cmp.Diff(test.deleted, deleted); diff != "" {
					t.Errorf("deleted (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWithoutABatchTimeoutABatchHasNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchTimeout, s.Invisible = 0, 0 }, func(ctx context.Context, f *fixture, _ events.SQSMessage) bool {
			if deadline, ok := ctx.Deadline(); ok {
				t.Errorf("the deadline is %s", deadline)
			}
			<-time.After(time.Hour / 2)
			if late := f.poller.Overdue(); late != 0 || ctx.Err() != nil {
				t.Errorf("it is %s late, %v", late, ctx.Err())
			}
			return false
		})
		f.run()
		f.send("a")
		stacktest.Wait(time.Hour - time.Second)
		f.wantCounts(0, 0)
	})
}

// A receive has five seconds for its answer, beyond the 20 s of a long poll. After a failure the poller waits a second.
func TestAReceiveThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 1 }, nil)
		f.disturb = func(operation string, r *http.Request) error {
			if operation == "ReceiveMessage" {
				at = append(at, time.Since(f.start))
			}
			return hangs("ReceiveMessage")(operation, r)
		}
		stop := f.run()
		stacktest.Wait(time.Minute)
		stop()
		if diff := cmp.Diff([]time.Duration{0, 26 * time.Second, 52 * time.Second}, at); diff != "" {
			t.Errorf("receives (-want +got):\n%s", diff)
		}
	})
}

func TestTheLastReceivedMessageIsHandledBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := 0
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			handled++
			<-time.After(time.Minute) // then the poller is to end
			return events.SQSEventResponse{}, nil
		}
		pollFrom(t, time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, handle, func(operation string, _ []byte) (int, string) {
			if operation == "ReceiveMessage" {
				body := strings.Repeat("x", 4<<20) // there is no room for two in a batch
				return 200, `{"Messages":[{"MessageId":"a","ReceiptHandle":"a","Body":"` + body + `"},{"MessageId":"b","ReceiptHandle":"b","Body":"` + body + `"}]}`
			}
			return 200, `{}`
		})
		if handled != 2 {
			t.Errorf("%d messages were handled, want both of the receive", handled)
		}
	})
}

// The next beat comes ten seconds after the last, and must find the connection free.
func TestAHeartbeatThatHangsIsGivenUpAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		took := map[time.Duration]time.Duration{}
		f := setUp(t, nil, takes(25*time.Second))
		f.disturb = func(operation string, r *http.Request) error {
			if operation != "ChangeMessageVisibilityBatch" {
				return nil
			}
			began := time.Now()
			<-r.Context().Done()
			mu.Lock()
			defer mu.Unlock()
			took[began.Sub(f.start)] = time.Since(began)
			return r.Context().Err()
		}
		f.run()
		f.send("a")
		stacktest.Wait(24 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		want := map[time.Duration]time.Duration{10 * time.Second: time.Second, 20 * time.Second: time.Second}
		if diff := cmp.Diff(want, took); diff != "" {
			t.Errorf("how long each beat took (-want +got):\n%s", diff)
		}
	})
}

func TestTheMessagesOfABatchThatFailedAreRenewedNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{}, errors.New("panic")
		}
		calls, _ := pollFrom(t, time.Minute, poller.Settings{BatchSize: 3, BatchesAtOnce: 1}, handle, func(operation string, _ []byte) (int, string) {
			if operation == "ReceiveMessage" && first {
				first = false
				return 200, messages(3)
			}
			return 200, waits(time.Second)
		})
		if n := calls["ChangeMessageVisibilityBatch"]; n > 0 {
			t.Errorf("%d beats", n)
		}
	})
}

// SQS may hang. All deletes of a batch have five seconds, and then the next batch begins.
func TestTheDeletesOfABatchHaveFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Duration
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 1000, 1, time.Second }, nil)
		f.disturb = func(operation string, r *http.Request) error {
			if operation == "ReceiveMessage" {
				last = time.Since(f.start)
			}
			return hangs("DeleteMessageBatch")(operation, r)
		}
		for n := range 110 { // eleven calls, and ten at once
			f.send(fmt.Sprint(n))
		}
		f.run()
		stacktest.Wait(10 * time.Second)
		if want := time.Second + 5*time.Second; last != want || len(f.seen()) != 1 {
			t.Errorf("the next receive is made after %s, want %s; %d batches", last, want, len(f.seen()))
		}
	})
}

func TestAPollerScalesAlsoAfterAQuietTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet := true
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 8 }, func(context.Context, *fixture, events.SQSMessage) bool {
			if !quiet {
				<-time.After(time.Minute)
			}
			return false
		})
		f.run()
		for range 12 {
			f.send("quick")
			stacktest.Wait(100 * time.Millisecond)
		}
		quiet = false
		before := time.Since(f.start)
		for n := range 20 {
			f.send(fmt.Sprint(n))
		}
		stacktest.Wait(30 * time.Second)
		var began []time.Duration
		for _, b := range f.seen()[12:] {
			began = append(began, (b.After-before)/time.Millisecond)
		}
		if diff := cmp.Diff([]time.Duration{0, 0, 0, 0, 0, 200, 400, 600}, began); diff != "" {
			t.Errorf("batches began after ms (-want +got):\n%s", diff)
		}
	})
}

// A full batch of a hundred takes ten receives, one after the other. A loop that makes them is as busy as one that deals with
// a batch: otherwise all loops are hardly ever busy at the same moment.
func TestABacklogOfLargeBatchesUsesAllBatchesAtOnce(t *testing.T) {
	perSecond := map[int]int64{}
	for _, atOnce := range []int{5, 20} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			random, sent := rand.New(rand.NewPCG(1, 2)), 0
			takes := func(ms float64) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(ms * (0.75 + random.Float64()/2) * float64(time.Millisecond))
			}
			start, batches := time.Now(), atomic.Int64{}
			handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
				time.Sleep(takes(300))
				if time.Since(start) > 20*time.Second {
					batches.Add(1)
				}
				return events.SQSEventResponse{}, nil
			}
			pollFrom(t, 30*time.Second, poller.Settings{BatchSize: 100, BatchesAtOnce: atOnce, Window: time.Second}, handle, func(operation string, body []byte) (int, string) {
				time.Sleep(takes(100))
				if operation != "ReceiveMessage" {
					return 200, deleted(body)
				}
				mu.Lock()
				defer mu.Unlock()
				var list []string
				for range 10 {
					sent++
					list = append(list, fmt.Sprintf(`{"MessageId":"m%d","ReceiptHandle":"h%d","Body":"b"}`, sent, sent))
				}
				return 200, `{"Messages":[` + strings.Join(list, ",") + `]}`
			})
			perSecond[atOnce] = batches.Load() * 100 / 10
		})
	}
	if perSecond[20] < 3*perSecond[5] {
		t.Errorf("%d items a second with 20 batches at once, and %d with 5; want three times as many at least", perSecond[20], perSecond[5])
	}
}

// SQS may return fewer messages than it has. If it returns few, there is no backlog: more loops would take more receives.
func TestReceivesOfFiveTellOfABacklog(t *testing.T) {
	for received, want := range map[int]int32{10: 20, 5: 20, 4: 5} {
		t.Run(fmt.Sprint(received), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n, now, most atomic.Int32
				handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
					time.Sleep(100 * time.Millisecond)
					return events.SQSEventResponse{}, nil
				}
				pollFrom(t, 30*time.Second, poller.Settings{BatchSize: 100, BatchesAtOnce: 20, Window: 15 * time.Second}, handle, func(operation string, body []byte) (int, string) {
					if operation != "ReceiveMessage" {
						return 200, deleted(body)
					}
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(300 * time.Millisecond)
					now.Add(-1)
					var list []string
					for range received {
						list = append(list, fmt.Sprintf(`{"MessageId":"m%[1]d","ReceiptHandle":"h%[1]d","Body":"b"}`, n.Add(1)))
					}
					return 200, `{"Messages":[` + strings.Join(list, ",") + `]}`
				})
				if most.Load() != want {
					t.Errorf("at most %d receives at once, want %d", most.Load(), want)
				}
			})
		})
	}
}
