package reader_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/iris"
)

func TestAnUnknownItemIs404(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for _, id := range []string{strings.Repeat("a", 32), "x", strings.Repeat("A", 32), "%00", strings.Repeat("a", 3000)} {
			got := s.Request(t, "GET", "/v0/iris/"+id, "")
			if got.Status != 404 || got.Body["message"] != "Item not found." {
				t.Errorf("GET of %.40s: %d %v", id, got.Status, got.Body)
			}
		}
		if n := s.Calls("ReaderFunction", "DynamoDB.GetItem"); n != 1 {
			t.Errorf("%d reads, want only that of the id that could exist", n)
		}
	})
}

func TestAPendingItemIsShownAsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		m := iris.Measurements{5.1, 3.5, 1.4, 1e-20}
		if _, err := s.Table.Create(t.Context(), iris.Item{ID: m.ID(), Measurements: m, CreatedAt: "2026-11-23T10:00:00.000Z"}); err != nil {
			t.Fatal(err)
		}
		got := s.Request(t, "GET", "/v0/iris/"+m.ID(), "")
		want := map[string]any{"id": m.ID(), "sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 1e-20,
			"created_at": "2026-11-23T10:00:00.000Z", "status": "PENDING"}
		if diff := cmp.Diff(want, got.Body); got.Status != 200 || diff != "" {
			t.Errorf("status %d, body (-want +got):\n%s", got.Status, diff)
		}
	})
}

func TestAFailureOfOursIs503WithoutInternalText(t *testing.T) {
	for name, fail := range map[string]func(r *http.Request) *http.Response{
		"refused": func(r *http.Request) *http.Response {
			body := `{"__type":"AccessDeniedException","message":"arn:aws:secret"}`
			return &http.Response{StatusCode: 400, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body)), Request: r}
		},
		"answered by nobody": func(r *http.Request) *http.Response {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
		},
		"panic": func(*http.Request) *http.Response { panic("arn:aws:secret") },
	} {
		t.Run(name, func(t *testing.T) { wantUnavailable(t, fail) })
	}
}

func wantUnavailable(t *testing.T, fail func(r *http.Request) *http.Response) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, func(caller, _ string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if caller != "ReaderFunction" {
				return next.RoundTrip(r)
			}
			return fail(r), nil
		})
		defer stacktest.Wait(awsclient.AttemptTimeout) // a call that panics leaves its timer
		got := s.Request(t, "GET", "/v0/iris/"+strings.Repeat("a", 32), "")
		want := map[string]any{"message": "Temporarily unavailable. Try again."}
		if got.Status != 503 || got.Header.Get("Retry-After") == "" || !cmp.Equal(want, got.Body) {
			t.Errorf("answered %d %v", got.Status, got.Body)
		}
	})
}

func TestEveryInvocationIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for _, id := range []string{strings.Repeat("a", 32), "x", strings.Repeat("b", 32)} {
			s.Request(t, "GET", "/v0/iris/"+id, "")
		}
		if n := s.Metrics.Lines("ReaderFunction"); n != 3 {
			t.Errorf("%d lines for 3 invocations", n)
		}
		want := map[string]float64{"ColdStart": 1, "status": 3 * 404}
		if diff := cmp.Diff(want, s.Sums("ReaderFunction")); diff != "" {
			t.Errorf("sums (-want +got):\n%s", diff)
		}
	})
}
