package poller_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/poller"
)

// waits lets time pass in which an endpoint waits for messages.
func waits(d time.Duration) string {
	<-time.After(d)
	return `{"Messages":[]}`
}

// batchesFrom polls an endpoint whose first receive has an answer, and whose others wait in vain. It returns the
// batches as numbers of messages, the log, and the first two receives.
func batchesFrom(t *testing.T, s poller.Settings, first string) (batches []int, log string, receives []map[string]any) {
	t.Helper()
	var mu sync.Mutex
	handle := func(_ context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, len(event.Records))
		return events.SQSEventResponse{}, nil
	}
	s.BatchesAtOnce = 1
	_, log = pollFrom(t, 5*time.Second, s, handle, func(operation string, body []byte) (int, string) {
		if operation != "ReceiveMessage" {
			return 200, `{}`
		}
		var request map[string]any
		if err := json.Unmarshal(body, &request); err != nil {
			t.Error(err)
		}
		mu.Lock()
		receives = append(receives, request)
		isFirst := len(receives) == 1
		mu.Unlock()
		if isFirst {
			return 200, first
		}
		return 200, waits(time.Second)
	})
	return batches, log, receives[:2]
}

// Long polls of 20 s are the longest, and 10 messages the most. The enricher needs the attributes of the message.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func TestAReceiveAsksForAllThatAHandlerNeeds(t *testing.T) {
	for size, most := range map[int]float64{7: 7, 10: 10, 11: 10, 10_000: 10} {
		synctest.Test(t, func(t *testing.T) {
			_, _, receives := batchesFrom(t, poller.Settings{BatchSize: size}, messages(1))
			want := map[string]any{
				"QueueUrl": "http://endpoint/000000000000/Orders", "MaxNumberOfMessages": most, "WaitTimeSeconds": 20.0, "VisibilityTimeout": 30.0,
				"MessageSystemAttributeNames": []any{"All"}, "MessageAttributeNames": []any{"All"},
			}
			if diff := cmp.Diff(want, receives[0]); diff != "" {
				t.Errorf("of a batch of %d: request (-want +got):\n%s", size, diff)
			}
		})
	}
}

// In a window, the next receive waits no longer than the window lasts, and asks for no more than the batch has room.
func TestInAWindowTheNextReceiveIsForTheRest(t *testing.T) {
	for window, wait := range map[time.Duration]float64{2500 * time.Millisecond: 3, 2001 * time.Millisecond: 3, 2 * time.Second: 2, time.Millisecond: 1} {
		synctest.Test(t, func(t *testing.T) {
			_, _, receives := batchesFrom(t, poller.Settings{BatchSize: 5, Window: window}, messages(2))
			if receives[1]["MaxNumberOfMessages"] != 3.0 || receives[1]["WaitTimeSeconds"] != wait {
				t.Errorf("in a window of %s the second receive is %v, want one for 3 messages and %v s", window, receives[1], wait)
			}
		})
	}
}

// The endpoint may be something other than SQS. Nobody could delete such a message.
func TestAMessageThatCannotBeDeletedIsNotHandled(t *testing.T) {
	const good = `{"MessageId":"m","ReceiptHandle":"h","Body":"b"}`
	for name, bad := range map[string]string{
		"no id": `{"ReceiptHandle":"h","Body":"b"}`, "no receipt handle": `{"MessageId":"m","Body":"b"}`, "neither": `{"Body":"b"}`,
	} {
		for _, answer := range []string{bad, bad + "," + good, good + "," + bad} {
			synctest.Test(t, func(t *testing.T) {
				batches, log, _ := batchesFrom(t, poller.Settings{BatchSize: 10}, `{"Messages":[`+answer+`]}`)
				if len(batches) > 0 || !strings.Contains(log, "a message without MessageId or ReceiptHandle") {
					t.Errorf("%s: batches %v, and it logged %s", name, batches, log)
				}
			})
		}
	}
}

// A function's event has up to 6 MiB, and so has a batch of a worker. A message counts with its body, its attributes, and
// 1 KiB for what surrounds them.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func TestABatchHasUpToSixMiB(t *testing.T) {
	const half, envelope = 3 << 20, 1 << 10
	message := func(n, size int, attributes string) string {
		return fmt.Sprintf(`{"MessageId":"m%d","ReceiptHandle":"h%d","Body":%q%s}`, n, n, strings.Repeat("x", size), attributes)
	}
	binary := base64.StdEncoding.EncodeToString(make([]byte, 300)) // 400 characters
	attributes := `,"MessageAttributes":{"name":{"DataType":"String","StringValue":"value"},"blob":{"DataType":"Binary","BinaryValue":"` + binary + `"}}`
	const ofAttributes = len("name") + len("value") + len("blob") + 400
	for name, test := range map[string]struct {
		messages []string
		want     []int
	}{
		"to the last byte":         {[]string{message(0, half-envelope, ""), message(1, half-envelope, "")}, []int{2}},
		"not a byte more":          {[]string{message(0, half-envelope, ""), message(1, half-envelope+1, "")}, []int{1, 1}},
		"with attributes":          {[]string{message(0, half-envelope, ""), message(1, half-envelope-ofAttributes, attributes)}, []int{2}},
		"with attributes too many": {[]string{message(0, half-envelope, ""), message(1, half-envelope-ofAttributes+1, attributes)}, []int{1, 1}},
		"a larger message alone":   {[]string{message(0, 2*half, ""), message(1, 1, "")}, []int{1, 1}},
		"three":                    {[]string{message(0, half, ""), message(1, half/2, ""), message(2, half, "")}, []int{2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				batches, log, _ := batchesFrom(t, poller.Settings{BatchSize: 10}, `{"Messages":[`+strings.Join(test.messages, ",")+`]}`)
				if diff := cmp.Diff(test.want, batches); diff != "" {
					t.Errorf("batches (-want +got):\n%s%s", diff, log)
				}
			})
		})
	}
}

// SQS waits a second at least before it says that there is no message.
func TestAnEmptyAnswerAfterHalfASecondIsAWait(t *testing.T) {
	for waited, failed := range map[time.Duration]bool{499 * time.Millisecond: true, 500 * time.Millisecond: false} {
		synctest.Test(t, func(t *testing.T) {
			handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
				return events.SQSEventResponse{}, nil
			}
			_, log := pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 1, BatchesAtOnce: 1}, handle, func(string, []byte) (int, string) {
				return 200, waits(waited)
			})
			if strings.Contains(log, "does not wait for one") != failed || failed && !strings.Contains(log, "after 499ms") {
				t.Errorf("after %s it logs %q", waited, log)
			}
		})
	}
}

// A window begins with the first messages of a batch. It ends on the second, or when the batch is full.
func TestAWindowIsForOneBatch(t *testing.T) {
	large := func(n, mib int) string {
		return fmt.Sprintf(`{"MessageId":"m%d","ReceiptHandle":"h%d","Body":%q}`, n, n, strings.Repeat("x", mib<<20))
	}
	for name, test := range map[string]struct {
		size    int
		first   string    // answer to the first receive
		waits   []float64 // of the first receives, in seconds
		batches []batch   // with the numbers of their messages
	}{
		"no message":              {5, messages(0), []float64{20, 20, 20}, nil},
		"a message":               {5, messages(1), []float64{20, 2, 20}, []batch{{2 * time.Second, "1"}}},
		"all but one":             {3, messages(2), []float64{20, 2, 20}, []batch{{2 * time.Second, "2"}}},
		"a full batch":            {2, messages(2), []float64{20, 20}, []batch{{0, "2"}}},
		"no room for the payload": {5, `{"Messages":[` + large(0, 4) + `,` + large(1, 4) + `]}`, []float64{20, 2, 20}, []batch{{0, "1"}, {2 * time.Second, "1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var waits []float64
				var batches []batch
				start := time.Now()
				handle := func(_ context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
					mu.Lock()
					defer mu.Unlock()
					batches = append(batches, batch{time.Since(start), fmt.Sprint(len(event.Records))})
					return events.SQSEventResponse{}, nil
				}
				s := poller.Settings{BatchSize: test.size, BatchesAtOnce: 1, Window: 2 * time.Second}
				pollFrom(t, 41*time.Second, s, handle, func(operation string, body []byte) (int, string) {
					if operation != "ReceiveMessage" {
						return 200, `{}`
					}
					var request struct{ WaitTimeSeconds float64 }
					if err := json.Unmarshal(body, &request); err != nil {
						t.Error(err)
					}
					mu.Lock()
					waits = append(waits, request.WaitTimeSeconds)
					first := len(waits) == 1
					mu.Unlock()
					if first && test.first != messages(0) {
						return 200, test.first
					}
					<-time.After(time.Duration(request.WaitTimeSeconds) * time.Second)
					return 200, `{"Messages":[]}`
				})
				if diff := cmp.Diff(test.waits, waits[:len(test.waits)]); diff != "" {
					t.Errorf("receives (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.batches, batches); diff != "" {
					t.Errorf("batches (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// doing is an aws.HTTPClient.
type doing func(*http.Request) (*http.Response, error)

func (do doing) Do(r *http.Request) (*http.Response, error) { return do(r) }

// Calls wait for their turn if there are more than ten, and a beat that waits for deletes comes too late.
func TestTheHeartbeatIsMadeByItsOwnClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var beats atomic.Int32
		s := poller.Settings{BatchSize: 1, BatchesAtOnce: 1, HeartbeatClient: doing(func(r *http.Request) (*http.Response, error) {
			beats.Add(1)
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Successful":[{"Id":"0"}]}`)), Request: r}, nil
		})}
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			time.Sleep(25 * time.Second)
			return events.SQSEventResponse{}, nil
		}
		calls, log := pollFrom(t, time.Second, s, handle, func(operation string, _ []byte) (int, string) {
			if operation == "ReceiveMessage" {
				return 200, messages(1)
			}
			return 200, `{"Successful":[{"Id":"0"}]}`
		})
		if beats.Load() != 2 || calls["ChangeMessageVisibilityBatch"] != 0 || calls["DeleteMessageBatch"] != 1 {
			t.Errorf("%d beats by their client, want 2, and of the other %v: %s", beats.Load(), calls, log)
		}
	})
}

// The client of the other calls gives up after a second, and a long poll lasts for twenty.
func TestReceivesAreMadeByTheirOwnClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var receives atomic.Int32
		s := poller.Settings{BatchSize: 1, BatchesAtOnce: 1, ReceiveClient: doing(func(r *http.Request) (*http.Response, error) {
			answer := messages(1)
			if receives.Add(1) > 1 {
				answer = waits(time.Second)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
		})}
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{}, nil
		}
		calls, log := pollFrom(t, 3*time.Second, s, handle, func(string, []byte) (int, string) { return 200, `{"Successful":[{"Id":"0"}]}` })
		if receives.Load() < 2 || calls["ReceiveMessage"] != 0 || calls["DeleteMessageBatch"] != 1 {
			t.Errorf("%d receives by their client, and of the other %v: %s", receives.Load(), calls, log)
		}
	})
}
