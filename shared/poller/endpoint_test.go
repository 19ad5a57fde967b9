package poller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/poller"
)

// endpoint answers in the place of SQS, and counts the calls.
type endpoint struct {
	answer func(operation string, body []byte) (status int, answer string)

	mu    sync.Mutex
	calls map[string]int
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.calls[operation]++
	e.mu.Unlock()
	status, answer := e.answer(operation, body)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// pollFrom polls an endpoint for so long. It returns how often each operation was called, and the log.
func pollFrom(t *testing.T, d time.Duration, s poller.Settings, handle poller.Handle, answer func(operation string, body []byte) (int, string)) (map[string]int, string) {
	t.Helper()
	e := &endpoint{answer: answer, calls: map[string]int{}}
	var log bytes.Buffer
	cfg := awsclient.AtEndpoint("http://endpoint")
	cfg.HTTPClient = &http.Client{Transport: e}
	s.QueueURL, s.BatchTimeout, s.Invisible, s.FinishReceives = "http://endpoint/000000000000/Orders", timeout, poller.Invisible, true
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	poller.New(cfg, s, handle, slog.New(slog.NewTextHandler(&log, nil))).Run(ctx)
	return e.calls, log.String()
}

// receivedOnce has an answer to the first receive. Each later one waits for a second, in vain. Another function answers the
// other calls.
func receivedOnce(first string, others func(operation string, body []byte) (int, string)) func(operation string, body []byte) (int, string) {
	var received atomic.Bool
	return func(operation string, body []byte) (int, string) {
		switch {
		case operation != "ReceiveMessage":
			return others(operation, body)
		case received.Swap(true):
			return 200, waits(time.Second)
		}
		return 200, first
	}
}

// messages is an answer to ReceiveMessage.
func messages(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"MessageId":"m%d","ReceiptHandle":"h%03d","Body":"b"}`, i, i))
	}
	return `{"Messages":[` + strings.Join(list, ",") + `]}`
}

// SQS waits before it says that there is no message. Whoever does not would be asked thousands of times a
// second.
func TestAnEndpointThatDoesNotWaitForMessagesIsAskedOnceASecond(t *testing.T) {
	for name, answer := range map[string]string{"nothing": "", "no messages": "{}", "an empty list": `{"Messages":[]}`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, log := pollFrom(t, 59500*time.Millisecond, poller.Settings{BatchSize: 10, BatchesAtOnce: 5}, nil,
					func(string, []byte) (int, string) { return 200, answer })
				if got := calls["ReceiveMessage"]; got != 5*60 {
					t.Errorf("%d receives in a minute, want one a second from each of 5 loops", got)
				}
				if !strings.Contains(log, "does not wait for one") {
					t.Errorf("the log does not say why: %s", log)
				}
			})
		})
	}
}

func TestReceivesThatFailAreLoggedOnceInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, log := pollFrom(t, 59500*time.Millisecond, poller.Settings{BatchSize: 10, BatchesAtOnce: 5}, nil,
			func(string, []byte) (int, string) {
				return 400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}`
			})
		if lines := strings.Count(log, "\n"); lines != 6 {
			t.Errorf("%d lines in a minute, want 6:\n%s", lines, log)
		}
		if !strings.Contains(log, "failures=50 ") || !strings.Contains(log, "gone") {
			t.Errorf("no line says that 50 receives have failed, and why:\n%s", log)
		}
	})
}

// The second disturbance begins minutes after the first one, of which most failures came after its only line.
func TestReceivesThatFailedLongAgoAreNotCountedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, log := pollFrom(t, 3*time.Minute+5*time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 5}, nil,
			func(string, []byte) (int, string) {
				if since := time.Since(start); since < 9*time.Second || since > 3*time.Minute {
					return 503, ""
				}
				return 200, waits(time.Second)
			})
		if strings.Count(log, "\n") != 2 || strings.Count(log, "failures=1 ") != 2 {
			t.Errorf("want two lines about one failure each:\n%s", log)
		}
	})
}

func TestMoreMessagesThanAskedForAreAFullBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := false
		start := time.Now()
		var batches []string
		calls, log := pollFrom(t, time.Minute, poller.Settings{BatchSize: 10, BatchesAtOnce: 1, Window: 5 * time.Second},
			func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
				batches = append(batches, fmt.Sprint(len(e.Records), " after ", time.Since(start)))
				return events.SQSEventResponse{}, nil
			},
			func(operation string, body []byte) (int, string) {
				switch {
				case operation == "DeleteMessageBatch":
					return 200, deleted(body)
				case received:
					<-time.After(poller.LongPoll)
					return 200, "{}"
				}
				received = true
				return 200, messages(25)
			})
		if diff := cmp.Diff([]string{"25 after 0s"}, batches); diff != "" || log != "" || calls["DeleteMessageBatch"] != 3 {
			t.Errorf("batches (-want +got):\n%s%d deletes; the log: %s", diff, calls["DeleteMessageBatch"], log)
		}
	})
}

// deleted is the answer that all entries of a batch are done.
func deleted(request []byte) string {
	var done []string
	for i := range bytes.Count(request, []byte(`"Id"`)) {
		done = append(done, fmt.Sprintf(`{"Id":"%d"}`, i))
	}
	return `{"Successful":[` + strings.Join(done, ",") + `],"Failed":[]}`
}

// A message may be received again while it waits for its batch, and SQS refuses a call of which two entries have one id.
func TestAMessageThatIsTwiceInABatchIsDeletedByBothReceiptHandles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := false
		var deletes []string
		pollFrom(t, 30*time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, noFailures,
			func(operation string, body []byte) (int, string) {
				switch {
				case operation == "DeleteMessageBatch":
					var request struct {
						Entries []struct{ Id, ReceiptHandle string }
					}
					if err := json.Unmarshal(body, &request); err != nil {
						t.Error(err)
					}
					for _, e := range request.Entries {
						deletes = append(deletes, e.Id+" "+e.ReceiptHandle)
					}
					return 200, deleted(body)
				case received:
					<-time.After(poller.LongPoll)
					return 200, "{}"
				}
				received = true
				return 200, `{"Messages":[{"MessageId":"m","ReceiptHandle":"first","Body":"b"},{"MessageId":"m","ReceiptHandle":"second","Body":"b"}]}`
			})
		if diff := cmp.Diff([]string{"0 first", "1 second"}, deletes); diff != "" {
			t.Errorf("deletes (-want +got):\n%s", diff)
		}
	})
}

// A batch may have thousands of messages, and a process that is told to stop has two minutes.
func TestAfterADeleteThatHangsTheOthersAreNotTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		calls, log := pollFrom(t, time.Second, poller.Settings{BatchSize: 1000, BatchesAtOnce: 1, Window: time.Second}, noFailures,
			receivedOnce(messages(1000), func(operation string, _ []byte) (int, string) {
				if operation == "DeleteMessageBatch" {
					<-time.After(time.Minute)
				}
				return 503, ""
			}))
		if took := time.Since(start); took > 2*time.Minute || calls["DeleteMessageBatch"] > 10 {
			t.Errorf("it took %s, with %d deletes", took, calls["DeleteMessageBatch"])
		}
		if !strings.Contains(log, "messages=1000") {
			t.Errorf("the log does not say how many are left: %s", log)
		}
	})
}

func noFailures(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return events.SQSEventResponse{}, nil
}

// The SDK takes an empty 200 for a success.
func TestAnEmptyAnswerIsNotTakenForASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, log := pollFrom(t, time.Minute, poller.Settings{BatchSize: 20, BatchesAtOnce: 1, Window: time.Second},
			func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
				<-time.After(15 * time.Second)
				return events.SQSEventResponse{}, nil
			},
			receivedOnce(messages(20), func(string, []byte) (int, string) { return 200, "" }))
		for _, want := range []string{"cannot keep messages invisible", "cannot delete messages"} {
			if !strings.Contains(log, want) || !strings.Contains(log, awsclient.ErrNoAnswer.Error()) {
				t.Errorf("no line %q: %s", want, log)
			}
		}
	})
}

// A call takes 50 ms here. One after the other, the calls for 5,000 messages would take 25 s, and some messages
// would become visible meanwhile.
func TestAHeartbeatIsInTimeForThousandsOfMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var last time.Duration
		calls, log := pollFrom(t, time.Second, poller.Settings{BatchSize: 5_000, BatchesAtOnce: 1, Window: time.Second},
			func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
				<-time.After(17 * time.Second)
				return events.SQSEventResponse{}, nil
			},
			receivedOnce(messages(5_000), func(operation string, body []byte) (int, string) {
				if operation == "ChangeMessageVisibilityBatch" {
					<-time.After(50 * time.Millisecond)
					mu.Lock()
					defer mu.Unlock()
					last = max(last, time.Since(start))
				}
				return 200, deleted(body)
			}))
		if calls["ChangeMessageVisibilityBatch"] != 500 || last > poller.Invisible/2 {
			t.Errorf("%d calls, the last after %s: %s", calls["ChangeMessageVisibilityBatch"], last, log)
		}
	})
}

// A wait is in whole seconds, rounded up. So the last receive of a window may end after it.
func TestABatchIsHandedOverWhenItsWindowIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		receives, start := 0, time.Now()
		var handed time.Duration
		var size int
		handle := func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			if size == 0 {
				handed, size = time.Since(start), len(e.Records)
			}
			return events.SQSEventResponse{}, nil
		}
		pollFrom(t, 5*time.Second, poller.Settings{BatchSize: 100, BatchesAtOnce: 1, Window: time.Second}, handle, func(operation string, body []byte) (int, string) {
			if operation != "ReceiveMessage" {
				return 200, deleted(body)
			}
			if receives++; receives > 1 {
				time.Sleep(1500 * time.Millisecond)
			}
			return 200, fmt.Sprintf(`{"Messages":[{"MessageId":"m%[1]d","ReceiptHandle":"h%[1]d","Body":"b"}]}`, receives)
		})
		if handed != 1500*time.Millisecond || size != 2 {
			t.Errorf("the first batch has %d messages, after %s; want two after 1.5s", size, handed)
		}
	})
}
