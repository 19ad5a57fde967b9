package poller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
)

// A message may be received again while it waits for its batch. The handler names it once.
func TestAMessageThatIsTwiceInABatchAndFailedIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := false
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "m"}}}, nil
		}
		calls, _ := pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, handle, func(operation string, body []byte) (int, string) {
			switch {
			case operation == "DeleteMessageBatch":
				return 200, deleted(body)
			case received:
				return 200, waits(time.Second)
			}
			received = true
			return 200, `{"Messages":[{"MessageId":"m","ReceiptHandle":"first","Body":"b"},{"MessageId":"m","ReceiptHandle":"second","Body":"b"}]}`
		})
		if n := calls["DeleteMessageBatch"]; n > 0 {
			t.Errorf("%d deletes", n)
		}
	})
}

// The lines of a batch have it, so that they can be told from those of other batches.
func TestEachBatchHasARequestIDOfItsOwn(t *testing.T) {
	for _, timeout := range []time.Duration{timeout, 0} {
		synctest.Test(t, func(t *testing.T) {
			ids := map[string]bool{}
			f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce, s.BatchTimeout = 1, timeout }, func(ctx context.Context, _ *fixture, _ events.SQSMessage) bool {
				if c, ok := lambdacontext.FromContext(ctx); ok {
					ids[c.AwsRequestID] = true
				}
				return false
			})
			f.send("a", "b", "c")
			f.run()
			stacktest.Wait(time.Second)
			if len(ids) != 3 || ids[""] {
				t.Errorf("with a timeout of %s three batches have the ids %v", timeout, ids)
			}
		})
	}
}

// answersPartly polls an endpoint whose first receive gives 25 messages. Of an operation, the call for the first ten of them
// has an answer, and the others succeed half a second later. It returns the log.
func answersPartly(t *testing.T, partly string, status int, answer string) (log string) {
	t.Helper()
	handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
		<-time.After(12 * time.Second) // until after the first beat
		return events.SQSEventResponse{}, nil
	}
	_, log = pollFrom(t, 15*time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, handle, receivedOnce(messages(25), func(operation string, body []byte) (int, string) {
		switch {
		case operation == partly && strings.Contains(string(body), "h000"):
			return status, answer
		case operation == partly:
			<-time.After(500 * time.Millisecond)
		}
		return 200, deleted(body)
	}))
	return log
}

func TestALineCountsTheMessagesForWhichACallFailedAndSaysWhy(t *testing.T) {
	const partly = `{"Successful":[{"Id":"0"},{"Id":"1"},{"Id":"2"},{"Id":"3"},{"Id":"4"},{"Id":"5"},{"Id":"6"},{"Id":"7"}],` +
		`"Failed":[{"Id":"8","Code":"Code","Message":"not now","SenderFault":true}]}` // and nothing of the last one
	for line, operation := range map[string]string{
		"cannot delete messages; they will come back":  "DeleteMessageBatch",
		"cannot keep messages invisible; trying again": "ChangeMessageVisibilityBatch",
	} {
		for _, test := range []struct {
			status       int
			answer, want string
		}{
			{200, partly, `messages=2 error="api error Code: not now"`},
			{200, `{"Successful":[],"Failed":[{"Id":"0","Code":"InternalError","SenderFault":true}]}`, `messages=10 error="api error InternalError: "`},
			{400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}`, "messages=10 error="},
			{400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}`, "gone"},
		} {
			synctest.Test(t, func(t *testing.T) {
				log := answersPartly(t, operation, test.status, test.answer)
				if !strings.Contains(log, " queue=http://endpoint/000000000000/Orders ") {
					t.Errorf("the line does not name the queue: %s", log)
				}
				if strings.Count(log, "\n") != 1 || !strings.Contains(log, line) || !strings.Contains(log, test.want) {
					t.Errorf("%s answers %s, and no line %q with %s:\n%s", operation, test.answer, line, test.want, log)
				}
			})
		}
	}
}

// It is deleted, and SQS would refuse to renew it. A line would say that it could not be kept invisible.
func TestAMessageThatIsDeletedIsNotRenewedWhileTheDeletesOfOthersHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var renewed []string
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			<-time.After(8 * time.Second) // and the beat comes after ten
			return events.SQSEventResponse{}, nil
		}
		pollFrom(t, 15*time.Second, poller.Settings{BatchSize: 10, BatchesAtOnce: 1}, handle, receivedOnce(messages(12), func(operation string, body []byte) (int, string) {
			switch {
			case operation == "ChangeMessageVisibilityBatch":
				var request struct {
					Entries []struct{ ReceiptHandle string }
				}
				if err := json.Unmarshal(body, &request); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, entry := range request.Entries {
					renewed = append(renewed, entry.ReceiptHandle)
				}
			case operation == "DeleteMessageBatch" && strings.Contains(string(body), "h010"):
				<-time.After(3 * time.Second)
			}
			return 200, deleted(body)
		}))
		if diff := cmp.Diff([]string{"h010", "h011"}, renewed); diff != "" {
			t.Errorf("renewed (-want +got):\n%s", diff)
		}
	})
}

// Ten calls are made at once, and all have five seconds. One that hangs is given up before, so that the others get a turn.
func TestDeletesThatHangLeaveTimeForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 1000, 1, time.Second }, nil)
		var deletes atomic.Int32
		f.disturb = func(operation string, r *http.Request) error {
			if operation == "DeleteMessageBatch" && deletes.Add(1) <= 30 {
				<-time.After(time.Second) // the client then makes the next of three attempts
				return io.ErrClosedPipe
			}
			return nil
		}
		for n := range 110 {
			f.send(fmt.Sprint(n))
		}
		f.run()
		stacktest.Wait(10 * time.Second)
		f.wantCounts(0, 100)
	})
}

// The client makes ten calls at once, and the other deletes of a worker wait for their turn.
func TestADeleteMayWaitForItsTurnAsLongAsAllDeletesMayTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, nil)
		f.disturb = func(operation string, r *http.Request) error {
			if operation == "DeleteMessageBatch" {
				select {
				case <-time.After(4900 * time.Millisecond):
				case <-r.Context().Done():
					return r.Context().Err()
				}
			}
			return nil
		}
		f.send("a")
		f.run()
		stacktest.Wait(10 * time.Second)
		f.wantCounts(0, 0)
	})
}

// All batches of a worker are in one process.
func TestAPanicInACallOfThePollerIsAFailedCall(t *testing.T) {
	for _, poisoned := range []string{"DeleteMessageBatch", "ChangeMessageVisibilityBatch", "ReceiveMessage"} {
		t.Run(poisoned, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, nil, takes(15*time.Second))
				var panicked atomic.Bool
				f.disturb = func(operation string, _ *http.Request) error {
					if operation == poisoned && !panicked.Swap(true) {
						panic("poisoned")
					}
					return nil
				}
				f.send("a")
				f.run()
				stacktest.Wait(2 * time.Minute)
				if f.wantCounts(0, 0); !panicked.Load() {
					t.Error("nothing has panicked")
				}
			})
		})
	}
}

// SQS may be overloaded for a moment. The message is classified, and would come back for nothing.
func TestADeleteThatFailsOnceIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Bool
		calls, log := pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 1, BatchesAtOnce: 1}, noFailures, receivedOnce(messages(1), func(operation string, body []byte) (int, string) {
			if !refused.Swap(true) {
				return 503, ""
			}
			return 200, deleted(body)
		}))
		if n := calls["DeleteMessageBatch"]; n != 2 || log != "" {
			t.Errorf("%d deletes, want 2; the log: %s", n, log)
		}
	})
}

// SQS says of each message whether it has deleted it, and one of them may fail alone. The SDK takes such an answer for a success.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
func TestADeleteThatFailsForOneMessageIsMadeAgainForThatOne(t *testing.T) {
	const failed = `{"Successful":[{"Id":"0"},{"Id":"2"}],"Failed":[{"Id":"1","Code":"%s","SenderFault":%t}]}`
	for name, test := range map[string]struct {
		code        string
		senderFault bool
		failures    int // of the call
		deletes     []string
		lines       int
	}{
		"once":             {"InternalError", false, 1, []string{"h000 h001 h002", "h001"}, 0},
		"always":           {"InternalError", false, 9, []string{"h000 h001 h002", "h001", "h001"}, 1},
		"it is our fault":  {"InternalError", true, 9, []string{"h000 h001 h002"}, 1},
		"SQS throttles it": {"RequestThrottled", true, 1, []string{"h000 h001 h002", "h001"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var deletes []string
				_, log := pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 3, BatchesAtOnce: 1}, noFailures, receivedOnce(messages(3), func(operation string, body []byte) (int, string) {
					deletes = append(deletes, handles(body))
					switch {
					case len(deletes) > test.failures:
						return 200, deleted(body)
					case len(deletes) == 1:
						return 200, fmt.Sprintf(failed, test.code, test.senderFault)
					}
					return 200, `{"Successful":[],"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}`
				}))
				if diff := cmp.Diff(test.deletes, deletes); diff != "" {
					t.Errorf("deletes (-want +got):\n%s", diff)
				}
				if strings.Count(log, "\n") != test.lines || strings.Count(log, "messages=1 ") != test.lines || strings.Count(log, "InternalError") != test.lines {
					t.Errorf("want %d lines about one message that say why: %s", test.lines, log)
				}
			})
		})
	}
}

// It comes back, and perhaps to another consumer.
func TestAMessageThatCannotBeDeletedIsRenewedNoMore(t *testing.T) {
	for name, answer := range map[string]string{
		"a call fails":     "",
		"SQS fails always": `{"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, log := pollFrom(t, time.Minute, poller.Settings{BatchSize: 1, BatchesAtOnce: 1}, noFailures, receivedOnce(messages(1), func(operation string, _ []byte) (int, string) {
					return 200, answer
				}))
				if n := calls["ChangeMessageVisibilityBatch"]; n != 0 || !strings.Contains(log, "cannot delete messages") {
					t.Errorf("it is renewed %d times after that: %s", n, log)
				}
			})
		})
	}
}

// The reason that counts is that of the message which is not deleted.
func TestALineSaysWhyAMessageIsNotDeletedThoughOthersWereDeletedAtLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deletes []string
		_, log := pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 4, BatchesAtOnce: 1}, noFailures, receivedOnce(messages(4), func(operation string, body []byte) (int, string) {
			if deletes = append(deletes, handles(body)); len(deletes) > 1 {
				return 200, deleted(body)
			}
			return 200, `{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false},` +
				`{"Id":"2","Code":"InternalError","SenderFault":false},{"Id":"3","Code":"ReceiptHandleIsInvalid","SenderFault":true}]}`
		}))
		if diff := cmp.Diff([]string{"h000 h001 h002 h003", "h001 h002"}, deletes); diff != "" {
			t.Errorf("deletes (-want +got):\n%s", diff)
		}
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, "messages=1 ") || !strings.Contains(log, "ReceiptHandleIsInvalid") {
			t.Errorf("want a line about one message that says why: %s", log)
		}
	})
}

// After a throttle the retryer waits up to 300 ms, and after another error up to 50 and 100 ms.
func TestADeleteOfAMessageThatIsThrottledIsMadeAgainLater(t *testing.T) {
	var longest time.Duration
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			var first time.Time
			pollFrom(t, 3*time.Second, poller.Settings{BatchSize: 1, BatchesAtOnce: 1}, noFailures, receivedOnce(messages(1), func(operation string, _ []byte) (int, string) {
				if first.IsZero() {
					first = time.Now()
				}
				longest = max(longest, time.Since(first))
				return 200, `{"Failed":[{"Id":"0","Code":"ThrottlingException","SenderFault":false}]}`
			}))
		})
	}
	if longest < 200*time.Millisecond || longest > 600*time.Millisecond {
		t.Errorf("two more attempts took %s at most", longest)
	}
}

// SQS would refuse to renew the others, which are deleted.
func TestWhileADeleteIsMadeAgainOnlyItsMessageIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deletes := 0
		var renewed string
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			<-time.After(8 * time.Second) // and the beat comes after ten
			return events.SQSEventResponse{}, nil
		}
		pollFrom(t, 15*time.Second, poller.Settings{BatchSize: 3, BatchesAtOnce: 1}, handle, receivedOnce(messages(3), func(operation string, body []byte) (int, string) {
			if operation == "ChangeMessageVisibilityBatch" {
				renewed += handles(body)
				return 200, deleted(body)
			}
			if deletes++; deletes == 1 {
				return 200, `{"Successful":[{"Id":"0"},{"Id":"2"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]}`
			}
			<-time.After(3 * time.Second)
			return 200, deleted(body)
		}))
		if renewed != "h001" {
			t.Errorf("renewed: %q, want h001", renewed)
		}
	})
}

// handles returns the receipt handles in a request.
func handles(request []byte) string {
	return strings.Join(regexp.MustCompile(`h\d{3}`).FindAllString(string(request), -1), " ")
}

// The heartbeat comes when SQS has deleted the message, and has not said so yet.
func TestAHeartbeatIsNoTroubleWhileAMessageIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handle := func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			time.Sleep(poller.Invisible/3 - 50*time.Millisecond)
			return events.SQSEventResponse{}, nil
		}
		calls, log := pollFrom(t, 15*time.Second, poller.Settings{BatchSize: 1, BatchesAtOnce: 1}, handle, receivedOnce(messages(1), func(operation string, body []byte) (int, string) {
			switch {
			case operation == "DeleteMessageBatch":
				time.Sleep(100 * time.Millisecond)
				return 200, deleted(body)
			}
			return 200, `{"Successful":[],"Failed":[{"Id":"0","Code":"InvalidParameterValue","SenderFault":true,"Message":"gone"}]}`
		}))
		if n := calls["ChangeMessageVisibilityBatch"]; n != 1 || log != "" {
			t.Errorf("%d heartbeats, want 1; the log: %s", n, log)
		}
	})
}

// A batch is dealt with when its messages are deleted.
func TestABatchWhoseDeletesHangIsOverdueToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(90*time.Second))
		f.disturb = hangs("DeleteMessageBatch")
		f.run()
		f.send("a")
		stacktest.Wait(92 * time.Second)
		if late := f.poller.Overdue(); late != 2*time.Second {
			t.Errorf("it is %s over its deadline, want 2s", late)
		}
		stacktest.Wait(5 * time.Second)
		if late := f.poller.Overdue(); late != 0 {
			t.Errorf("it is %s over its deadline after the deletes were given up", late)
		}
	})
}

// What the handler has left running ends, as in a function.
func TestTheContextOfABatchEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batch context.Context
		f := setUp(t, nil, func(ctx context.Context, _ *fixture, _ events.SQSMessage) bool {
			batch = ctx
			return false
		})
		f.run()
		f.send("a")
		stacktest.Wait(time.Second)
		if batch.Err() == nil {
			t.Error("it goes on")
		}
	})
}
