package sqs

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

var (
	sendMessage    = onQueue((*Service).sendMessage)
	receiveMessage = onQueue((*Service).receiveMessage)
	deleteMessage  = onQueue((*Service).deleteMessage)
)

// backlog returns a service with one queue that holds n short messages.
func backlog(tb testing.TB, n int) (*Service, *queue) {
	tb.Helper()
	s := New("us-east-1", "000000000000")
	if _, err := s.createQueue(tb.Context(), &createQueueRequest{QueueName: "Orders"}); err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		// Each body is a new string, so that each message takes memory of its own.
		in := &sendRequest{queueRequest{"Orders"}, sendEntry{MessageBody: fmt.Sprintf(`{"id":"%032x"}`, i)}}
		if _, err := sendMessage(s, tb.Context(), in); err != nil {
			tb.Fatal(err)
		}
	}
	return s, s.queues["Orders"]
}

// receiveAndDelete receives one message and deletes it.
func receiveAndDelete(tb testing.TB, s *Service) {
	out, err := receiveMessage(s, tb.Context(), &receiveRequest{queueRequest: queueRequest{"Orders"}})
	if err != nil || len(out.Messages) != 1 {
		tb.Fatal(out, err)
	}
	_, err = deleteMessage(s, tb.Context(), &receiptRequest{queueRequest{"Orders"}, receiptEntry{ReceiptHandle: out.Messages[0].ReceiptHandle}})
	if err != nil {
		tb.Fatal(err)
	}
}

// Other emulators slow down when 200,000 messages are queued. Here only the processor's caches
// make a difference between the two sizes.
func BenchmarkReceiveAndDelete(b *testing.B) {
	for _, size := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("backlog=%d", size), func(b *testing.B) {
			s, _ := backlog(b, size)
			body := &sendRequest{queueRequest{"Orders"}, sendEntry{MessageBody: "x"}}
			b.ReportAllocs()
			for b.Loop() {
				receiveAndDelete(b, s)
				if _, err := sendMessage(s, b.Context(), body); err != nil { // so the queue keeps its size
					b.Fatal(err)
				}
			}
		})
	}
}

func TestABacklogOf100000MessagesIsSmallAndFast(t *testing.T) {
	const n = 100_000
	before := heapInUse()
	s, q := backlog(t, n)
	if each := (heapInUse() - before) / n; each > 1024 {
		t.Errorf("a short message takes %d bytes, want at most 1024", each)
	}
	small, _ := backlog(t, 1_000)
	fast, slow := timeToReceive(t, small), timeToReceive(t, s)
	if slow > 20*fast { // with a linear search it would be 100*fast
		t.Errorf("100 messages take %s with 1,000 queued, and %s with 100,000", fast, slow)
	}
	if left := len(q.messages); left != n-500 {
		t.Errorf("%d messages are left, want %d", left, n-500)
	}
}

func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// timeToReceive returns how long it takes to receive and delete 100 messages. It measures five
// times and returns the shortest time, as other programs may slow the machine down.
func timeToReceive(t *testing.T, s *Service) time.Duration {
	best := time.Hour
	for range 5 {
		start := time.Now()
		for range 100 {
			receiveAndDelete(t, s)
		}
		best = min(best, time.Since(start))
	}
	return best
}

// fillInFlight returns a service with one queue. The queue has maxInFlight messages in flight, and
// some more that are visible.
func fillInFlight(t *testing.T, more int) (s *Service, q *queue, inFlight []*message) {
	s, q = backlog(t, 0)
	now := time.Now()
	for range maxInFlight + more { // not over the protocol, which would take longer
		s.serial++
		q.add(&message{serial: s.serial, sent: now}, now, now)
	}
	return s, q, s.take(q, maxInFlight, time.Minute, now)
}

func receiveWithin(t *testing.T, s *Service, seconds int) (int, error) {
	out, err := receiveMessage(s, t.Context(), &receiveRequest{queueRequest: queueRequest{"Orders"}, MaxNumberOfMessages: new(10), WaitTimeSeconds: &seconds})
	return len(out.Messages), err
}

// At the limit, a short poll gets the error OverLimit. A long poll gets no message and no error.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func TestNoMoreThan120000MessagesAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q, taken := fillInFlight(t, 5)
		if len(taken) != maxInFlight || len(s.take(q, 1, time.Minute, time.Now())) > 0 {
			t.Errorf("%d messages, or more, can be in flight", len(taken))
		}
		if n, err := receiveWithin(t, s, 5); n != 0 || err != nil {
			t.Errorf("a long poll receives %d messages (error %v), want none", n, err)
		}
		var e *apiError
		if _, err := receiveWithin(t, s, 0); !errors.As(err, &e) || e.Query != "OverLimit" {
			t.Errorf("a short poll: got %v, want OverLimit", err)
		}
		<-time.After(time.Minute) // the messages become visible again
		if n, err := receiveWithin(t, s, 0); n != 10 || err != nil {
			t.Errorf("afterwards: %d messages (error %v), want 10", n, err)
		}
	})
}

func TestALongPollReceivesAsSoonAsFewerMessagesAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q, taken := fillInFlight(t, 5)
		start := time.Now()
		time.AfterFunc(3*time.Second, func() {
			handle := taken[0].receiptHandle(q.name)
			if _, err := deleteMessage(s, t.Context(), &receiptRequest{queueRequest{"Orders"}, receiptEntry{ReceiptHandle: handle}}); err != nil {
				t.Error(err)
			}
		})
		n, err := receiveWithin(t, s, 20)
		if after := time.Since(start); n != 1 || err != nil || after != 3*time.Second {
			t.Errorf("%d messages after %s (error %v), want 1 after 3s", n, after, err)
		}
	})
}
