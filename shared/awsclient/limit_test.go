package awsclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// network answers each request after a time, or when the client gives up.
type network time.Duration

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Duration(n)):
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// request makes n requests at once, as the SDK makes them: with the host in the URL only. It returns the errors.
func request(ctx context.Context, client Client, url string, n int) error {
	errs := make([]error, n)
	var requests sync.WaitGroup
	for i := range n {
		requests.Go(func() {
			var answer *http.Response
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err == nil {
				r.Host = ""
				answer, err = client.Do(r)
			}
			if err == nil {
				err = answer.Body.Close()
			}
			errs[i] = err
		})
	}
	requests.Wait()
	return errors.Join(errs...)
}

func clientIn(n network) *limited {
	return &limited{turns: map[string]chan struct{}{}, client: &http.Client{Transport: n, Timeout: AttemptTimeout}}
}

func TestARequestWaitsForItsTurnBeforeItsTimeoutBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientIn(network(900 * time.Millisecond)) // of the second that an attempt may take
		start := time.Now()
		err := request(t.Context(), client, "https://dynamodb", 3*10)
		if took := time.Since(start); err != nil || took != 3*900*time.Millisecond {
			t.Errorf("30 requests took %s, want 2.7s for three times 10; %v", took, err)
		}
	})
}

func TestARequestThatHangsGivesItsTurnToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientIn(network(time.Hour))
		start := time.Now()
		err := request(t.Context(), client, "https://dynamodb", 2*10)
		if took := time.Since(start); !TimedOut(err) || took != 2*time.Second {
			t.Errorf("took %s, want 2s; %v", took, err)
		}
	})
}

func TestAServiceThatHangsKeepsNoTurnOfTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientIn(network(time.Millisecond))
		stuck := clientIn(network(time.Hour))
		client.client = Client(byHost{"dynamodb": stuck.client, "sqs": client.client})
		var hanging sync.WaitGroup
		hanging.Go(func() { _ = request(t.Context(), client, "https://dynamodb", 100) })
		synctest.Wait()
		start := time.Now()
		err := request(t.Context(), client, "https://sqs", 10)
		if took := time.Since(start); err != nil || took != time.Millisecond {
			t.Errorf("took %s, want 1ms; %v", took, err)
		}
		hanging.Wait()
	})
}

// byHost sends requests with the client of their host.
type byHost map[string]Client

func (b byHost) Do(r *http.Request) (*http.Response, error) { return b[r.URL.Host].Do(r) }

func TestARequestWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientIn(network(time.Hour))
		var hanging sync.WaitGroup
		hanging.Go(func() { _ = request(t.Context(), client, "https://dynamodb", 10) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := request(ctx, client, "https://dynamodb", 1)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 300*time.Millisecond {
			t.Errorf("took %s, want 300ms; %v", took, err)
		}
		hanging.Wait()
	})
}

// asking is a DynamoDB that fails with a status and asks to be tried again after 4 s.
type asking struct{ status, attempts int }

func (a *asking) RoundTrip(r *http.Request) (*http.Response, error) {
	a.attempts++
	header := http.Header{"X-Amz-Retry-After": {"4000"}}
	return &http.Response{StatusCode: a.status, Header: header, Body: http.NoBody, Request: r}, nil
}

func TestAServiceThatAsksForALongWaitGetsAShortOne(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			service := &asking{status: status}
			cfg := AtEndpoint("http://embedded")
			cfg.HTTPClient = &limited{turns: map[string]chan struct{}{}, client: &http.Client{Transport: service}}
			start := time.Now()
			_, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), nil)
			if took := time.Since(start); err == nil || service.attempts != 3 || took != 2*300*time.Millisecond {
				t.Errorf("answered %d: %d attempts in %s, want 3 in 600ms; %v", status, service.attempts, took, err)
			}
		})
	}
}

// While the body of an answer comes, its connection takes no other request. A request that
// waited for it in the transport would wait at the cost of its own timeout.
func TestATurnEndsWhenTheBodyIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientIn(network(0))
		var answers []*http.Response
		for range 10 {
			answers = append(answers, get(t, client))
		}
		start := time.Now()
		time.AfterFunc(400*time.Millisecond, func() { answers[0].Body.Close() })
		eleventh := get(t, client)
		if took := time.Since(start); took != 400*time.Millisecond {
			t.Errorf("the eleventh request took %s, want 400ms", took)
		}
		for _, answer := range append(answers[1:], eleventh) {
			answer.Body.Close()
			answer.Body.Close() // which is allowed, and gives back no other's turn
		}
		if turns := client.turnsOf("dynamodb"); len(turns) != 0 {
			t.Errorf("%d turns are not given back", len(turns))
		}
	})
}

// Its body is read like any other's, for the error in it.
func TestAnAnswerThatIsAnErrorKeepsItsTurnToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &limited{turns: map[string]chan struct{}{}, client: &http.Client{Transport: &asking{status: 503}}}
		answer := get(t, client)
		if turns := client.turnsOf("dynamodb"); len(turns) != 1 {
			t.Errorf("%d turns are taken while the body is open, want one", len(turns))
		}
		answer.Body.Close()
		if turns := client.turnsOf("dynamodb"); len(turns) != 0 {
			t.Error("the turn is not given back")
		}
	})
}

func TestABodyThatNobodyClosesKeepsItsTurnForTheTimeoutOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientIn(network(0))
		for range 10 {
			get(t, client)
		}
		start := time.Now()
		get(t, client).Body.Close()
		if took := time.Since(start); took != AttemptTimeout {
			t.Errorf("the eleventh request took %s, want %s", took, AttemptTimeout)
		}
	})
}

// get makes a request and leaves the body of its answer open.
func get(t *testing.T, client Client) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://dynamodb", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// The transport would otherwise keep two connections only for the next calls, which is its default, and a hanging call
// would take as long as the invocation.
func TestTheClientOfAFunctionHasTheSameLimits(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "x")
	}
	cfg, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	client := cfg.HTTPClient.(*limited).client.(*awshttp.BuildableClient)
	if got := client.GetTimeout(); got != time.Second {
		t.Errorf("an attempt takes up to %s, want a second", got)
	}
	transport := client.GetTransport()
	if transport.TLSClientConfig.ClientSessionCache != nil { // docs/design.md: AWS does not say that its servers resume sessions
		t.Error("TLS sessions are resumed")
	}
	if transport.MaxConnsPerHost != 10 || transport.MaxIdleConnsPerHost != 10 {
		t.Errorf("%d connections at most, %d of them idle", transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost)
	}
}

func TestARequestThatPanicsGivesItsTurnBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &limited{turns: map[string]chan struct{}{}, client: &http.Client{Transport: doing(func(*http.Request) (*http.Response, error) { panic("x") })}}
		func() {
			defer func() { _ = recover() }()
			get(t, client)
		}()
		if n := len(client.turnsOf("dynamodb")); n != 0 {
			t.Errorf("%d turns are taken for ever", n)
		}
	})
}

// silent takes connections. While it hangs, it lets nobody read what they have sent, as a load balancer that is overloaded.
type silent struct {
	net.Listener
	hangs atomic.Bool
}

func (l *silent) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil || !l.hangs.Load() {
			return connection, err
		}
		defer connection.Close() // when the server is closed
	}
}

// net/http goes on with a handshake after the request that needed it, and counts it as a connection.
func TestHandshakesThatHangKeepNoLaterCallFromItsConnection(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	listener := &silent{Listener: server.Listener}
	server.Listener = listener
	server.StartTLS()
	defer server.Close()
	client := NewHTTPClient().(*limited)
	client.client = client.client.(*awshttp.BuildableClient).WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	})
	listener.hangs.Store(true)
	if err := request(t.Context(), client, server.URL, MaxConnections); err == nil {
		t.Fatal("no handshake hung")
	}
	listener.hangs.Store(false)
	start := time.Now()
	for request(t.Context(), client, server.URL, 1) != nil {
		if took := time.Since(start); took > 3*AttemptTimeout {
			t.Fatalf("%s after the handshakes hang no more, there is no connection", took)
		}
	}
}
