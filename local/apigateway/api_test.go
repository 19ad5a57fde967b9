package apigateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A literal path comes before a path with a parameter, if the literal path has the method. Otherwise
// the path with the parameter answers. Measured on AWS: https://github.com/floci-io/floci/pull/3399
func TestARequestGoesToTheMostSpecificRouteWithItsMethod(t *testing.T) {
	f := function(t, names)
	client := api("",
		route{"ANY", "/v0/{kind}/batch", f}, route{"GET", "/v0/items/{id}", f}, route{"POST", "/v0/items/batch", f},
		route{"POST", "/v0/items", f}, route{"ANY", "/v0/items/{id}/parts", f}, route{"ANY", "/any", function(t, func() (response, error) {
			return response{StatusCode: http.StatusOK, Body: "ANY /any"}, nil
		})}, route{"PUT", "/any", f},
	)
	for request_, want := range map[string]string{
		"POST /v0/items":           "/v0/items",
		"POST /v0/items/batch":     "/v0/items/batch",
		"GET /v0/items/batch":      "/v0/items/{id}",
		"DELETE /v0/items/batch":   "/v0/{kind}/batch",
		"GET /v0/items/1":          "/v0/items/{id}",
		"GET /v0/items/1/":         "/v0/items/{id}",
		"POST /v0/items/":          "/v0/items",
		"POST //v0/items":          "/v0/items",
		"POST ///v0/items/batch//": "/v0/items/batch",
		"POST /v0//items":          "",
		"GET /v0/items//1":         "",
		"HEAD /v0/items/1":         "",
		"HEAD /any":                "ANY /any",
		"TRACE /any":               "",
		"GET /v0/bird/batch":       "/v0/{kind}/batch",
		"GET /v0/items/a%2Fb":      "/v0/items/{id}",
		"PUT /v0/items/1/parts":    "/v0/items/{id}/parts",
		"PUT /any":                 "/any",
		"DELETE /any":              "ANY /any",
		"GET /":                    "",
		"GET /v0":                  "",
		"GET /v0/items":            "",
		"GET /v0/items/":           "",
		"POST /v0/items/1":         "",
		"GET /v0/items/1/parts/2":  "",
		"GET /V0/items/1":          "",
		"OPTIONS /v0/items":        "",
		"GET /v0/items/1/somewhat": "",
	} {
		t.Run(request_, func(t *testing.T) {
			method, path, _ := strings.Cut(request_, " ")
			got := do(t, client, request(t, method, path, ""))
			if want == "" { // an unknown path or an unknown method
				wantMessage(t, got, http.StatusForbidden, "Missing Authentication Token")
			} else if got.status != http.StatusOK || got.body != want {
				t.Errorf("got %d %s, want 200 %s", got.status, got.body, want)
			}
		})
	}
}

func TestARequestWithARouteNeedsTheAPIKey(t *testing.T) {
	client := api("secret", route{"GET", "/x", function(t, names)})
	for name, test := range map[string]struct {
		path    string
		key     []string
		message string
	}{
		"the right key":             {"/x", []string{"secret"}, ""},
		"none":                      {"/x", nil, "Forbidden"},
		"another":                   {"/x", []string{"public"}, "Forbidden"},
		"an empty one":              {"/x", []string{""}, "Forbidden"},
		"the right key to nowhere":  {"/y", []string{"secret"}, "Missing Authentication Token"},
		"none, and a path to there": {"/y", nil, "Missing Authentication Token"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, http.MethodGet, test.path, "")
			if test.key != nil {
				r.Header["X-Api-Key"] = test.key
			}
			got := do(t, client, r)
			if test.message != "" {
				wantMessage(t, got, http.StatusForbidden, test.message)
			} else if got.status != http.StatusOK {
				t.Errorf("got %d %s, want 200", got.status, got.body)
			}
		})
	}
}

// A function that ends without an answer gives a 502. That includes its own timeout. A function that
// still runs when API Gateway stops waiting gives a 504.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func TestAFunctionWithoutAProperAnswerIsABadGateway(t *testing.T) {
	for name, test := range map[string]struct {
		handler any
		timeout time.Duration
		status  int
		message string
		after   time.Duration
	}{
		"an error":                            {func() (response, error) { return response{}, errors.New("secret") }, time.Minute, 502, "Internal server error", 0},
		"a crash":                             {func() (response, error) { panic("secret") }, time.Minute, 502, "Internal server error", 0},
		"nothing":                             {func() error { return nil }, time.Minute, 502, "Internal server error", 0},
		"a text":                              {func() (string, error) { return "hello", nil }, time.Minute, 502, "Internal server error", 0},
		"no status":                           {func() (response, error) { return response{Body: "hello"}, nil }, time.Minute, 502, "Internal server error", 0},
		"an invalid status":                   {func() (response, error) { return response{StatusCode: 700}, nil }, time.Minute, 502, "Internal server error", 0},
		"a status that is informational":      {func() (response, error) { return response{StatusCode: 103}, nil }, time.Minute, 502, "Internal server error", 0},
		"the function's timeout":              {sleeps(time.Hour), 10 * time.Second, 502, "Internal server error", 10 * time.Second},
		"API Gateway's timeout":               {sleeps(time.Minute), 2 * time.Minute, 504, "Endpoint request timed out", 29 * time.Second},
		"not a function that answers in time": {sleeps(28 * time.Second), time.Minute, 200, "", 28 * time.Second},
		"not a function that answers just before its timeout": {sleeps(9999 * time.Millisecond), 10 * time.Second, 200, "", 9999 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := function(t, test.handler)
				f.Timeout = test.timeout
				start := time.Now()
				got := do(t, api("", route{"GET", "/x", f}), request(t, http.MethodGet, "/x", ""))
				if after := time.Since(start); after != test.after {
					t.Errorf("answered after %s, want %s", after, test.after)
				}
				if test.message != "" {
					wantMessage(t, got, test.status, test.message)
				} else if got.status != test.status {
					t.Errorf("got %d %s, want %d", got.status, got.body, test.status)
				}
			})
		})
	}
}

func sleeps(d time.Duration) func() (response, error) {
	return func() (response, error) {
		<-time.After(d)
		return response{StatusCode: http.StatusOK}, nil
	}
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
var responses = map[string]struct {
	response response
	body     string
	header   http.Header // headers that the response must have, among others
}{
	"of a body alone": {response{StatusCode: 200, Body: `{}`}, `{}`, http.Header{"Content-Type": {"application/json"}}},
	"of nothing":      {response{StatusCode: 204}, "", nil},
	"with headers": {
		response{StatusCode: 201, Headers: map[string]string{"location": "/v0/items/1", "content-type": "text/plain"}, Body: "é"}, "é",
		http.Header{"Location": {"/v0/items/1"}, "Content-Type": {"text/plain"}},
	},
	"with headers of several values": {
		response{StatusCode: 200, MultiValueHeaders: map[string][]string{"set-cookie": {"a=1", "b=2"}, "Content-Type": {"text/html"}}}, "",
		http.Header{"Set-Cookie": {"a=1", "b=2"}, "Content-Type": {"text/html"}},
	},
	// API Gateway merges both. A pair that is in both appears once.
	"with both": {
		response{StatusCode: 200, Headers: map[string]string{"X-A": "2", "X-B": "1", "X-C": "3"}, MultiValueHeaders: map[string][]string{"X-A": {"1", "2"}, "x-b": {"2"}}}, "",
		http.Header{"X-A": {"1", "2"}, "X-B": {"2", "1"}, "X-C": {"3"}},
	},
	// Without BinaryMediaTypes the body is not decoded. Recorded on AWS: LocalStack's
	// tests/aws/services/apigateway/test_apigateway_lambda.py, test_aws_proxy_binary_response.
	"with bytes": {
		response{StatusCode: 200, Headers: map[string]string{"Content-Type": "image/png"}, Body: "//4A", IsBase64Encoded: true}, "//4A",
		http.Header{"Content-Type": {"image/png"}},
	},
	"with an error status": {response{StatusCode: 503, Headers: map[string]string{"Retry-After": "1"}, Body: "{}"}, "{}", http.Header{"Retry-After": {"1"}}},
}

func TestTheClientGetsTheResponse(t *testing.T) {
	for name, test := range responses {
		t.Run(name, func(t *testing.T) {
			f := function(t, func() (response, error) { return test.response, nil })
			got := do(t, api("", route{"GET", "/x", f}), request(t, http.MethodGet, "/x", ""))
			if got.status != test.response.StatusCode || got.body != test.body {
				t.Errorf("got %d %q, want %d %q", got.status, got.body, test.response.StatusCode, test.body)
			}
			for name, want := range test.header {
				if diff := cmp.Diff(want, got.header[name]); diff != "" {
					t.Errorf("header %s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}
