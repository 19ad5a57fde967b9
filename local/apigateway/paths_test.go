package apigateway_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Recorded on AWS: https://github.com/localstack/localstack
// tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json, test_lambda_aws_proxy_integration
// (slashes, path-encoded-email), and https://github.com/aws/aws-sam-cli/issues/771, 3524 and
// https://github.com/dherault/serverless-offline/issues/265 (encoded path parameters).
func TestPathsStayAsTheClientWroteThem(t *testing.T) {
	for requested, want := range map[string]struct{ path, contextPath, id string }{
		"/x/a":                                 {"/x/a", "/x/a", "a"},
		"/x/a/":                                {"/x/a/", "/x/a/", "a"},
		"//x/a":                                {"/x/a", "//x/a", "a"},
		"///x/a//":                             {"/x/a//", "///x/a//", "a"},
		"/x/a%2Fb%20c":                         {"/x/a%2Fb%20c", "/x/a%2Fb%20c", "a%2Fb%20c"},
		"/x/test%2Balias@gmail.com":            {"/x/test%2Balias@gmail.com", "/x/test%2Balias@gmail.com", "test%2Balias@gmail.com"},
		"/x/test+alias@gmail.com":              {"/x/test+alias@gmail.com", "/x/test+alias@gmail.com", "test+alias@gmail.com"},
		"/x/%7Bid%7D":                          {"/x/%7Bid%7D", "/x/%7Bid%7D", "%7Bid%7D"},
		"/x/h%C3%A9?a=%2Fb":                    {"/x/h%C3%A9", "/x/h%C3%A9", "h%C3%A9"},
		"/x/http%3A%2F%2Fsome.resource.url%2F": {"/x/http%3A%2F%2Fsome.resource.url%2F", "/x/http%3A%2F%2Fsome.resource.url%2F", "http%3A%2F%2Fsome.resource.url%2F"},
	} {
		t.Run(requested, func(t *testing.T) {
			got := received(t, "/x/{id}", request(t, http.MethodGet, requested, ""))
			if got.Path != want.path || got.RequestContext.Path != want.contextPath || got.PathParameters["id"] != want.id {
				t.Errorf("path %q, requestContext.path %q, id %q; want %q", got.Path, got.RequestContext.Path, got.PathParameters["id"], want)
			}
		})
	}
}

// Recorded on AWS (same snapshot, params-encoding and params-encoding-multi), except the semicolon
// and the pair without a value. That a semicolon splits the query is documented:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
func TestTheQueryIsSplitAndDecoded(t *testing.T) {
	for query, want := range map[string]map[string][]string{
		"?email=test%2Balias@gmail.com":   {"email": {"test+alias@gmail.com"}},
		"?plus=test+alias@gmail.com":      {"plus": {"test alias@gmail.com"}},
		"?url=https://www.google.com/":    {"url": {"https://www.google.com/"}},
		"?whitespace=foo%20bar":           {"whitespace": {"foo bar"}},
		"?price=10&price=20&price=30&a=b": {"price": {"10", "20", "30"}, "a": {"b"}},
		"?a=X;Y":                          {"a": {"X"}, "Y": {""}},
		"?a=1;b=2&a=3":                    {"a": {"1", "3"}, "b": {"2"}},
		"?a=X%3BY":                        {"a": {"X;Y"}},
		"?a=&b":                           {"a": {""}, "b": {""}},
		"?":                               nil,
		"":                                nil,
	} {
		t.Run(query, func(t *testing.T) {
			got := received(t, "/x", request(t, http.MethodGet, "/x"+query, ""))
			if diff := cmp.Diff(want, got.MultiValueQueryStringParameters); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
			for name, values := range want {
				if last := values[len(values)-1]; got.QueryStringParameters[name] != last {
					t.Errorf("%s is %q, want the last value %q", name, got.QueryStringParameters[name], last)
				}
			}
		})
	}
}
