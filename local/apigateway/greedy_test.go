package apigateway_test

import (
	"maps"
	"net/http"
	"testing"
)

// Recorded on AWS by localstack/localstack,
// tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json: the value of a greedy
// parameter has no slash at its end, and stays percent-encoded.
func TestAGreedyParameterTakesTheRestOfThePath(t *testing.T) {
	for path, want := range map[string]map[string]string{
		"/v0/items/a":               {"kind": "items", "proxy": "a"},
		"/v0/items/a/b":             {"kind": "items", "proxy": "a/b"},
		"/v0/items/a/b/":            {"kind": "items", "proxy": "a/b"},
		"/v0/items/a%2Fb/c%20d/e+f": {"kind": "items", "proxy": "a%2Fb/c%20d/e+f"},
		"/v0/items/a//b":            {"kind": "items", "proxy": "a//b"},
		"/v0/items":                 nil,
		"/v0/items/":                nil,
		"/v1/items/a":               nil,
		"/v0//a":                    nil,
	} {
		got := received(t, "/v0/{kind}/{proxy+}", request(t, http.MethodGet, path, ""))
		if !maps.Equal(got.PathParameters, want) || want != nil && got.Resource != "/v0/{kind}/{proxy+}" {
			t.Errorf("%s: %v of %q, want %v", path, got.PathParameters, got.Resource, want)
		}
	}
}

func TestAMoreSpecificRouteComesBeforeAGreedyParameter(t *testing.T) {
	f := function(t, names)
	client := api("", route{"ANY", "/{proxy+}", f}, route{"ANY", "/v0/{proxy+}", f}, route{"ANY", "/v0/{id}", f}, route{"GET", "/v0/items", f}, route{"ANY", "/v0/{id}/{rest+}", f})
	for path, want := range map[string]string{
		"/v0/items":   "/v0/items",
		"/v0/other":   "/v0/{id}",
		"/v0/items/a": "/v0/{id}/{rest+}",
		"/v1":         "/{proxy+}",
		"/v0":         "/{proxy+}",
		"/v1/a/b":     "/{proxy+}",
	} {
		if got := do(t, client, request(t, http.MethodGet, path, "")); got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: %d from %s, want %s", path, got.status, got.body, want)
		}
	}
	wantMessage(t, do(t, client, request(t, http.MethodGet, "/", "")), http.StatusForbidden, "Missing Authentication Token")
}
