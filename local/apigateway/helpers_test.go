package apigateway_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awslambda "github.com/aws/aws-lambda-go/lambda"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/lambda"
)

type (
	event    = events.APIGatewayProxyRequest
	response = events.APIGatewayProxyResponse
)

// function returns a function with a timeout of 10 seconds.
func function(t *testing.T, handler any) *lambda.Function {
	f := &lambda.Function{
		Name:    "Function",
		Timeout: 10 * time.Second,
		Start:   func() (awslambda.Handler, error) { return awslambda.NewHandler(handler), nil },
		Log:     slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	t.Cleanup(f.Wait)
	return f
}

// route is a route of the API. Each route has its own function.
type route struct {
	method, path string
	function     *lambda.Function
}

// api returns a client of a new API.
func api(key string, routes ...route) *http.Client {
	var table []template.Route
	functions := map[string]*lambda.Function{}
	for _, r := range routes {
		id := r.method + r.path
		table = append(table, template.Route{Function: id, Method: r.method, Path: r.path, Stage: "prod"})
		functions[id] = r.function
	}
	return &http.Client{Transport: inmemory.Transport{Handler: apigateway.New(table, functions, key)}}
}

// answer is the answer that a client gets.
type answer struct {
	status int
	body   string
	header http.Header
}

func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://api.test"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func do(t *testing.T, client *http.Client, r *http.Request) answer {
	t.Helper()
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, string(body), got.Header}
}

// wantMessage fails the test unless the answer comes from the API itself, with this status and
// message.
func wantMessage(t *testing.T, got answer, status int, message string) {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || got.status != status || body["message"] != message {
		t.Errorf("got %d %s, want %d with message %q", got.status, got.body, status, message)
	}
	if got.header.Get("X-Amzn-Errortype") == "" || got.header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("no kind of error, or no request id, in %v", got.header)
	}
	if got := got.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q, want application/json", got)
	}
}

// names is a handler that answers with the resource of the request.
func names(_ context.Context, e event) (response, error) {
	return response{StatusCode: http.StatusOK, Body: e.Resource}, nil
}
