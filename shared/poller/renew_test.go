package poller

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/shared/awsclient"
)

// renewing returns a holder whose calls to renew are answered after a while.
func renewing(after time.Duration, answer string) *holder {
	return answeringWith(func() { time.Sleep(after) }, answer)
}

// answeringWith returns a holder whose calls to renew do something before they are answered.
func answeringWith(do func(), answer string) *holder {
	cfg := awsclient.AtEndpoint("http://endpoint")
	cfg.HTTPClient = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
		do()
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	})}
	return newHolder(sqs.NewFromConfig(cfg), Settings{QueueURL: "http://endpoint/Orders", Invisible: Invisible}, slog.New(slog.DiscardHandler))
}

type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// SQS may have renewed it at any time during the call, so it is ours for 30 s from the call's beginning on.
func TestAMessageIsRenewedFromTheBeginningOfTheCallOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(900*time.Millisecond, `{"Successful":[{"Id":"0"}],"Failed":[]}`)
		h.hold(received("m", "h"), time.Now())
		time.Sleep(10 * time.Second)
		began := time.Now()
		h.renew(t.Context())
		if renewed := h.held["h"].renewed; !renewed.Equal(began) {
			t.Errorf("it is renewed since %s after the call began, want since then", renewed.Sub(began))
		}
	})
}

func TestAMessageThatACallDidNotRenewIsOursNoLongerThanBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(0, `{"Successful":[{"Id":"1"}],"Failed":[{"Id":"0","Code":"Code","Message":"not now","SenderFault":false}]}`)
		start := time.Now()
		h.hold(append(received("m", "h"), received("n", "i")...), start)
		time.Sleep(10 * time.Second)
		h.renew(t.Context())
		if h.held["h"].renewed != start || h.held["i"].renewed != start.Add(10*time.Second) {
			t.Errorf("they are renewed since %s and %s after the start, want 0s and 10s", h.held["h"].renewed.Sub(start), h.held["i"].renewed.Sub(start))
		}
	})
}

// A message that is not renewed takes no place in the call.
func TestAMessageIsRenewedAfterOneThatIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(0, `{"Successful":[{"Id":"1"}],"Failed":[]}`)
		start := time.Now()
		h.hold(append(received("m", "a"), received("n", "b")...), start)
		h.limit(received("m", "a"), start.Add(5*time.Second))
		time.Sleep(10 * time.Second)
		h.renew(t.Context())
		if renewed := h.held["b"].renewed; renewed != start.Add(10*time.Second) {
			t.Errorf("it is renewed since %s after the start, want 10s", renewed.Sub(start))
		}
	})
}

// hundred holds a hundred messages, which are renewed by the first ten calls of a beat. They are made at once.
func hundred(h *holder) {
	for i := range 100 {
		name := fmt.Sprintf("%02d", i)
		h.hold(received(name, name), time.Now())
	}
}

// Ten calls are made at once. As the eleventh begins, SQS may have given the message to another consumer.
func TestAMessageThatAnotherConsumerMayHaveWhenItsTurnComesIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(900*time.Millisecond, `{"Successful":[{"Id":"0"},{"Id":"1"}],"Failed":[]}`)
		start := time.Now()
		hundred(h)
		h.hold(received("old", "the last one"), start)
		h.hold(received("ends", "the last two"), start.Add(time.Minute))
		h.limit(received("ends", "the last two"), start.Add(29*time.Second))
		time.Sleep(28500 * time.Millisecond)
		h.renew(t.Context())
		if held := h.held["the last one"]; held != nil {
			t.Errorf("it is still held, and renewed since %s after the start", held.renewed.Sub(start))
		}
		if renewed := h.held["the last two"].renewed; renewed != start.Add(time.Minute) {
			t.Error("a message is renewed after its deadline")
		}
	})
}

// A message that is received just after a long beat has begun waits for the next one, and would be visible before its turn there.
func TestTheMessagesThatWereNotRenewedForTheLongestTimeGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(900*time.Millisecond, `{"Successful":[{"Id":"0"},{"Id":"1"},{"Id":"2"},{"Id":"3"},{"Id":"4"},{"Id":"5"},{"Id":"6"},{"Id":"7"},{"Id":"8"},{"Id":"9"}]}`)
		start := time.Now()
		for i := range 1990 { // whose renewal takes 18 s
			name := fmt.Sprint(i)
			h.hold(received(name, name), start)
		}
		over := beginBeat(t, h)
		time.Sleep(100 * time.Millisecond)
		for i := range 10 {
			name := fmt.Sprint("new ", i)
			h.hold(received(name, name), time.Now())
		}
		<-over
		h.renew(t.Context())
		if n := len(h.held); n != 2000 {
			t.Fatalf("%d of 2,000 messages are still held", n)
		}
		// The first hundred were renewed before it was received. The next beat, after 18 s, renews them first, too.
		if after := h.held["new 0"].renewed.Sub(start); after != 18900*time.Millisecond {
			t.Errorf("the new message is renewed after %s, want 18.9s", after)
		}
	})
}

// beginBeat begins a beat. The channel is closed when it is over.
func beginBeat(t *testing.T, h *holder) (over chan struct{}) {
	over = make(chan struct{})
	go func() {
		defer close(over)
		h.renew(t.Context())
	}()
	return over
}

// A beat of many calls may take many times longer than one of them.
func TestReleaseWaitsForNoCallsAboutOtherMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(900*time.Millisecond, `{}`)
		hundred(h)
		h.hold(received("m", "the last one"), time.Now())
		over := beginBeat(t, h)
		time.Sleep(500 * time.Millisecond)
		start := time.Now()
		h.release(t.Context(), "00")
		if took := time.Since(start); took != 400*time.Millisecond {
			t.Errorf("it waits for %s, want the 400ms until its own call is over", took)
		}
		<-over
	})
}

// A queue may deliver a message twice. The renewal by its first receipt handle is under way when the second receive is
// given back: for SQS, that handle will do, and the backoff would be gone.
func TestReleaseWaitsForACallThatRenewsAnEarlierReceiveOfTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(900*time.Millisecond, `{"Successful":[{"Id":"0"}],"Failed":[]}`)
		h.hold(received("m", "first"), time.Now())
		time.Sleep(10 * time.Second)
		over := beginBeat(t, h)
		time.Sleep(100 * time.Millisecond)
		h.hold(received("m", "second"), time.Now())
		start := time.Now()
		h.release(t.Context(), "second")
		if took := time.Since(start); took != 800*time.Millisecond {
			t.Errorf("it returns after %s, want 800ms, when the call is over", took)
		}
		<-over
	})
}

func TestTheHeartbeatEndsWithTheCallsThatAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := renewing(900*time.Millisecond, `{}`)
		h.hold(received("m", "h"), time.Now())
		start := time.Now()
		stop := h.start()
		time.Sleep(10100 * time.Millisecond)
		stop()
		if after := time.Since(start); after != 10900*time.Millisecond {
			t.Errorf("it ends after %s, want 10.9s", after)
		}
	})
}

// Calls of two beats would wait for the same connections, and time out.
func TestABeatBeginsWhenTheLastOneIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		h := answeringWith(func() {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(900 * time.Millisecond)
			now.Add(-1)
		}, `{}`)
		start := time.Now()
		for i := range 2000 { // whose renewal takes 18 s
			name := fmt.Sprint(i)
			h.hold(received(name, name), start.Add(time.Hour))
		}
		stop := h.start()
		time.Sleep(35 * time.Second)
		stop()
		if n := most.Load(); n != awsclient.MaxConnections {
			t.Errorf("%d calls at once, want %d", n, awsclient.MaxConnections)
		}
	})
}

// Polls run beside each other. The handler has given the message back by its newest receipt handle, and a beat would take
// the backoff away.
func TestAnOlderReceiveWhoseAnswerComesAfterAMessageWasGivenBackIsNotRenewed(t *testing.T) {
	h, _ := holding()
	receive := func(handle, receives string) {
		m := received("m", handle)
		m[0].Attributes = map[string]string{"ApproximateReceiveCount": receives}
		h.hold(m, time.Now())
	}
	receive("second", "2")
	h.release(t.Context(), "second")
	receive("first", "1")
	if len(h.held) > 0 {
		t.Errorf("it renews %v", slices.Collect(maps.Keys(h.held)))
	}
}
