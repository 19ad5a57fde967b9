package inmemory_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/inmemory"
)

// client calls a handler; any host will do.
func client(handle http.HandlerFunc) *http.Client {
	return &http.Client{Transport: inmemory.Transport{Handler: handle}}
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheHandlerGetsTheRequest(t *testing.T) {
	c := client(func(_ http.ResponseWriter, r *http.Request) {
		got := []string{r.Method, r.Host, r.URL.Path, r.URL.RawQuery, r.Header.Get("X-Colour"), read(t, r.Body)}
		if diff := cmp.Diff([]string{"PUT", "any:99", "/a", "b=c", "red", "hello"}, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		r.Header.Set("X-Colour", "blue")
	})
	r := request(t, http.MethodPut, "http://any:99/a?b=c", "hello")
	r.Header.Set("X-Colour", "red")
	if _, err := c.Do(r); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("X-Colour"); got != "red" {
		t.Errorf("the handler has changed the client's own request: %s", got)
	}
}

func TestARequestWithoutABodyHasAnEmptyOne(t *testing.T) {
	c := client(func(_ http.ResponseWriter, r *http.Request) {
		if got := read(t, r.Body); got != "" {
			t.Errorf("body %q, want none", got)
		}
	})
	if _, err := c.Get("http://any/"); err != nil {
		t.Fatal(err)
	}
}

func TestTheClientGetsTheAnswer(t *testing.T) {
	type answer struct {
		Code                 int
		Status, Colour, Body string
		Length               int64
	}
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		want   answer
	}{
		"of a handler that does nothing": {func(http.ResponseWriter, *http.Request) {}, answer{200, "200 OK", "", "", 0}},
		"of one that only writes":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, answer{200, "200 OK", "", "hello", 5}},
		"with status, header and body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Colour", "red")
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "hel")
			_, _ = io.WriteString(w, "lo")
		}, answer{418, "418 I'm a teapot", "red", "hello", 5}},
		"with the first status": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			w.WriteHeader(http.StatusTeapot)
		}, answer{202, "202 Accepted", "", "", 0}},
		"without what comes after the status": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "hello")
			w.Header().Set("X-Colour", "red")
			w.WriteHeader(http.StatusTeapot)
		}, answer{200, "200 OK", "", "hello", 5}},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := client(test.handle).Do(request(t, http.MethodGet, "http://any/", ""))
			if err != nil {
				t.Fatal(err)
			}
			got := answer{response.StatusCode, response.Status, response.Header.Get("X-Colour"), read(t, response.Body), response.ContentLength}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARequestEndsWithItsContextAndTheHandlerLearnsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var noticed time.Duration
		start := time.Now()
		c := client(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			noticed = time.Since(start)
			<-time.After(time.Minute) // and takes its time
			w.WriteHeader(http.StatusTeapot)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.Do(request(t, http.MethodGet, "http://any/", "").WithContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %s, want the context's end after 5s", err, time.Since(start))
		}
		synctest.Wait()
		if noticed != 5*time.Second {
			t.Errorf("the handler noticed after %s, want 5s", noticed)
		}
		<-time.After(time.Hour) // lets the handler return
	})
}

func TestARequestWhoseContextHasEndedDoesNotReachTheHandler(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	transport := inmemory.Transport{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler is called") })}
	if _, err := transport.RoundTrip(request(t, http.MethodGet, "http://any/", "").WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}

// As with net/http, where the connection breaks: one bad request should not end the
// whole local stack.
func TestAHandlerThatPanicsIsAnErrorOfTheRequest(t *testing.T) {
	_, err := client(func(http.ResponseWriter, *http.Request) { panic("oh no") }).Do(request(t, http.MethodGet, "http://any/", ""))
	if err == nil || !strings.Contains(err.Error(), "panic: oh no") {
		t.Errorf("got %v, want an error that tells of the panic", err)
	}
}
