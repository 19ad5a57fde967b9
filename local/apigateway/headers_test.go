package apigateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/lambda"
)

// allHeaders returns the beginning of a request with every header that API Gateway treats in its own way.
func allHeaders(address string) string {
	return strings.ReplaceAll(`POST /x HTTP/1.1
Host: `+address+`
Accept: application/json
Authorization: Unauthorized
Age: request_Age
Connection: close, X-Hop
Content-Encoding: deflate
Content-MD5: request_Content-MD5
Content-Type: text/plain
Expect: 100-continue
Keep-Alive: timeout=5
Max-Forwards: 2
Pragma: cache
Proxy-Authenticate: Basic
Proxy-Authorization: Basic
Proxy-Connection: close
Range: bytes=500-999
Referer: https://example.com/
Server: https://example.com/
TE: deflate
Trailer: Expires
Transfer-Encoding: chunked
Upgrade: HTTP/2.0
User-Agent: localStack/0.0
Via: p.example.net
WWW-Authenticate: Basic YWxhZGRpbjpvcGVuc2VzYW1l
X-Amzn-Trace-Id: `+aTrace+`
X-Forwarded-For: 203.0.113.7
X-Forwarded-For: 203.0.113.8
X-Forwarded-Port: 4431
X-Forwarded-Proto: https
X-Hop: 1

`, "\n", "\r\n")
}

// LocalStack's test_apigateway_header_remapping_aws[AWS_PROXY] sends these headers, and recorded the
// headers that the function got on AWS (test_apigateway_integrations.snapshot.json, 2024-12-11). Here
// the request goes over a socket, and some headers of the connection are added. The headers that
// AWS's own edge adds are left out.
func TestAFunctionSeesNoHeaderOfTheConnection(t *testing.T) {
	seen := make(chan event, 1)
	f := function(t, func(_ context.Context, e event) (response, error) {
		seen <- e
		return response{StatusCode: http.StatusOK}, nil
	})
	server := httptest.NewServer(apigateway.New([]template.Route{{Function: "F", Method: "POST", Path: "/x"}}, map[string]*lambda.Function{"F": f}, ""))
	defer server.Close()
	address := server.Listener.Addr().String()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, allHeaders(address))
	answers := bufio.NewReader(connection)
	if line, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("Expect: 100-continue is answered %q, %v", line, err)
	}
	fmt.Fprint(connection, "2\r\nhi\r\n0\r\n\r\n")
	if line, err := answers.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatal(line, err)
	}
	answered, err := http.ReadResponse(answers, nil)
	if err != nil || answered.StatusCode != http.StatusOK {
		t.Fatal(answered, err)
	}
	answered.Body.Close()
	got := <-seen
	_, port, _ := net.SplitHostPort(address)
	want := map[string]string{
		"Accept": "application/json", "Age": "request_Age", "Authorization": "Unauthorized", "Content-Encoding": "deflate",
		"Content-Type": "text/plain", "Host": address, "Pragma": "cache", "Range": "bytes=500-999", "Referer": "https://example.com/",
		"User-Agent": "localStack/0.0", "Via": "p.example.net", "X-Amzn-Trace-Id": aTrace,
		"X-Forwarded-For": "203.0.113.7, 203.0.113.8, 127.0.0.1", "X-Forwarded-Port": port, "X-Forwarded-Proto": "http",
	}
	if diff := cmp.Diff(want, got.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if got.Body != "hi" {
		t.Errorf("body %q", got.Body)
	}
}

// Recorded on AWS: LocalStack's tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json,
// test_aws_proxy_response_payload_format_validation, and the tests of that name and
// test_lambda_aws_proxy_response_format. The two cases with null were not recorded.
func TestAResponseIsAcceptedOrRefusedAsOnAWS(t *testing.T) {
	for name, test := range map[string]struct {
		response string
		status   int
		header   http.Header // headers that the response must have, among others
	}{
		"a status alone":                {`{"statusCode":204}`, 204, nil},
		"a status in a string":          {`{"statusCode":"201"}`, 201, nil},
		"headers alone":                 {`{"headers":{"test-header":"value"}}`, 200, http.Header{"Test-Header": {"value"}, "Content-Type": {"application/json"}}},
		"nothing in it":                 {`{}`, 200, nil},
		"headers null":                  {`{"statusCode":200,"headers":null}`, 200, nil},
		"a boolean header":              {`{"statusCode":200,"headers":{"header-bool":true}}`, 200, http.Header{"Header-Bool": {"true"}}},
		"several values":                {`{"statusCode":200,"multiValueHeaders":{"test-multi":["value1","value2"]}}`, 200, http.Header{"Test-Multi": {"value1", "value2"}}},
		"one and several values":        {`{"statusCode":200,"multiValueHeaders":{"tesT-Multi":["multi"]},"headers":{"test-multi":"solo"}}`, 200, http.Header{"Test-Multi": {"multi", "solo"}}},
		"a status that is no number":    {`{"statusCode":"test"}`, 502, nil},
		"an unknown key":                {`{"statusCode":200,"wrongValue":"value"}`, 502, nil},
		"a status in another case":      {`{"StatusCode":200}`, 502, nil},
		"headers in another case":       {`{"statusCode":200,"HEADERS":{"test-header":"value"}}`, 502, nil},
		"several values, not a list":    {`{"statusCode":200,"multiValueHeaders":{"test-multi-invalid":"value1"}}`, 502, nil},
		"a string":                      {`"justAString"`, 502, nil},
		"null":                          {`null`, 502, nil},
		"a body null, as Python's None": {`{"statusCode":200,"body":null}`, 200, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := function(t, func() (json.RawMessage, error) { return json.RawMessage(test.response), nil })
			got := do(t, api("", route{"GET", "/x", f}), request(t, http.MethodGet, "/x", ""))
			if test.status == http.StatusBadGateway {
				wantMessage(t, got, test.status, "Internal server error")
				return
			}
			if got.status != test.status || got.body != "" {
				t.Errorf("got %d %q, want %d", got.status, got.body, test.status)
			}
			for name, want := range test.header {
				if diff := cmp.Diff(want, got.header[name]); diff != "" {
					t.Errorf("header %s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
// https://github.com/dherault/serverless-offline/issues/236
func TestSomeResponseHeadersAreRenamedOrRemoved(t *testing.T) {
	f := function(t, func() (response, error) {
		return response{StatusCode: http.StatusUnauthorized, Body: "{}", Headers: map[string]string{
			"www-authenticate": "Basic", "Connection": "close", "Content-Length": "999", "Date": "today", "server": "mine",
			"Transfer-Encoding": "chunked", "Upgrade": "h2c", "x-amzn-RequestId": "mine", "X-Mine": "1",
		}}, nil
	})
	r := request(t, http.MethodGet, "/x", "")
	r.Header.Set("X-Amzn-Trace-Id", aTrace)
	got := do(t, api("", route{"GET", "/x", f}), r)
	delete(got.header, "X-Amzn-Requestid")
	delete(got.header, "X-Amz-Apigw-Id")
	want := http.Header{
		"Content-Type": {"application/json"}, "X-Mine": {"1"}, "X-Amzn-Trace-Id": {aTrace}, "X-Amzn-Remapped-Www-Authenticate": {"Basic"},
		"X-Amzn-Remapped-Connection": {"close"}, "X-Amzn-Remapped-Content-Length": {"999"}, "X-Amzn-Remapped-Date": {"today"},
		"X-Amzn-Remapped-Server": {"mine"}, "X-Amzn-Remapped-X-Amzn-Requestid": {"mine"},
	}
	if diff := cmp.Diff(want, got.header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}
