package awsclient_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"simple-sam-demo/shared/awsclient"
)

func TestCallsUseTheConnectionsThatWereOpenedBefore(t *testing.T) {
	const n = 4
	var opened, signed atomic.Int32
	var together sync.WaitGroup // n requests: one that came in turn would hang
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.Header.Get("Authorization") != "" {
			signed.Add(1)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		together.Done()
		together.Wait()
		fmt.Fprint(w, `{"TableNames":[]}`)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	environment(t, server.URL)
	cfg, err := awsclient.Load()
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg)

	together.Add(n)
	_, err = client.ListTables(t.Context(), nil, func(o *dynamodb.Options) {
		o.HTTPClient = awsclient.Opener{Client: o.HTTPClient, Connections: n}
	})
	if err != nil || opened.Load() != n || signed.Load() > 0 {
		t.Errorf("%d connections, %d signed requests, %v", opened.Load(), signed.Load(), err)
	}

	together.Add(n)
	var calls sync.WaitGroup
	for range n {
		calls.Go(func() {
			if _, err := client.ListTables(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if opened.Load() != n {
		t.Errorf("%d connections after the calls, want the %d from before", opened.Load(), n)
	}
}

// slower answers each request 100 ms later than the one before.
type slower struct {
	requests atomic.Int32
	read     sync.Map // the times at which answers were read
}

func (s *slower) Do(r *http.Request) (*http.Response, error) {
	<-time.After(time.Duration(s.requests.Add(1)) * 100 * time.Millisecond)
	return &http.Response{Body: readAt{&s.read}, Request: r}, nil
}

type readAt struct{ times *sync.Map }

func (r readAt) Read([]byte) (int, error) {
	r.times.Store(time.Now(), true)
	return 0, io.EOF
}

func (r readAt) Close() error { return nil }

// A connection whose answer was read would take the next request too.
func TestNoAnswerIsReadBeforeAllConnectionsAreOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &slower{}
		start := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://dynamodb", nil)
		if err == nil {
			_, err = awsclient.Opener{Client: client, Connections: 3}.Do(r)
		}
		if err != nil || client.requests.Load() != 3 {
			t.Errorf("%d requests, %v", client.requests.Load(), err)
		}
		client.read.Range(func(at, _ any) bool {
			if after := at.(time.Time).Sub(start); after != 300*time.Millisecond {
				t.Errorf("an answer was read after %s, want 300ms", after)
			}
			return true
		})
	})
}

// roundTrip is an http.RoundTripper in memory.
type roundTrip func(*http.Request) (*http.Response, error)

func (do roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return do(r) }

func TestConnectionsThatCannotBeOpenedDelayTheStartByHalfASecondAtMost(t *testing.T) {
	for name, test := range map[string]struct {
		network roundTrip
		delay   time.Duration
	}{
		"refused": {func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, 0},
		"hangs": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, 500 * time.Millisecond},
		"answered but for the body": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: hangingBody{r}, Request: r}, nil
		}, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := awsclient.AtEndpoint("http://embedded")
				cfg.HTTPClient = &http.Client{Transport: test.network}
				start := time.Now()
				_, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), nil, func(o *dynamodb.Options) {
					o.HTTPClient = awsclient.Opener{Client: o.HTTPClient, Connections: 2}
				})
				if took := time.Since(start); err != nil || took != test.delay {
					t.Errorf("took %s, want %s; %v", took, test.delay, err)
				}
			})
		})
	}
}

// hangingBody is an answer's body that does not come.
type hangingBody struct{ *http.Request }

func (b hangingBody) Read([]byte) (int, error) {
	<-b.Context().Done()
	return 0, b.Context().Err()
}

func (b hangingBody) Close() error { return nil }

func TestAFunctionMakesTenCallsToAServiceAtOnce(t *testing.T) {
	var arrived, underWay, most atomic.Int32
	tenth := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		now := underWay.Add(1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		if arrived.Add(1) == 10 {
			close(tenth)
		}
		<-tenth // with fewer at once, they hang
		underWay.Add(-1)
		fmt.Fprint(w, `{"TableNames":[]}`)
	}))
	defer server.Close()
	environment(t, server.URL)
	cfg, err := awsclient.Load()
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg)
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() {
			if _, err := client.ListTables(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if most.Load() != 10 {
		t.Errorf("%d calls at once, want 10", most.Load())
	}
}
