package poller_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/poller"
)

// takes returns a handle that takes a time, whatever the context says.
func takes(d time.Duration) handle {
	return func(context.Context, *fixture, events.SQSMessage) bool {
		<-time.After(d)
		return false
	}
}

func TestABatchThatTakesLongKeepsItsMessagesInvisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(timeout-time.Second))
		f.run()
		f.send("a")
		stacktest.Wait(10 * time.Minute)
		if diff := cmp.Diff([]batch{{0, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 0)
	})
}

func TestMessagesStayInvisibleWhileTheirBatchWaitsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := 300 * time.Second
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = 10, 1, window }, nil)
		f.run()
		f.send("a", "b")
		stacktest.Wait(time.Hour)
		if diff := cmp.Diff([]batch{{window, "a b"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// A process that is killed makes no calls any more. Its messages must not wait for the queue's own
// visibility timeout, which is an hour here.
func TestTheMessagesOfAConsumerThatWasKilledComeBackSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		killed := make(chan struct{})
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 1 }, func(ctx context.Context, _ *fixture, m events.SQSMessage) bool {
			<-ctx.Done()
			return true
		})
		f.disturb = func(_ string, r *http.Request) error {
			select {
			case <-killed:
				return errors.New("killed")
			default:
				return nil
			}
		}
		f.run()
		f.send("a")
		stacktest.Wait(45 * time.Second)
		close(killed)
		f.wantCounts(0, 1)
		stacktest.Wait(poller.Invisible)
		f.wantCounts(1, 0)
	})
}

// The deletes have time of their own.
func TestABatchThatEndsAtItsDeadlineIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(timeout))
		f.run()
		f.send("a")
		stacktest.Wait(10 * time.Minute)
		if diff := cmp.Diff([]batch{{0, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		f.wantCounts(0, 0)
	})
}

func TestABatchThatNeverEndsGivesItsMessagesBackAfterItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(time.Hour))
		f.run()
		f.send("a")
		stacktest.Wait(timeout + time.Second)
		f.wantCounts(0, 1)
		if late := f.poller.Overdue(); late != time.Second {
			t.Errorf("a batch is %s over its deadline, want 1s", late)
		}
		stacktest.Wait(poller.Invisible)
		if got := f.seen(); len(got) != 2 {
			t.Errorf("batches %v, want the message twice", got)
		}
	})
}

// Batches end in another order than they begin.
func TestABatchThatNeverEndsIsOverdueWhateverBecomesOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, func(_ context.Context, _ *fixture, m events.SQSMessage) bool {
			last := time.Second
			if m.Body == "hangs" {
				last = time.Hour
			}
			<-time.After(last)
			return false
		})
		f.run()
		for _, body := range []string{"before", "hangs", "after", "later"} {
			f.send(body)
			stacktest.Wait(750 * time.Millisecond)
		}
		stacktest.Wait(timeout)
		if late := f.poller.Overdue(); late != 2250*time.Millisecond {
			t.Errorf("a batch is %s over its deadline, want 2.25s", late)
		}
	})
}

func TestABatchInTimeIsNotOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(timeout-time.Second))
		f.run()
		f.send("a")
		for range 20 {
			stacktest.Wait(10 * time.Second)
			if late := f.poller.Overdue(); late != 0 {
				t.Fatalf("a batch is %s over its deadline", late)
			}
		}
	})
}

// giveBack returns a handle that sets a message's visibility timeout, and goes on for some time.
// It leaves a message alone that is not the poller's any more.
func giveBack(after, goesOn time.Duration) handle {
	return func(ctx context.Context, f *fixture, m events.SQSMessage) bool {
		if until := f.poller.Release(ctx, m.ReceiptHandle); !time.Now().Before(until) {
			<-time.After(goesOn)
			return true
		}
		_, err := f.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: &f.url, ReceiptHandle: &m.ReceiptHandle, VisibilityTimeout: int32(after / time.Second),
		})
		if err != nil {
			f.t.Error(err)
		}
		<-time.After(goesOn)
		return true
	}
}

func TestAMessageThatTheHandlerGivesBackComesBackWhenTheHandlerSays(t *testing.T) {
	for _, after := range []time.Duration{5 * time.Second, 10 * time.Minute} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := setUp(t, nil, giveBack(after, 25*time.Second))
				f.run()
				f.send("a")
				stacktest.Wait(after + time.Second)
				if diff := cmp.Diff([]batch{{0, "a"}, {after, "a"}}, f.seen()); diff != "" {
					t.Errorf("batches (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// The call that renews the message is on its way when the handler gives it back. It must not arrive
// later.
func TestReleaseWaitsForACallThatIsUnderWay(t *testing.T) {
	for name, beat := range map[string]time.Duration{"the first beat": 10 * time.Second, "the second beat": 20 * time.Second} {
		t.Run(name, func(t *testing.T) { releaseWaitsFor(t, beat) })
	}
}

func releaseWaitsFor(t *testing.T, beat time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, func(ctx context.Context, f *fixture, m events.SQSMessage) bool {
			<-time.After(beat + 100*time.Millisecond) // in the middle of it
			return giveBack(2*time.Second, 0)(ctx, f, m)
		})
		f.disturb = func(operation string, _ *http.Request) error {
			if operation == "ChangeMessageVisibilityBatch" {
				<-time.After(500 * time.Millisecond)
			}
			return nil
		}
		f.run()
		f.send("a")
		stacktest.Wait(beat + 20*time.Second)
		if got := f.seen(); len(got) < 2 || got[1].After != beat+2500*time.Millisecond {
			t.Errorf("batches %v, want the second 2.5 s after the beat", got)
		}
	})
}

func TestAHeartbeatThatFailsOnceIsMadeAgainInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, takes(timeout-time.Second))
		beats := 0
		f.disturb = func(operation string, _ *http.Request) error {
			if operation == "ChangeMessageVisibilityBatch" && time.Since(f.start) < 15*time.Second {
				beats++
				return errors.New("connection lost")
			}
			return nil
		}
		f.run()
		f.send("a")
		stacktest.Wait(10 * time.Minute)
		if got := f.seen(); len(got) != 1 || beats == 0 {
			t.Errorf("batches %v after %d beats that failed, want one", got, beats)
		}
	})
}

func TestAMessageThatFailedIsNotKeptInvisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, nil, func(context.Context, *fixture, events.SQSMessage) bool { return true })
		f.run()
		f.send("a")
		stacktest.Wait(poller.Invisible + time.Second)
		if diff := cmp.Diff([]batch{{0, "a"}, {poller.Invisible, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// A consumer gets a message again while it still deals with it, because of a late call about an earlier receive, say. It
// then gives the message back by its newest receipt handle. For SQS, an older one will do to renew it.
func TestAMessageThatWasReceivedAgainIsRenewedByItsNewestReceiptHandleAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var received atomic.Int32
		f := setUp(t, nil, func(ctx context.Context, f *fixture, m events.SQSMessage) bool {
			switch received.Add(1) {
			case 1:
				<-time.After(5 * time.Second)
				if _, err := f.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &f.url, ReceiptHandle: &m.ReceiptHandle}); err != nil {
					t.Error(err)
				}
				<-time.After(75 * time.Second)
				return true
			case 2:
				return giveBack(15*time.Minute, 0)(ctx, f, m)
			}
			return false
		})
		f.run()
		f.send("a")
		stacktest.Wait(20 * time.Minute)
		want := []batch{{0, "a"}, {5 * time.Second, "a"}, {15*time.Minute + 5*time.Second, "a"}}
		if diff := cmp.Diff(want, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// The heartbeat fails for too long, and somebody else gets the message. For SQS, the first receipt handle would do to
// change for how long that one has it.
func TestAMessageThatAnotherConsumerMayHaveIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 1 }, takes(timeout-time.Second))
		f.beatsFail(35 * time.Second)
		f.run()
		f.send("a")
		stacktest.Wait(poller.Invisible + time.Second)
		f.anotherReceives()
		stacktest.Wait(9 * time.Minute)
		if diff := cmp.Diff([]batch{{0, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// The messages are invisible from when SQS chooses them, and not from when the poller hears of them.
func TestAMessageWhoseReceiveWasAnsweredLateIsNotTakenFromAnotherConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const answered, beat = 4 * time.Second, 30 * time.Second
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 1 }, takes(timeout-time.Second))
		f.late = func(operation string) time.Duration {
			if operation == "ReceiveMessage" && time.Since(f.start) < answered {
				return answered
			}
			return 0
		}
		f.beatsFail(beat)
		f.send("a")
		f.run()
		time.Sleep(beat)
		f.anotherReceives()
		stacktest.Wait(9 * time.Minute)
		if diff := cmp.Diff([]batch{{answered, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// It is invisible since then, and not since the receive began. Otherwise the beat at 30 s would take it for another
// consumer's: that receive began at 0.5 s.
func TestAMessageThatComesLateInALongPollIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchesAtOnce = 1 }, func(_ context.Context, _ *fixture, m events.SQSMessage) bool {
			if m.Body == "late" {
				<-time.After(timeout - time.Second)
			}
			return false
		})
		f.run()
		time.Sleep(500 * time.Millisecond)
		f.send("early")
		time.Sleep(19700 * time.Millisecond)
		f.send("late")
		stacktest.Wait(poller.Invisible + 10*time.Second)
		f.wantCounts(0, 1)
		stacktest.Wait(10 * time.Minute)
		if diff := cmp.Diff([]batch{{500 * time.Millisecond, "early"}, {20200 * time.Millisecond, "late"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// One after the other, the calls for so many messages would take 40 s.
func TestThousandsOfMessagesAreRenewedInTime(t *testing.T) {
	const messages = 2000
	synctest.Test(t, func(t *testing.T) {
		took := false
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce, s.Window = messages, 1, time.Second }, func(context.Context, *fixture, events.SQSMessage) bool {
			if !took {
				<-time.After(timeout - time.Second)
			}
			took = true
			return false
		})
		f.disturb = func(operation string, _ *http.Request) error {
			if operation == "ChangeMessageVisibilityBatch" {
				<-time.After(200 * time.Millisecond)
			}
			return nil
		}
		f.send(slices.Repeat([]string{"a"}, messages)...)
		f.run()
		stacktest.Wait(45 * time.Second)
		f.wantCounts(0, messages)
		stacktest.Wait(10 * time.Minute)
		if got := f.seen(); len(got) != 1 || len(strings.Fields(got[0].Bodies)) != messages {
			t.Errorf("%d batches, want one with all messages", len(got))
		}
		f.wantCounts(0, 0)
	})
}

func TestAMessageThatFailedIsNotRenewedWhileTheOthersAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t, func(s *poller.Settings) { s.BatchSize, s.BatchesAtOnce = 2, 1 }, func(_ context.Context, _ *fixture, m events.SQSMessage) bool {
			<-time.After(4500 * time.Millisecond)
			return m.Body == "a"
		})
		f.disturb = hangs("DeleteMessageBatch")
		f.send("a", "b")
		f.run()
		stacktest.Wait(poller.Invisible + time.Second)
		if diff := cmp.Diff([]batch{{0, "a b"}, {poller.Invisible, "a"}}, f.seen()); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}
