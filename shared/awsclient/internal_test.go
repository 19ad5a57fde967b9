package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestOnlyALongerWaitThanOursIsShortened(t *testing.T) {
	for asked, want := range map[string]string{"": "", "soon": "soon", "20": "20", "299": "299", "300": "300", "301": "300", "4000": "300", "99999999999999999999": "300"} {
		header := http.Header{}
		if asked != "" {
			header.Set("X-Amz-Retry-After", asked)
		}
		if shortenRetryAfter(header); header.Get("X-Amz-Retry-After") != want {
			t.Errorf("%q becomes %q, want %q", asked, header.Get("X-Amz-Retry-After"), want)
		}
	}
}

// connect_test.go has the handshake. A host that does not answer when a connection is opened cannot be had in a test.
func TestToOpenAConnectionTakesNoLongerThanAnAttempt(t *testing.T) {
	client := NewHTTPClient().(*limited).client.(*awshttp.BuildableClient)
	if got := client.GetDialer().Timeout; got != time.Second {
		t.Errorf("a dial takes up to %s, want 1s", got)
	}
}

func TestAReserveIsTakenFromADeadlineIfThereIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := BeforeDeadline(t.Context(), time.Second)
		if _, ok := ctx.Deadline(); ok || ctx.Err() != nil {
			t.Errorf("without a deadline: it has one, or has ended: %v", ctx.Err())
		}
		if cancel(); ctx.Err() != context.Canceled {
			t.Errorf("after the call of its function: %v", ctx.Err())
		}
		now := time.Now()
		outer, cancelOuter := context.WithDeadline(t.Context(), now.Add(30*time.Second))
		defer cancelOuter()
		ctx, cancel = BeforeDeadline(outer, time.Second)
		defer cancel()
		if deadline, _ := ctx.Deadline(); deadline.Sub(now) != 29*time.Second {
			t.Errorf("it ends after %s, want 29s", deadline.Sub(now))
		}
	})
}

// closer is a body that notes whether it was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return errors.New("closed")
}

type doing func(*http.Request) (*http.Response, error)

func (do doing) RoundTrip(r *http.Request) (*http.Response, error) { return do(r) }

// https://pkg.go.dev/net/http#RoundTripper: it closes the body and does not change the request.
func TestARequestsBodyIsSentAsAWhole(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		length int64 // as the request says
		whole  bool  // read before it is sent
		fails  bool
	}{
		"of known length":   {"body", 4, true, false},
		"of one byte":       {"b", 1, true, false},
		"empty":             {"", 0, false, false},
		"of unknown length": {"body", -1, false, false},
		"too short":         {"body", 5, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			body := &closer{Reader: strings.NewReader(test.body)}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Body, r.ContentLength = body, test.length
			sent := false
			answer, err := wholeBody{doing(func(got *http.Request) (*http.Response, error) {
				sent = true
				text, err := io.ReadAll(got.Body)
				if err != nil || string(text) != test.body || body.closed != test.whole {
					t.Errorf("%v; sent %q, and the body was closed: %t", err, text, body.closed)
				}
				return &http.Response{StatusCode: 201}, nil
			})}.RoundTrip(r)
			if sent == test.fails || (err != nil) != test.fails || !test.fails && answer.StatusCode != 201 {
				t.Errorf("%v; sent: %t", err, sent)
			}
			if r.Body != io.ReadCloser(body) {
				t.Error("the caller's request was changed")
			}
		})
	}
	sent := false
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 5 // which says nothing without a body
	_, err = wholeBody{doing(func(*http.Request) (*http.Response, error) { sent = true; return nil, nil })}.RoundTrip(r)
	if err != nil || !sent {
		t.Errorf("without a body: %v; sent: %t", err, sent)
	}
}

func TestTheErrorOfClosingABodyIsTheBodys(t *testing.T) {
	ended := false
	if err := (body{&closer{}, func() { ended = true }}).Close(); err == nil || err.Error() != "closed" || !ended {
		t.Errorf("%v; the turn has ended: %t", err, ended)
	}
}

// Until then the connection is not free. Another request would wait for it at the cost of its own timeout.
func TestATurnEndsNoEarlierThanTheBodyIsClosed(t *testing.T) {
	answer := &closer{}
	_ = body{answer, func() {
		if !answer.closed {
			t.Error("the turn ended while the body was open")
		}
	}}.Close()
}

func TestAnEndpointsClientHasTheTimeoutThatWasAskedFor(t *testing.T) {
	if got := EndpointClient(7 * time.Second).Timeout; got != 7*time.Second {
		t.Errorf("the timeout is %s, want 7s", got)
	}
}

// The local stack's ARNs are in this region, and it takes any credentials. (None would be an error of the SDK.)
func TestAnEndpointsConfigurationIsMadeUp(t *testing.T) {
	cfg := AtEndpoint("http://localhost")
	credentials, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || credentials.AccessKeyID != "local" || credentials.SecretAccessKey != "local" || cfg.Region != "us-east-1" {
		t.Errorf("%+v in %q, %v", credentials, cfg.Region, err)
	}
}

// net/http asks for no proxy where the endpoint is this machine, so a call would not tell.
func TestAnEndpointIsCalledWithWholeBodiesAndWithoutAProxy(t *testing.T) {
	client, _ := AtEndpoint("http://localhost").HTTPClient.(*http.Client)
	if client == nil {
		t.Fatal("it has another client")
	}
	whole, ok := client.Transport.(wholeBody)
	if !ok {
		t.Fatalf("its transport is a %T", client.Transport)
	}
	if transport, ok := whole.next.(*http.Transport); !ok || transport.Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

func TestTheOpenerAsksForNothing(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://dynamodb/path?query", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "secret")
	answered := &closer{Reader: strings.NewReader("healthy")}
	answer, err := Opener{Connections: 1, Client: &http.Client{Transport: doing(func(get *http.Request) (*http.Response, error) {
		if get.Method != "GET" || get.URL.String() != "https://dynamodb/" || len(get.Header) > 0 || get.Body != nil {
			t.Errorf("it sends %s %s with %v", get.Method, get.URL, get.Header)
		}
		return &http.Response{StatusCode: 404, Body: answered}, nil
	})}}.Do(r)
	if err != nil || answer.StatusCode != 200 || !answered.closed {
		t.Errorf("%v; answered %+v; the body was closed: %t", err, answer, answered.closed)
	}
	if text, err := io.ReadAll(answer.Body); err != nil || len(text) > 0 {
		t.Errorf("the SDK reads %q, %v", text, err)
	}
}
