package reader_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/reader"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

func TestAnUnknownItemIs404(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for _, id := range []string{strings.Repeat("a", 32), "x", strings.Repeat("A", 32), "%00", strings.Repeat("a", 3000)} {
			got := s.Request(t, "GET", s.Names.Items+"/"+id, "")
			if got.Status != 404 || got.Body["message"] != "Item not found." {
				t.Errorf("GET of %.40s: %d %v", id, got.Status, got.Body)
			}
		}
		if n := s.Calls("ReaderFunction", "DynamoDB.GetItem"); n != 1 {
			t.Errorf("%d reads, want only that of the id that could exist", n)
		}
	})
}

// API Gateway answers other methods itself; a function URL or a test in the AWS console does not.
func TestAnotherMethodIs405(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		h, err := reader.New(func(string) string { return s.Ref(s.Names.Table) }, s.Config.FunctionAWS("ReaderFunction"), s.Config.Log)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "PUT", PathParameters: map[string]string{"id": strings.Repeat("a", 32)}})
		if err != nil || got.StatusCode != 405 || got.Headers["Allow"] != "GET" || got.Body != `{"message":"Method not allowed. Use GET."}` {
			t.Errorf("answered %d %v %s; %v", got.StatusCode, got.Headers, got.Body, err)
		}
	})
}

func TestAReaderWithoutItsTableDoesNotStart(t *testing.T) {
	_, err := reader.New(func(string) string { return "" }, aws.Config{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "TABLE_NAME") {
		t.Errorf("%v, want an error that names TABLE_NAME", err)
	}
}

func TestAPendingItemIsShownAsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		m := sample.Example()
		m[len(m)-1] = 1e-20 // shown, whether a client may post it or not
		if err := s.Table.Create(t.Context(), item.Item{ID: m.ID(), Measurements: m, CreatedAt: "2026-11-23T10:00:00.000Z"}); err != nil {
			t.Fatal(err)
		}
		got := s.Request(t, "GET", s.Names.Items+"/"+m.ID(), "")
		want := map[string]any{"id": m.ID(), "created_at": "2026-11-23T10:00:00.000Z", "status": "PENDING"}
		for i, feature := range item.Features {
			want[feature.Name] = m[i]
		}
		if diff := cmp.Diff(want, got.Body); got.Status != 200 || diff != "" {
			t.Errorf("status %d, body (-want +got):\n%s", got.Status, diff)
		}
	})
}

// Somebody may look for what an older model said of it.
func TestAFailedItemIsShownWithItsFailureAndItsPrediction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		m := sample.Example()
		err := errors.Join(
			s.Table.Create(t.Context(), item.Item{ID: m.ID(), Measurements: m, CreatedAt: "2026-11-23T10:00:00.000Z"}),
			s.Table.WritePrediction(t.Context(), m.ID(), item.Prediction{Target: "a", Probability: 0.5, ModelVersion: "2026-11-23.01", ClassifiedAt: "2026-11-23T10:00:01.000Z"}),
			s.Table.MarkFailed(t.Context(), m.ID(), "2026-11-24.01", item.Failure{Code: "RetriesExhausted", Reason: "InternalServerError", FailedAt: "2026-11-24T10:00:00.000Z"}))
		if err != nil {
			t.Fatal(err)
		}
		got := s.Request(t, "GET", s.Names.Items+"/"+m.ID(), "")
		want := map[string]any{
			"id": m.ID(), "created_at": "2026-11-23T10:00:00.000Z", "status": "FAILED",
			"pred_target": "a", "pred_probability": 0.5, "model_version": "2026-11-23.01", "classified_at": "2026-11-23T10:00:01.000Z",
			"failure_code": "RetriesExhausted", "failure_reason": "InternalServerError", "failed_at": "2026-11-24T10:00:00.000Z",
		}
		for i, feature := range item.Features {
			want[feature.Name] = m[i]
		}
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
		got := s.Request(t, "GET", s.Names.Items+"/"+strings.Repeat("a", 32), "")
		want := map[string]any{"message": "Temporarily unavailable. Try again."}
		if got.Status != 503 || got.Header.Get("Retry-After") == "" || !cmp.Equal(want, got.Body) {
			t.Errorf("answered %d %v", got.Status, got.Body)
		}
		if status := s.Sums("ReaderFunction")["status"]; status != 503 {
			t.Errorf("the line has the status %v, want 503", status)
		}
	})
}

func TestEveryInvocationIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for _, id := range []string{strings.Repeat("a", 32), "x", strings.Repeat("b", 32)} {
			s.Request(t, "GET", s.Names.Items+"/"+id, "")
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

func TestAReadIsOneLineThatSaysWhatBecameOfIt(t *testing.T) {
	id := strings.Repeat("a", 32)
	for name, test := range map[string]struct {
		request events.APIGatewayProxyRequest
		want    string
	}{
		"found":        {events.APIGatewayProxyRequest{HTTPMethod: "GET", PathParameters: map[string]string{"id": id}}, `"id":"` + id + `","ms":0`},
		"unknown":      {events.APIGatewayProxyRequest{HTTPMethod: "GET", PathParameters: map[string]string{"id": id[1:] + "b"}}, `"id":"` + id[1:] + `b","status":404,"ms":0`},
		"no id at all": {events.APIGatewayProxyRequest{HTTPMethod: "GET", PathParameters: map[string]string{"id": "a client's text"}}, `"status":404,"ms":0`},
		"a POST":       {events.APIGatewayProxyRequest{HTTPMethod: "POST"}, `"status":405,"ms":0`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, nil, t.Output())
				if err := s.Table.Create(t.Context(), item.Item{ID: id, Measurements: sample.Example()}); err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				getenv := func(string) string { return s.Ref(s.Names.Table) }
				h, err := reader.New(getenv, s.Config.FunctionAWS("ReaderFunction"), stacktest.FunctionLog(&out, slog.LevelInfo))
				if err != nil {
					t.Fatal(err)
				}
				ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"})
				for _, r := range []events.APIGatewayProxyRequest{{}, test.request} { // the first is a cold start
					out.Reset()
					if _, err := h.Handle(ctx, r); err != nil {
						t.Fatal(err)
					}
				}
				_, got, _ := strings.Cut(out.String(), ",") // off its time, in the machine's zone
				if diff := cmp.Diff(`"level":"INFO","requestId":"r",`+test.want+"}\n", got); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// The runbook counts these lines by their causes, and finds those of an item or of an invocation.
func TestAnItemThatIsNotReadIsAnErrorBesideTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(caller, _ string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if caller != "ReaderFunction" {
				return next.RoundTrip(r)
			}
			body := io.NopCloser(strings.NewReader(`{"__type":"AccessDeniedException"}`))
			return &http.Response{StatusCode: 400, Header: http.Header{}, Body: body, Request: r}, nil
		}, t.Output())
		var out bytes.Buffer
		getenv := func(string) string { return s.Ref(s.Names.Table) }
		log := slog.New(stacktest.RequestIDs{Handler: stacktest.FunctionLog(&out, slog.LevelInfo).Handler()})
		h, err := reader.New(getenv, s.Config.FunctionAWS("ReaderFunction"), log)
		if err != nil {
			t.Fatal(err)
		}
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"})
		id := strings.Repeat("a", 32)
		got, err := h.Handle(ctx, events.APIGatewayProxyRequest{HTTPMethod: "GET", PathParameters: map[string]string{"id": id}})
		if err != nil || got.StatusCode != 503 {
			t.Errorf("answered %d %s, %v, want 503", got.StatusCode, got.Body, err)
		}
		var fields struct{ Level, Message, ID, RequestID, Cause, Error string }
		line, rest, _ := strings.Cut(out.String(), "\n")
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		whole := fields.Error
		fields.Error = ""
		want := struct{ Level, Message, ID, RequestID, Cause, Error string }{"ERROR", "item not read", id, "r", "AccessDeniedException", ""}
		if fields != want || !strings.Contains(whole, id) || strings.Count(rest, "\n") != 1 {
			t.Errorf("it logged %s, want an error, with its cause, and a line", out.String())
		}
	})
}
