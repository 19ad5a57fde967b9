package verify

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"simple-sam-demo/internal/target"
)

func TestAStackThatAnswersIsTold(t *testing.T) {
	answers := func(status int, id, body string) roundTripper {
		return func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"X-Amzn-Requestid": {id}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}
	}
	for name, test := range map[string]struct {
		api   roundTripper
		there bool
		want  string // in the error
	}{
		"it works":           {answers(404, "a", `{"message":"Item not found."}`), true, ""},
		"its table is gone":  {answers(503, "a", `{"message":"Try again."}`), false, `the stack that runs at http://api is broken, it answers 503 {"message":"Try again."}: see what it prints and start it again`},
		"its function fails": {answers(502, "a", `{"message":"Internal server error"}`), false, "is broken, it answers 502"},
		"it is stopped": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, false, "http://api has not answered within 10s: stop what listens there, or choose another address with -api host:port"},
		"another program fails": {answers(503, "", "busy"), false, ""},
		"nothing listens": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				there, err := isThere(t.Context(), newAPI(&target.Target{API: "http://api"}, &http.Client{Transport: test.api}))
				if there != test.there || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("%t, %v; want %t, %q", there, err, test.there, test.want)
				}
			})
		})
	}
}

func TestWhoInterruptsIsNotToldOfAStack(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if there, err := isThere(ctx, newAPI(&target.Target{API: "http://api"}, http.DefaultClient)); there || err != context.Canceled {
		t.Errorf("%t, %v", there, err)
	}
}
