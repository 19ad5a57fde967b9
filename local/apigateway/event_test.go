package apigateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/lambda"
)

// received makes a request to the path and returns the event that the function gets.
func received(t *testing.T, path string, r *http.Request) (got event) {
	t.Helper()
	f := function(t, func(_ context.Context, e event) (response, error) {
		got = e
		return response{StatusCode: http.StatusOK}, nil
	})
	do(t, api("", route{"ANY", path, f}), r)
	return got
}

const aTrace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"

// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
func TestAFunctionGetsTheWholeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := request(t, http.MethodPost, "/v0/items/a%20b/x?one=1&many=1&many=2&empty=&text=a%26b", `{"length":"5.1"}`)
		r.Header.Set("User-Agent", "tester")
		r.Header.Set("X-Amzn-Trace-Id", aTrace)
		r.Header.Set("X-Api-Key", "secret")
		r.Header.Set("Content-Length", "22") // as a request over a socket has it
		r.Header["X-Many"] = []string{"first", "last"}
		got := received(t, "/v0/items/{id}/{part}", r)
		want := event{
			Resource:   "/v0/items/{id}/{part}",
			Path:       "/v0/items/a%20b/x",
			HTTPMethod: http.MethodPost,
			Headers: map[string]string{
				"Host": "api.test", "User-Agent": "tester", "X-Amzn-Trace-Id": aTrace, "X-Api-Key": "secret", "X-Many": "last",
				"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Port": "80", "X-Forwarded-Proto": "http",
			},
			MultiValueHeaders: map[string][]string{
				"Host": {"api.test"}, "User-Agent": {"tester"}, "X-Amzn-Trace-Id": {aTrace}, "X-Api-Key": {"secret"}, "X-Many": {"first", "last"},
				"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Port": {"80"}, "X-Forwarded-Proto": {"http"},
			},
			QueryStringParameters:           map[string]string{"one": "1", "many": "2", "empty": "", "text": "a&b"},
			MultiValueQueryStringParameters: map[string][]string{"one": {"1"}, "many": {"1", "2"}, "empty": {""}, "text": {"a&b"}},
			PathParameters:                  map[string]string{"id": "a%20b", "part": "x"},
			RequestContext: events.APIGatewayProxyRequestContext{
				AccountID: "000000000000", APIID: "local", DomainPrefix: "local", ResourceID: "local", Stage: "prod",
				ResourcePath: "/v0/items/{id}/{part}", HTTPMethod: http.MethodPost, Path: "/v0/items/a%20b/x",
				DomainName: "api.test", Protocol: "HTTP/1.1",
				RequestTime: "01/Jan/2000:00:00:00 +0000", RequestTimeEpoch: 946684800000,
				Identity: events.APIGatewayRequestIdentity{SourceIP: "127.0.0.1", UserAgent: "tester"},
			},
			Body: `{"length":"5.1"}`,
		}
		ids := cmpopts.IgnoreFields(events.APIGatewayProxyRequestContext{}, "RequestID", "ExtendedRequestID")
		if diff := cmp.Diff(want, got, ids, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if got.RequestContext.RequestID == "" || got.RequestContext.ExtendedRequestID == "" {
			t.Errorf("request ids %q and %q, want some", got.RequestContext.RequestID, got.RequestContext.ExtendedRequestID)
		}
	})
}

func TestMissingPartsOfARequestAreNull(t *testing.T) {
	var got map[string]json.RawMessage
	f := function(t, func(_ context.Context, e map[string]json.RawMessage) (response, error) {
		got = e
		return response{StatusCode: http.StatusOK}, nil
	})
	do(t, api("", route{"GET", "/v0/items", f}), request(t, http.MethodGet, "/v0/items", ""))
	for _, name := range []string{"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables"} {
		if text := string(got[name]); text != "null" {
			t.Errorf("%s is %q, want null", name, text)
		}
	}
}

func TestEveryRequestHasATraceAndAnIDOfItsOwn(t *testing.T) {
	format := regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`)
	seen := map[string]bool{}
	for range 3 {
		e := received(t, "/x", request(t, http.MethodGet, "/x", ""))
		trace := e.Headers["X-Amzn-Trace-Id"]
		if !format.MatchString(trace) {
			t.Errorf("trace %q, want one like X-Ray's", trace)
		}
		seen[trace], seen[e.RequestContext.RequestID] = true, true
	}
	if len(seen) != 6 {
		t.Errorf("3 requests have %d traces and ids, want 6", len(seen))
	}
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html
func TestTheClientLearnsTheIDsOfTheRequest(t *testing.T) {
	f := function(t, func(_ context.Context, e event) (response, error) {
		return response{StatusCode: http.StatusOK, Body: e.RequestContext.RequestID + " " + e.RequestContext.ExtendedRequestID}, nil
	})
	server := api("", route{"GET", "/x", f})
	got := do(t, server, request(t, http.MethodGet, "/x", ""))
	if ids := got.header.Get("X-Amzn-Requestid") + " " + got.header.Get("X-Amz-Apigw-Id"); ids != got.body || !regexp.MustCompile(`^[0-9a-f-]{36} [A-Za-z0-9_-]{15}=$`).MatchString(ids) {
		t.Errorf("the client sees request ids %q, the function %q", ids, got.body)
	}
	if refused := do(t, server, request(t, http.MethodGet, "/y", "")); refused.header.Get("X-Amz-Apigw-Id") == "" {
		t.Errorf("a refusal has the headers %v", refused.header)
	}
}

func TestTheTraceOfTheRequestIsTheTraceOfTheInvocation(t *testing.T) {
	f := function(t, func(ctx context.Context, e event) (response, error) {
		if got := ctx.Value("x-amzn-trace-id"); got != e.Headers["X-Amzn-Trace-Id"] {
			t.Errorf("the invocation has trace %v, the event %s", got, e.Headers["X-Amzn-Trace-Id"])
		}
		return response{StatusCode: http.StatusOK}, nil
	})
	if got := do(t, api("", route{"GET", "/x", f}), request(t, http.MethodGet, "/x", "")); got.status != http.StatusOK {
		t.Errorf("status %d, want 200", got.status)
	}
}

func TestABodyThatIsNotUTF8ComesInBase64(t *testing.T) {
	for name, test := range map[string]struct {
		body, want string
		encoded    bool
	}{
		"text":      {"é\n", "é\n", false},
		"nothing":   {"", "", false},
		"not UTF-8": {"\xff\xfe", "//4=", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := received(t, "/x", request(t, http.MethodPost, "/x", test.body))
			if got.Body != test.want || got.IsBase64Encoded != test.encoded {
				t.Errorf("body %q, in base64: %v, want %q and %v", got.Body, got.IsBase64Encoded, test.want, test.encoded)
			}
		})
	}
}

func TestAFunctionLearnsTheAddressOfTheClient(t *testing.T) {
	var got event
	f := function(t, func(_ context.Context, e event) (response, error) {
		got = e
		return response{StatusCode: http.StatusOK}, nil
	})
	a := apigateway.New([]template.Route{{Function: "F", Method: "GET", Path: "/x"}}, map[string]*lambda.Function{"F": f}, "")
	a.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", strings.NewReader("")))
	if ip := got.RequestContext.Identity.SourceIP; ip != "192.0.2.1" { // the address that httptest uses
		t.Errorf("source IP %q, want 192.0.2.1", ip)
	}
}
