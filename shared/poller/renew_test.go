package poller

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/shared/awsclient"
)

// renewing returns a holder whose calls to renew are answered after a while.
func renewing(after time.Duration, answer string) *holder {
	cfg := awsclient.AtEndpoint("http://endpoint")
	cfg.HTTPClient = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
		time.Sleep(after)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	})}
	return newHolder(sqs.NewFromConfig(cfg), "http://endpoint/Orders", Invisible, slog.New(slog.DiscardHandler))
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
